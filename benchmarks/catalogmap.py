"""How long a map of a catalog takes, what memory, and how well it keeps neighbours.

Time and memory on catalogs made of the folder's photographs (benchmarks.made); how well neighbours are kept on windows
of the photographs themselves, by trustworthiness: Venna, Kaski: Neighborhood preservation in nonlinear projection
methods (2001), doi:10.1007/3-540-44668-0_68; 1 is best, 0.5 is chance.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.common import distractors, intro, memory_mb, parser, photographs, row
from benchmarks.made import made_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.explore.map.axes import principal_axes
from pictrace.explore.map.maps import METHODS, catalog_map, mappable
from pictrace.explore.map.neighbours import neighbour_layout
from pictrace.features import FeatureBatch
from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics import ready_metrics

Result = TypeVar("Result")

NEIGHBOURS = 10
EMBEDDED = 2048  # numbers, as a deep network's


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    arguments.add_argument("--windows", type=int, default=1000, help="for trustworthiness")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--work", type=Path, help="where made catalogs are kept")
    options = arguments.parse_args()
    intro(options)
    images = [fit(image, 512) for _, image in photographs(options.folder)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.work or Path(temporary)
        row("pictures", "metric", "method", "first", "again", "on the map", "memory at most")
        row(*["---"] * 7)
        for size in options.sizes:
            _timed(folder, images, size, options.seed, options.rounds)
    for size in (1000, 10_000):
        _of_numbers(size, options.seed)
    print()
    row("windows", "metric", *METHODS)
    row(*["---"] * 4)
    _kept(distractors(images, options.windows, options.seed), options.seed)


def _timed(folder: Path, images: list[RGBImage], size: int, seed: int, rounds: int) -> None:
    metrics = mappable(ready_metrics())
    with closing(made_catalog(folder, images, size, seed, only=metrics)) as catalog:
        for metric in metrics:
            for method in METHODS:
                cache = FeatureCache(catalog)
                draw = partial(catalog_map, cache, metric, method=method)
                first, drawn, held = _watched(draw)
                again = [_watched(draw)[0] for _ in range(rounds)]
                told = f"{statistics.median(again):,.0f} ms"
                row(
                    f"{size:,}", metric.name, method, f"{first:,.0f} ms", told, f"{len(drawn.ids):,}", f"{held:,.0f} MB"
                )


def _watched(job: Callable[[], Result]) -> tuple[float, Result, float]:
    """(milliseconds, result, the most memory held in addition, in MB)."""
    before, most, done = memory_mb()[0], [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], memory_mb()[0] - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    result = job()
    spent = (time.perf_counter() - started) * 1e3
    done.set()
    watcher.join()
    return spent, result, most[0]


def _of_numbers(size: int, seed: int) -> None:
    """The computing alone, for pictures of which a network knows many numbers."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((50, EMBEDDED))
    vectors = (centres[random.integers(50, size=size)] + random.standard_normal((size, EMBEDDED))).astype(np.float32)
    axes, _, held = _watched(lambda: principal_axes(vectors).project(vectors))
    row(f"{size:,}", f"{EMBEDDED} numbers", METHODS[0], f"{axes:,.0f} ms", "", f"{size:,}", f"{held:,.0f} MB")

    def both() -> object:
        reduced = principal_axes(vectors, 50).project(vectors)
        return neighbour_layout(reduced, reduced[:, :2])

    spent, _, held = _watched(both)
    row(f"{size:,}", f"{EMBEDDED} numbers", METHODS[1], f"{spent:,.0f} ms", "", f"{size:,}", f"{held:,.0f} MB")


def _kept(windows: list[RGBImage], seed: int) -> None:
    for metric in mappable(ready_metrics()):
        vectors = metric.vectors(FeatureBatch.of([metric.extract(one) for one in windows], metric.layout))
        vectors = vectors[np.isfinite(vectors).all(axis=1)]
        reduced = principal_axes(vectors, min(50, metric.vector_size)).project(vectors)
        drawn = neighbour_layout(reduced, reduced[:, :2], seed=seed)
        kept = [f"{trustworthiness(vectors, one):.3f}" for one in (reduced[:, :2], drawn)]
        row(f"{len(vectors):,}", metric.name, *kept)


def trustworthiness(vectors: np.ndarray, positions: np.ndarray) -> float:
    there, here = (_ranks(one) for one in (vectors, positions))
    n, intruders = len(vectors), (here >= 1) & (here <= NEIGHBOURS) & (there > NEIGHBOURS)
    scale = 2 / (n * NEIGHBOURS * (2 * n - 3 * NEIGHBOURS - 1))
    return 1 - scale * float((there - NEIGHBOURS)[intruders].sum())


def _ranks(points: np.ndarray) -> np.ndarray:
    points = points.astype(np.float64)
    squares = np.square(points).sum(axis=1)
    apart = squares[:, np.newaxis] + squares - 2 * points @ points.T
    np.fill_diagonal(apart, -np.inf)
    return apart.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")


if __name__ == "__main__":
    main()
