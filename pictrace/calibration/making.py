"""The accidents of a catalog: its own pictures asked against the rest, with their relatives left out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents, nearest_of
from pictrace.calibration.relatives import Families, decided_same, tied
from pictrace.calibration.scores import scores_of
from pictrace.calibration.stored_query import stored_query
from pictrace.catalog.cache import FeatureCache
from pictrace.features import RawScores
from pictrace.metrics.base import Metric
from pictrace.searching.commons import shared_by_many
from pictrace.searching.presets import DEFAULT_PRESET, all_presets, criteria_of
from pictrace.searching.scoring import score
from pictrace.searching.table import ScoreTable

__all__ = ["FEWEST_PICTURES", "SEARCHES", "SECONDS", "Drawing"]

SEARCHES = 400
SECONDS = 60.0
"""Whichever comes first; what has been asked by then is kept."""

FEWEST_PICTURES = 100
"""Of fewer, strangers tell more of chance than the catalog itself: see pictrace.calibration.shipped."""

EXACT_PICTURES = 250
"""Up to so many all are compared; of more, a cascade compares those that any metric is near to."""

NEAREST = 8
"""Wrong pictures that are kept of each search, by each metric and by each preset."""

DOUBTED = 0.2
"""Of the searches, those with the nearest wrong pictures: whether they are relatives is looked into further.
What chance rarely gives rests on them alone."""

ASKING = 0.6
"""Of the time, what the searches may take; the rest is for the doubted ones."""

TIED_DETAILS = 8
"""At a closer look: of wrong pictures, the nearest five of 95 strangers had 6 at the most."""


@dataclass(frozen=True)
class _Asked:
    """One search: the nearest of those that nothing ties to its picture."""

    id: int
    ids: NDArray[np.int64]
    scores: Mapping[str, RawScores]
    near: NDArray[np.float64]


@dataclass
class Drawing:
    """Asks one picture after the other. Iterate over ``steps``, then take ``accidents``.

    Attributes
    ----------
    cache, metrics
        Of the catalog, and what is compared.
    searches, seconds
        At the most.
    fewest
        Pictures of a catalog that is asked at all.
    look
        How many details of two pictures, by id, match at a closer look; None where their originals are not at hand.
    clock
        Seconds, ascending.
    """

    cache: FeatureCache
    metrics: Sequence[Metric]
    searches: int = SEARCHES
    seconds: float = SECONDS
    fewest: int = FEWEST_PICTURES
    seed: int = 1
    look: Callable[[int, int], int | None] | None = None
    clock: Callable[[], float] = time.monotonic
    asked: dict[int, _Asked] = field(default_factory=dict, init=False)
    families: Families = field(default_factory=Families, init=False)
    details: dict[tuple[int, int], int] = field(default_factory=dict, init=False)

    def steps(self) -> Generator[tuple[int, int], None, None]:
        """(done, total) after each search. Whatever was asked is kept when it is closed."""
        _, ids = self.cache.ids()
        if len(ids) < self.fewest:
            return
        for first, others in decided_same(self.cache.catalog).items():
            self.families.tie(first, others)
        chosen = np.random.default_rng(self.seed).permutation(ids)[: self.searches].tolist()
        doubted = math.ceil(DOUBTED * len(chosen))
        started = self.clock()
        for done, one in enumerate(chosen, start=1):
            asked = self._ask(one)
            if asked is not None:
                self.asked[one] = asked
            yield done, len(chosen) + doubted
            if self.clock() > started + ASKING * self.seconds:
                break
        total = len(self.asked) + doubted
        for done, (one, other) in enumerate(self._doubtful(doubted), start=1):
            self._doubt(one, other)
            yield len(self.asked) + done, total
            if self.clock() > started + self.seconds:
                return

    def _doubt(self, one: int, other: int) -> None:
        """Tie two pictures where the other one's search, or a closer look at both, says that they are relatives."""
        if other not in self.asked:
            self._ask(other)
        if self.look is None or self.families.same(one, np.array([other]))[0]:
            return
        count = self.look(one, other)
        if count is None:
            return
        self.details[one, other] = count
        if count >= TIED_DETAILS:
            self.families.tie(one, [other])

    @property
    def accidents(self) -> Accidents | None:
        """What was found so far; None without a search."""
        kept = []
        for one in self.asked.values():
            wrong = np.flatnonzero(~self.families.same(one.id, one.ids))
            kept.append(nearest_of(one.scores, wrong))
        if not kept:
            return None
        keys = {metric.name: metric.feature_key for metric in self.metrics}
        wrong_pairs = [pair for pair in self.details if not self.families.same(pair[0], np.array([pair[1]]))[0]]
        details = [self.details[pair] for pair in wrong_pairs]
        return Accidents.of(keys, kept, max(1, len(self.cache.ids()[1]) - 1), details)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,) the pictures that were asked, in the order of the accidents."""
        return np.array(list(self.asked), np.int64)

    def _ask(self, one: int) -> _Asked | None:
        """The search for one picture of the catalog; None where it is gone, or nothing of it can be compared."""
        record = self.cache.catalog.pictures([one]).get(one)
        if record is None:
            return None
        query = stored_query(self.cache, record, self.metrics)
        small = len(self.cache.ids()[1]) <= EXACT_PICTURES
        table = score(query, self.cache, self.metrics, exhaustive=small)
        if table.incomplete:  # the nearest may be among what did not answer
            return None
        related = tied(table)
        commons = shared_by_many(query, self.cache.catalog, related.tolist())
        related = related[~np.isin(related, list(commons))]
        self.families.tie(one, related)
        places = _nearest(table, np.isin(table.ids, [one, *related.tolist()]))
        if not len(places):
            return None
        scores = {
            metric.name: RawScores(column.raw[..., places], column.variant[..., places])
            for metric, column in zip(table.metrics, table.columns, strict=True)
        }
        near = scores_of(table, criteria_of(DEFAULT_PRESET))[places]
        return _Asked(one, table.ids[places], scores, near)

    def _doubtful(self, most: int) -> list[tuple[int, int]]:
        """The searches with the nearest wrong pictures, the nearest first: each with that picture."""
        best: list[tuple[float, int, int]] = []
        for one in self.asked.values():
            wrong = ~self.families.same(one.id, one.ids)
            if wrong.any():
                place = int(np.argmax(np.where(wrong, np.nan_to_num(one.near), -1)))
                best.append((float(one.near[place]), one.id, int(one.ids[place])))
        return [(one, other) for _, one, other in sorted(best, reverse=True)[:most]]


def _nearest(table: ScoreTable, left_out: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Positions of the nearest by each metric and by each preset, ascending."""
    columns = [table.similarity]
    for preset in all_presets():
        if any(preset.weights.get(name, 0.0) > 0 for name in table.names):
            columns.append(table.fused(criteria_of(preset.name))[0][:, np.newaxis])
    near = np.concatenate(columns, axis=1)
    near[left_out] = np.nan
    found = []
    for column in near.T:
        count = min(NEAREST, int((~np.isnan(column)).sum()))
        found.append(np.argsort(-column, kind="stable")[:count])  # NaN comes last
    return np.unique(np.concatenate(found))
