"""Large catalogs for timing, made from the features of real photographs.

Each picture takes the features of one photograph and varies them: descriptors with some bits flipped, keypoints
moved, gray squares rolled, flipped and mixed with another's, histograms shifted and rescaled, hashes with bits flipped.
They have the sizes and the statistics of real ones, so that they cost the same; they are no pictures.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import Features
from pictrace.images.encoding import encode_jpeg, thumbnail
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric

__all__ = ["made_catalog"]

BATCH = 500


def made_catalog(
    folder: Path, images: Sequence[RGBImage], count: int, seed: int, *, only: Sequence[Metric] | None = None
) -> SqliteCatalog:
    """A catalog of ``count`` pictures: the photographs, and variations of their features. Kept for the next run.

    only: keep the features of these metrics alone, for large catalogs on small disks.
    """
    names = "".join(f"-{metric.name}" for metric in only or ())
    path = folder / f"made-{count}-{seed}{names}.sqlite"
    if path.exists():
        catalog = SqliteCatalog(path)
        if catalog.count() == count:
            return catalog
        catalog.close()
        path.unlink()
    metrics = loaded(ready_metrics())
    started = time.perf_counter()
    random = np.random.default_rng(seed)
    real = []
    for image in images[:count]:
        data = encode_jpeg(image, quality=92)
        pixels = load(data)
        real.append((data, thumbnail(pixels, 64), {one.name: one.extract(pixels) for one in metrics}))
    with closing(SqliteCatalog(path)) as catalog:
        batch: list[NewPicture] = []
        for number in range(count):
            data, small, features = real[number % len(real)]
            digest = hashlib.sha256(data).digest()
            if number >= len(real):
                other = real[int(random.integers(len(real)))][2]
                features = _varied(features, other, random)
                digest = hashlib.sha256(b"%d-%d" % (seed, number)).digest()
            kept = {
                spec: part
                for metric in (metrics if only is None else only)
                for spec, part in metric.kept(features[metric.name]).items()
            }
            source = Source("file", f"/made/{number}.jpg")
            batch.append(NewPicture(digest, "JPEG", 640, 480, len(data), small, [source], None, kept))
            if len(batch) == BATCH or number == count - 1:
                catalog.add(batch)
                batch = []
    print(f"made a catalog of {count:,} in {time.perf_counter() - started:.0f} s")
    return SqliteCatalog(path)


def _varied(
    features: dict[str, Features], other: dict[str, Features], random: np.random.Generator
) -> dict[str, Features]:
    varied = dict(features)
    if len(features["ssim"]) and len(other["ssim"]):
        square, second = features["ssim"][0], other["ssim"][0]
        if random.random() < 0.5:
            square = square[:, ::-1]
        square = np.roll(square, tuple(random.integers(0, 256, 2)), (0, 1))
        mixed = cv2.addWeighted(np.ascontiguousarray(square), 0.7, second, 0.3, 0)
        varied["ssim"] = np.asarray(mixed, np.uint8)[np.newaxis]
        varied["layout"] = np.asarray(cv2.resize(mixed, (32, 32), interpolation=cv2.INTER_AREA), np.uint8)[np.newaxis]
    for name in ("sift", "orb"):
        keypoints = features[name].copy()
        flips = [random.integers(0, 256, (len(keypoints), 32), dtype=np.uint8) for _ in range(2)]
        keypoints[:, :32] ^= flips[0] & flips[1]
        places = keypoints[:, 32:36].copy().view("<u2")
        keypoints[:, 32:36] = (
            ((places + random.integers(0, 64 * 512, (1, 2))) % (64 * 512)).astype("<u2").view(np.uint8)
        )
        varied[name] = keypoints[random.permutation(len(keypoints))]
    histogram = features["histogram"].copy()
    histogram[:, 0] = np.sort((histogram[:, 0].astype(np.int64) + int(random.integers(32768))) % 32768)
    histogram[:, 1] = np.maximum(1, histogram[:, 1] * random.random(len(histogram)))
    varied["histogram"] = histogram
    varied["phash"] = features["phash"] ^ random.integers(0, 2**63, features["phash"].shape, dtype=np.uint64)
    if "embedding" in features and len(features["embedding"]) and len(other["embedding"]):
        mixed = features["embedding"].astype(np.float32) + random.random() * other["embedding"]
        varied["embedding"] = (mixed / np.linalg.norm(mixed)).astype(np.float16)
    return varied
