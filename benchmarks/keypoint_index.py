"""The inverted index of keypoints in large catalogs: size, memory, time, and what of the true matches it keeps.

FOLDER is laid out as for benchmarks.finding. Its catalog lies among made pictures, whose keypoints are those of the
real ones with 19 or 25 % of the bits flipped: so they fill the cells as unevenly as other real ones do (in 256 x 256
cells a keypoint of 400 real pictures finds 15 in its cell, one of 400 pictures made of others 13 to 17). They are made
when they are read, so that a large catalog needs no disk beside its index.

kept: pairs of a query and a relevant picture with at least 10 consistent keypoints that are among the first so many.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import intro, memory_mb, parser, row
from benchmarks.finding import truths
from pictrace.catalog.base import Catalog
from pictrace.catalog.index import Index
from pictrace.features import FeatureBatch, Features, FeatureSpec
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.reading import load
from pictrace.metrics import get_metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.voting import votes

CONSISTENT = 10
FIRST = (50, 100, 200)


class Made:
    """What an index asks of a catalog: real pictures first, then made ones, by shuffled ids."""

    identity = "made"

    def __init__(self, real: Sequence[Features], count: int, seed: int, spec: FeatureSpec) -> None:
        random = np.random.default_rng(seed)
        self.real, self.seed, self.layout = real, seed, spec.layout
        self.pool = np.concatenate(real)
        self.numbers = random.permutation(count)  # by id
        self.ids = np.arange(count, dtype=np.int64)

    def revision(self) -> int:
        return 1

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        return self.ids

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        return FeatureBatch.of([self._one(int(self.numbers[one])) for one in ids], self.layout)

    def _one(self, number: int) -> Features:
        if number < len(self.real):
            return self.real[number]
        random = np.random.default_rng((self.seed, number))
        count = len(self.real[number % len(self.real)])
        rows = self.pool[random.integers(0, len(self.pool), count)].copy()
        one, other, third, fourth = random.integers(0, 256, (4, count, 32), dtype=np.uint8)
        flips = one & other  # a quarter of the bits, or three sixteenths
        rows[:, :32] ^= np.where(random.random((count, 1)) < 0.75, flips, flips & (third | fourth))
        return rows


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    arguments.add_argument("--every", type=int, default=4, help="take each n-th query only")
    options = arguments.parse_args()
    intro(options)
    metric = get_metric("sift")
    assert isinstance(metric, Indexed)
    files = sorted((options.folder / "catalog").iterdir())
    names = [f"catalog/{path.name}" for path in files]
    real = [metric.extract(load(path.read_bytes())) for path in files]
    asked = [one for one in truths(options.folder) if not one.stranger][:: options.every]
    extracted = [metric.extract_variants(load(one.query.read_bytes()), metric.variants) for one in asked]
    queries = [one for one in extracted if len(one[UPRIGHT])]
    asked = [one for one, query in zip(asked, extracted, strict=True) if len(query[UPRIGHT])]
    batch = FeatureBatch.of(real, metric.layout)
    pairs = []
    for number, (truth, query) in enumerate(zip(asked, queries, strict=True)):
        raw = metric.compare_variants(query, batch).raw[metric.setting_positions({})]
        pairs += [(number, int(one)) for one in np.flatnonzero(raw >= CONSISTENT) if names[one] in truth.relevant]
    print(f"{len(asked)} queries, {len(pairs)} pairs with at least {CONSISTENT} consistent keypoints\n")
    columns = ["pictures", "cells", "built in s", "peak while building, MB", "file, MB", "bytes a keypoint"]
    columns += ["opened in ms", "near cells, ms", "votes, ms", "entries looked at", "resident after, MB"]
    columns += [f"kept in {most}" for most in FIRST]
    row(*columns)
    row(*("---" for _ in columns))
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            _one_size(Path(folder), Made(real, size, options.seed, metric.spec), metric, queries, pairs)


def _one_size(
    folder: Path,
    catalog: Made,
    metric: Indexed,
    queries: Sequence[Mapping[Variant, Features]],
    pairs: Sequence[tuple[int, int]],
) -> None:
    before, _ = memory_mb()
    peak, built = _watched(lambda: Index(cast(Catalog, catalog), metric, folder).update())
    size = sum(path.stat().st_size for path in folder.iterdir())
    started = time.perf_counter()
    postings = Index(cast(Catalog, catalog), metric, folder).current()
    opened = time.perf_counter() - started
    at_first, _ = memory_mb()
    ranks, placing, voting, looked, resident = [], [], [], [], []
    where = np.argsort(catalog.numbers)
    for query in queries:
        started = time.perf_counter()
        voters, cells = metric.voters(query, postings.side)
        placed = time.perf_counter()
        found = votes(postings, voters, cells)
        voting.append(time.perf_counter() - placed)
        placing.append(placed - started)
        looked.append(sum(int((last - first).sum()) for first, last in postings.lists(cells)))
        resident.append(memory_mb()[0] - at_first)
        order = np.empty(len(found), np.int64)
        order[np.argsort(-found, kind="stable")] = np.arange(len(found))
        ranks.append(order)
    total = sum(len(one.entries) for one in postings.segments)
    kept = [np.mean([ranks[number][where[picture]] < most for number, picture in pairs]) for most in FIRST]
    medians = [f"{statistics.median(one) * 1e3:.1f}" for one in (placing, voting)]
    told = [f"{len(catalog.ids):,}", f"{postings.side}²", f"{built:.1f}", f"{peak - before:.0f}", f"{size / 1e6:.1f}"]
    told += [f"{size / total:.2f}", f"{opened * 1e3:.0f}", *medians, f"{statistics.median(looked):,.0f}"]
    row(*told, f"{max(resident):.0f}", *(f"{one:.4f}" for one in kept))


def _watched(job: Callable[[], object]) -> tuple[float, float]:
    """The most memory held while it ran, in MB, and its seconds."""
    done, most = threading.Event(), [0.0]

    def watch() -> None:
        while not done.wait(0.05):
            most[0] = max(most[0], memory_mb()[0])

    thread = threading.Thread(target=watch)
    thread.start()
    started = time.perf_counter()
    job()
    spent = time.perf_counter() - started
    done.set()
    thread.join()
    return most[0], spent


if __name__ == "__main__":
    main()
