"""How long a search takes: by the cascade, exactly on everything, and by the algorithm that such tools share.

The reference compares the query with each picture by decoding both, resizing both to SxS (S = the longer side, at most
1024), scikit-image's SSIM on gray, OpenCV's ORB (500 keypoints) on both, FLANN LSH matches with Lowe's ratio 0.75, and
a 32x32x32 RGB histogram correlation; the mean of the three. It is timed on a few pictures, in turns with the rest of
the run, and scaled up: it keeps nothing between queries.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from benchmarks.common import intro, memory_mb, parser, photographs, row
from benchmarks.made import made_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.features import RawScores
from pictrace.images.edits import crop, recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.metrics import get_metric
from pictrace.searching.cascade import open_for
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable

REFERENCE_PICTURES = 6
RATIOS = get_metric("orb").settings[1].values


def reference(first: bytes, second: bytes) -> float:
    """One comparison, with everything done again, as the tools that this one grew from do it."""
    images = [np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)) for data in (first, second)]
    side = min(1024, max(max(image.shape[:2]) for image in images))
    images = [np.asarray(cv2.resize(image, (side, side))) for image in images]
    grays = [np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)) for image in images]
    ssim = structural_similarity(*grays, data_range=255)
    orb = cv2.ORB.create(500)
    found = [orb.detectAndCompute(gray, None)[1] for gray in grays]
    share = 0.0
    if all(one is not None and len(one) > 1 for one in found):
        flann = cv2.FlannBasedMatcher({"algorithm": 6, "table_number": 6, "key_size": 12, "multi_probe_level": 1}, {})
        pairs = flann.knnMatch(found[0], found[1], k=2)
        share = sum(len(pair) == 2 and pair[0].distance < 0.75 * pair[1].distance for pair in pairs) / len(found[0])
    bins = [cv2.calcHist([image], [0, 1, 2], None, [32] * 3, [0, 256] * 3).reshape(-1, 1) for image in images]
    return float((ssim + share + cv2.compareHist(bins[0], bins[1], cv2.HISTCMP_CORREL)) / 3)


def milliseconds(job: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    job(*arguments)
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    arguments.add_argument("--exhaustive-up-to", type=int, default=10_000, help="0 for no exhaustive searches")
    arguments.add_argument("--queries", type=int, default=20)
    arguments.add_argument("--work", type=Path, help="a folder for the catalogs, kept (default: one that is removed)")
    arguments.add_argument("--ranking-only", action="store_true", help="measure the sliders alone, without catalogs")
    options = arguments.parse_args()
    intro(options, "scikit-image")
    if options.ranking_only:
        for size in options.sizes:
            _reranking(size)
        return
    photos = [image for _, image in photographs(options.folder)]
    random = np.random.default_rng(options.seed)
    chosen = random.choice(len(photos), min(options.queries, len(photos)), replace=False)
    queries = [encode_jpeg(recompress(crop(photos[index], 0.7), 60)) for index in chosen]
    reference_ms = statistics.median(
        milliseconds(reference, queries[index % len(queries)], encode_jpeg(photos[index]))
        for index in range(REFERENCE_PICTURES * 3)
    )
    print(f"reference: {reference_ms:.0f} ms a picture of {options.folder.name}\n")
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            _one_size(options.work or Path(folder), photos, queries, size, reference_ms, options)


def _one_size(
    folder: Path,
    photos: Sequence[RGBImage],
    queries: Sequence[bytes],
    size: int,
    reference_ms: float,
    options: argparse.Namespace,
) -> None:
    limit = int(options.exhaustive_up_to)
    catalog = made_catalog(folder, photos, size, options.seed)
    before, _ = memory_mb()
    first = milliseconds(lambda: FeatureCache(catalog).sketches(needed_metrics()))
    cache = FeatureCache(catalog)
    again = milliseconds(lambda: cache.sketches(needed_metrics()))
    after, mapped = memory_mb()
    indexing = milliseconds(lambda: IndexKeypoints(cache).run()) / 1e3  # as the app does, in the background
    specs = [metric.sketch_spec for metric in needed_metrics()]
    packs = [Path(f"{catalog.location}.cache", f"{spec.key}.pack") for spec in specs if spec]
    small = sum(path.stat().st_size for path in packs if path.exists()) / size
    print(f"### {size:,} pictures\n")
    print(
        f"opening: {first:.0f} ms with the cache made, {again:.0f} ms from the cache; {small / 1024:.1f} KB a picture "
        f"in it; memory {before:.0f} to {after:.0f} MB, {mapped:.0f} MB of it mapped files; index of keypoints made in "
        f"{indexing:.1f} s\n"
    )
    criteria = criteria_of("balanced")
    metrics = needed_metrics(criteria.weights)  # as the page does: with the network
    open_for(cache, metrics)
    row("query, whole (decode, extract, compare, rank)", "median ms", "reference / this")
    row("---", "---", "---")
    for orientations in (False, True):
        for exhaustive in (False, True):
            if exhaustive and size > limit:
                continue

            def whole(data: bytes, orientations: bool = orientations, exhaustive: bool = exhaustive) -> object:
                table = score(prepare_query(data, metrics, orientations=orientations), cache, exhaustive=exhaustive)
                return find(catalog, table, criteria)

            whole(queries[0])
            spent = statistics.median(milliseconds(whole, data) for data in queries)
            how = "everything exactly" if exhaustive else "cascade"
            tried = "8 orientations" if orientations else "upright only"
            row(f"{how}, {tried}", f"{spent:.0f}", f"{reference_ms * size / spent:,.0f}")
    row("reference (scaled up)", f"{reference_ms * size:,.0f}", "1")
    print()
    _parts(prepare_query(queries[0], metrics), cache, queries[0])
    _reranking(size)
    sys.stdout.flush()
    catalog.close()


def _parts(query: Query, cache: FeatureCache, data: bytes) -> None:
    times = [prepare_query(data, query.metrics).timing_ms for _ in range(9)]
    parts = {name: statistics.median(one[name] for one in times) for name in ("decode", "extract")}
    cascade = score(query, cache, exhaustive=False)
    parts["compare, cascade"] = statistics.median(
        milliseconds(lambda: score(query, cache, exhaustive=False)) for _ in range(9)
    )
    told = ", ".join(f"{name} {value:.1f} ms" for name, value in parts.items())
    print(f"of it, with 8 orientations: {told}; {len(cascade.ids)} pictures scored exactly\n")


def _reranking(size: int) -> None:
    """What moving a slider costs in the core, on a table in which every picture is scored exactly."""
    random = np.random.default_rng(1)
    columns = []
    for metric in needed_metrics():
        shape = (*(len(setting.values) for setting in metric.settings), size)
        values = random.random(shape, np.float32)
        columns.append(RawScores.upright(metric.scale.worst + (metric.scale.best - metric.scale.worst) * values))
    table = ScoreTable(np.arange(size, dtype=np.int64), needed_metrics(), tuple(columns), catalog_size=size)
    base = criteria_of("balanced")

    def weights() -> Criteria:
        return Criteria(weights={name: float(random.random()) + 0.01 for name in base.weights})

    table.rank(base)
    ordered, ranked = [], []
    for _ in range(101):
        criteria = weights()
        ordered.append(milliseconds(table.order, criteria))
        ranked.append(milliseconds(table.rank, criteria))
    ratios = [Criteria(weights=base.weights, settings={"orb": {"ratio": float(one)}}) for one in RATIOS]
    turned = [milliseconds(table.rank, one) for one in ratios]
    told = [f"{statistics.median(times):.3f} ms" for times in (ordered, ranked, turned)]
    print(
        f"re-rank of a table of {size:,} random scores: after a weight {told[0]} for the order, {told[1]} with the "
        f"matches; after the ratio threshold {told[2]}\n"
    )


if __name__ == "__main__":
    main()
