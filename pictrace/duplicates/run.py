"""The run that compares all pictures of a catalog with one another, as far as that has not been done."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.postings import Postings
from pictrace.duplicates.book import FRAME, KEYPOINTS, MIRRORED, Book, Candidate
from pictrace.duplicates.candidates import HASHES, Hashes, matching, voted
from pictrace.duplicates.levels import Level
from pictrace.duplicates.looks import KEYPOINTS as METRIC
from pictrace.duplicates.looks import SQUARES, Look, looks_of
from pictrace.duplicates.originals import Originals
from pictrace.duplicates.stars import Size, components, stars
from pictrace.duplicates.verify import Pair, by_frame, by_keypoints
from pictrace.errors import CatalogError
from pictrace.features import FeatureBatch
from pictrace.images.orientation import VARIANTS
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.run import Pace, Run, default_workers
from pictrace.told import told

__all__ = ["Comparing", "ComparingProgress", "neighbours_of"]

BATCH_PICTURES = 256
BATCH_COMPONENTS = 16
SURELY_BITS = 4
"""Of 64, at which frames are laid on each other without asking keypoints."""

FEWEST_MATCHING = 6
SMALL_COMPONENT = 30
"""Up to so many pictures, all are compared with the middle, candidates or not."""


@dataclass(frozen=True)
class ComparingProgress(Pace):
    """How many pictures were compared with those before, and how many of the likely ones were looked at closely.

    ``total`` counts both, and grows when it is known how many are likely.
    """

    compared: int = 0
    looked_at: int = 0

    @property
    def done(self) -> int:
        return self.compared + self.looked_at


@dataclass
class Comparing(Run[ComparingProgress]):
    """Iterate over it, once: each step is its progress. What was compared before is passed over.

    It ends early by ``stop``, or by closing its iterator; what is done is in the book, and another run goes on.

    Attributes
    ----------
    cache, book
        Of the catalog.
    crops
        Look for parts of pictures, too, by their keypoints; without, by their hashes only, which takes a tenth.
    limits
        What reading an original may cost, where two may hold the same pixels.
    """

    cache: FeatureCache
    book: Book
    crops: bool = True
    limits: DecodeLimits = field(default_factory=DecodeLimits)

    def __post_init__(self) -> None:
        self._ready(ComparingProgress(0))

    def _work(self) -> Generator[ComparingProgress, None, None]:
        if SQUARES.name in self.cache.catalog.keeping.left_out:
            raise CatalogError(
                told(
                    "This catalog is compact: it keeps no pictures in grey, on which pairs are laid upon each other. "
                    "Index the pictures into a catalog that keeps all, and look for copies there."
                )
            )
        _, ids = self.cache.ids()
        known = self.book.compared(keypoints=False)
        self.book.forget(np.setdiff1d(known, ids))
        old = np.intersect1d(self.book.compared(keypoints=self.crops), ids)
        new = np.setdiff1d(ids, old)
        for metric in (HASHES, METRIC) if self.crops else (HASHES,):  # what lacks features waits until it has them
            new = np.intersect1d(new, self.cache.catalog.feature_ids(metric.spec), assume_unique=True)
        kernels.expect(50 * len(new))
        self.progress = ComparingProgress(len(new))
        with ThreadPoolExecutor(default_workers(), thread_name_prefix="duplicates") as pool:
            yield from self._find_candidates(old, new, pool)
            yield from self._look_closely(ids, pool)

    def _find_candidates(
        self, old: NDArray[np.int64], new: NDArray[np.int64], pool: ThreadPoolExecutor
    ) -> Generator[ComparingProgress, None, None]:
        if not len(new):
            return
        hashes = Hashes(self.cache, old)
        postings = self.cache.index_of(METRIC).update() if self.crops else None
        if self.crops and len(old) < len(new):
            self.cache.all([METRIC])  # most of them will be asked for: from a pack that is faster
        for start in range(0, len(new), BATCH_PICTURES):
            if self._stop.is_set():
                return
            some = new[start : start + BATCH_PICTURES]
            near = hashes.near(some)
            found = [Candidate(one, other, FRAME + way, bits) for one, other, bits, way in near.tolist()]
            if postings is not None:
                batch = self.cache.of(some, METRIC)
                surely = {(min(row[:2]), max(row[:2])) for row in found if row.strength <= SURELY_BITS}
                tasks = [(one, batch[place], postings, surely) for place, one in enumerate(some.tolist())]
                for more in pool.map(self._by_keypoints, tasks):
                    found += more
            self.book.add_candidates(some.tolist(), found, keypoints=self.crops)
            yield self._count(compared=len(some))

    def _by_keypoints(self, task: tuple[int, NDArray[np.uint8], Postings, set[tuple[int, int]]]) -> list[Candidate]:
        one, rows, postings, surely = task
        if self._stop.is_set():
            return []
        likely = voted(rows, one, postings).tolist()
        others = np.array(sorted(o for o in likely if (min(one, o), max(one, o)) not in surely), np.int64)
        if not len(others):
            return []
        counts, mirrored = matching(rows, self.cache.of(others, METRIC))
        return [
            Candidate(one, other, MIRRORED if turned else KEYPOINTS, count)
            for other, count, turned in zip(others.tolist(), counts.tolist(), mirrored.tolist(), strict=True)
            if count >= FEWEST_MATCHING
        ]

    def _look_closely(
        self, ids: NDArray[np.int64], pool: ThreadPoolExecutor
    ) -> Generator[ComparingProgress, None, None]:
        here = set(ids.tolist())
        candidates = [one for one in self.book.candidates(keypoints=self.crops) if {one.one, one.other} <= here]
        neighbours = neighbours_of(candidates)
        ways: dict[tuple[int, int], list[Candidate]] = {}
        for one in candidates:
            ways.setdefault((min(one[:2]), max(one[:2])), []).append(one)
        known, parts = self.book.pairs(), components(neighbours)
        self.progress = replace(self.progress, total=self.progress.total + len(neighbours))
        for start in range(0, len(parts), BATCH_COMPONENTS):
            if self._stop.is_set():
                return
            some = parts[start : start + BATCH_COMPONENTS]
            pairs = [
                pair
                for made in pool.map(lambda part: self._looked_at(part, neighbours, ways, known), some)
                for pair in made
            ]
            if pairs:
                self.book.add_pairs(pairs)
            yield self._count(looked_at=sum(map(len, some)))

    def _looked_at(
        self,
        part: Sequence[int],
        neighbours: dict[int, set[int]],
        ways: dict[tuple[int, int], list[Candidate]],
        known: dict[tuple[int, int], Pair],
    ) -> list[Pair]:
        """The pairs of one component that its stars ask for and that are not known yet."""
        looks: dict[int, Look] = {}
        made: dict[tuple[int, int], Pair] = {}
        originals = Originals(self.cache.catalog, self.limits)
        records = self.cache.catalog.pictures(part)
        part = [one for one in part if one in records]
        if len(part) <= SMALL_COMPONENT:
            neighbours = {one: set(part) - {one} for one in part}

        def compare(one: int, other: int) -> Pair | None:
            ids = min(one, other), max(one, other)
            pair = known.get(ids) or made.get(ids)
            if pair is not None or self._stop.is_set():
                return pair
            missing = {each: records[each] for each in ids if each in records and each not in looks}
            wanted = np.array(sorted(missing), np.int64)
            looks.update(looks_of(missing, self.cache.of(wanted, SQUARES), self.cache.of(wanted, METRIC)))
            if not {one, other} <= looks.keys():
                return None
            made[ids] = originals.judged(
                _verified(looks[one], looks[other], ways.get(ids, ()), crops=self.crops), looks
            )
            return made[ids]

        sizes = {one: Size(record.width * record.height, record.byte_count) for one, record in records.items()}
        stars(part, neighbours, sizes, compare)
        return list(made.values())


def neighbours_of(candidates: Iterable[Candidate]) -> dict[int, set[int]]:
    """By id, the pictures that are candidates with it."""
    found: dict[int, set[int]] = {}
    for one in candidates:
        found.setdefault(one.one, set()).add(one.other)
        found.setdefault(one.other, set()).add(one.one)
    return found


def _verified(one: Look, other: Look, ways: Sequence[Candidate], *, crops: bool) -> Pair:
    """The best that any way of laying one on the other gives, the likeliest first."""
    best = Pair(min(one.id, other.id), max(one.id, other.id), Level.NONE, 0.0)
    looks = {one.id: one, other.id: other}
    for way in sorted(ways, key=lambda candidate: (candidate.way >= KEYPOINTS, candidate.strength)):
        here, there = looks[way.one], looks[way.other]
        if way.way < KEYPOINTS:
            pair = by_frame(here, there, VARIANTS[way.way - FRAME])
        else:
            pair = by_keypoints(here, there, mirrored=way.way == MIRRORED)
        best = max(best, pair, key=lambda found: (found.level, found.score))
        if best.level >= Level.PHOTOGRAPH:
            return best
    if crops and all(way.way < KEYPOINTS for way in ways):
        counts, mirrored = matching(one.rows, FeatureBatch.of([other.rows], METRIC.layout))
        if counts[0] >= FEWEST_MATCHING:
            pair = by_keypoints(one, other, mirrored=bool(mirrored[0]))
            best = max(best, pair, key=lambda found: (found.level, found.score))
    return best
