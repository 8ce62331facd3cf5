"""Large catalogs for timing, made from the features of real photographs.

Each picture takes the features of one photograph and varies them: descriptors with some bits flipped and dealt anew to
the photograph's places, gray squares rolled, flipped and mixed with another's, histograms shifted and rescaled, hashes
with bits flipped. They have the sizes and the statistics of real ones, so that they cost the same; they are no
pictures, and none shows what the photograph shows: where hundreds did, which of them is the first would be a matter of
their hashes. Their ids ascend for RUN pictures at a time, which a large file takes in faster than ids in any order.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence, Set
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.keeping import FULL, Keeping
from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import Features, FeatureSpec
from pictrace.images.encoding import encode_jpeg, thumbnail
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.metrics.embedding import Embedding

__all__ = ["made_catalog"]

BATCH = 500
RUN = 25_000
TOGETHER = 50


def made_catalog(
    folder: Path,
    images: Sequence[RGBImage],
    count: int,
    seed: int,
    *,
    only: Sequence[Metric] | None = None,
    keeping: Keeping = FULL,
) -> SqliteCatalog:
    """A catalog of ``count`` pictures: the photographs, and variations of their features. Kept for the next run.

    Parameters
    ----------
    only
        Keep the features of these metrics alone, for large catalogs on small disks; of keypoints that an index
        serves no sketches, which nobody reads.
    keeping
        What the catalog says that it keeps.
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
    chosen = [one for one in metrics if only is None or one.name in {some.name for some in only}]
    started = time.perf_counter()
    random = np.random.default_rng(seed)
    real = []
    for image in images[:count]:
        data = encode_jpeg(image, quality=92)
        pixels = load(data)
        real.append((data, thumbnail(pixels, 64), {one.name: one.extract(pixels) for one in metrics}))
    leading = random.integers(0, 2**64, count, dtype=np.uint64)  # of each digest, which the id is made of
    for start in range(0, count, RUN):
        leading[start : start + RUN].sort()
    with closing(SqliteCatalog(path)) as catalog:
        catalog.keep(keeping)
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            features = []
            for number in numbers:
                whole, other = real[number % len(real)][2], real[int(random.integers(len(real)))][2]
                varied = number >= len(real)
                features.append(_varied(whole, other, random, {one.name for one in chosen}) if varied else whole)
            batch = []
            for number, kept in zip(numbers, _kept(chosen, features, indexed_alone=only is not None), strict=True):
                data, small, _ = real[number % len(real)]
                digest = hashlib.sha256(data if number < len(real) else b"%d-%d" % (seed, number)).digest()
                if number >= len(real):
                    digest = int(leading[number]).to_bytes(8, "big") + digest[8:]
                source = Source("file", f"/made/{number}.jpg")
                batch.append(NewPicture(digest, "JPEG", 640, 480, len(data), small, [source], None, kept))
            catalog.add(batch)
    print(f"made a catalog of {count:,} in {time.perf_counter() - started:.0f} s")
    return SqliteCatalog(path)


def _kept(
    metrics: Sequence[Metric], features: Sequence[dict[str, Features]], *, indexed_alone: bool
) -> list[dict[FeatureSpec, Features]]:
    """What a catalog keeps of pictures with these features."""
    kept: list[dict[FeatureSpec, Features]] = [{} for _ in features]
    for metric in metrics:
        if isinstance(metric, Embedding):  # a sketch costs a third when it is made among others
            rows = [one[metric.name] for one in features]
            sketches = np.concatenate(
                [metric.sketch(np.concatenate(rows[at : at + TOGETHER])) for at in range(0, len(rows), TOGETHER)]
            )
            ends = np.cumsum([0, *map(len, rows)])
            for place, one in enumerate(kept):
                one[metric.spec] = rows[place]
                one[metric.sketch_spec] = sketches[ends[place] : ends[place + 1]]
            continue
        for one, some in zip(kept, features, strict=True):
            alone = indexed_alone and isinstance(metric, Indexed)
            one |= {metric.spec: some[metric.name]} if alone else metric.kept(some[metric.name])
    return kept


def _varied(
    features: dict[str, Features], other: dict[str, Features], random: np.random.Generator, names: Set[str]
) -> dict[str, Features]:
    """The features of these metrics."""
    varied = {name: features[name] for name in names}
    if names & {"ssim", "layout"} and len(features["ssim"]) and len(other["ssim"]):
        mixed = _mixed(features["ssim"][0], other["ssim"][0], random)
        varied["ssim"] = mixed[np.newaxis]
        varied["layout"] = np.asarray(cv2.resize(mixed, (32, 32), interpolation=cv2.INTER_AREA), np.uint8)[np.newaxis]
    for name in ("sift", "orb"):
        if name in names:
            varied[name] = _dealt(features[name], random)
    if "histogram" in names:
        histogram = features["histogram"].copy()
        histogram[:, 0] = np.sort((histogram[:, 0].astype(np.int64) + int(random.integers(32768))) % 32768)
        histogram[:, 1] = np.maximum(1, histogram[:, 1] * random.random(len(histogram)))
        varied["histogram"] = histogram
    if "phash" in names:
        varied["phash"] = features["phash"] ^ random.integers(0, 2**63, features["phash"].shape, dtype=np.uint64)
    if "embedding" in names and len(features["embedding"]) and len(other["embedding"]):
        mixture = features["embedding"].astype(np.float32) + random.random(dtype=np.float32) * other["embedding"]
        varied["embedding"] = (mixture / np.linalg.norm(mixture)).astype(np.float16)
    return varied


def _mixed(square: NDArray[np.uint8], second: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    if random.random() < 0.5:
        square = square[:, ::-1]
    square = np.roll(square, tuple(random.integers(0, 256, 2)), (0, 1))
    return np.asarray(cv2.addWeighted(np.ascontiguousarray(square), 0.7, second, 0.3, 0), np.uint8)


def _dealt(keypoints: Features, random: np.random.Generator) -> Features:
    """A quarter of the bits flipped, each at the place, turn and size of another one, all moved by as much."""
    dealt = keypoints[random.permutation(len(keypoints))]
    dealt[:, 32:] = dealt[random.permutation(len(keypoints)), 32:]
    flips = random.integers(0, 2**64, (2, len(keypoints), 4), dtype=np.uint64)
    dealt[:, :32] ^= (flips[0] & flips[1]).view(np.uint8)
    places = dealt[:, 32:36].copy().view("<u2")
    dealt[:, 32:36] = ((places + random.integers(0, 64 * 512, (1, 2))) % (64 * 512)).astype("<u2").view(np.uint8)
    return dealt
