"""A cascade whose parts lie with workers: what one process would choose and score, in two rounds.

First each shard offers its best, counted by how often a cell is used in all of the catalog; among all offers is chosen
as one process chooses. Then each shard compares what was chosen of it. A shard that is lost between the rounds is
missing from the answer as one that never answered, and what it offered took places of others: the next search has them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.cluster.connection import Answers, Connection
from pictrace.cluster.shard import Shard
from pictrace.cluster.worker import Counts, Part, counted, offers, scored_chosen
from pictrace.features import RawScores
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import Ballot, Chosen, Offer, chosen_of
from pictrace.searching.query import Query
from pictrace.searching.scoring import joined, still_worth

__all__ = ["Cascade"]

Waiting = Callable[[frozenset[Shard]], None]


@dataclass
class _Total:
    """How many entries each cell of an index has in all shards together."""

    side: int = 0
    counts: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    known: dict[Shard, tuple[int, int]] = field(default_factory=dict)  # (side, checksum), as in Offer.indexed


class Cascade:
    """The searches of one catalog. Safe for threads."""

    def __init__(self, connection: Connection, identity: Callable[[], str]) -> None:
        self._connection, self._identity = connection, identity
        self._lock = threading.Lock()
        self._totals: dict[str, _Total] = {}

    def scored(
        self,
        message: Query,
        query: Query,
        metrics: tuple[Metric, ...],
        shortlist: int,
        among: Callable[[Shard], NDArray[np.int64] | None],
        waiting: Waiting,
    ) -> Answers[Part]:
        """The parts of the table that one process would make, of the shards that answered both times.

        Parameters
        ----------
        message
            The query as workers get it.
        query, metrics, shortlist
            As for pictrace.searching.scoring.score.
        among
            The only pictures of a shard that are looked at, or None.
        waiting
            As for Connection.ask.
        """
        keys = tuple(one.feature_key for one in metrics)
        answers = self._offers(message, query, metrics, keys, shortlist, among, waiting)
        found = [answers.parts[one] for one in answers.shards if one in answers.parts]
        if not found:
            return Answers({}, answers.shards)
        chosen = chosen_of(found, metrics, shortlist)
        wanted = {one: _part_of(chosen, one) for one in answers.parts}
        compared = self._connection.ask(
            self._identity(),
            scored_chosen,
            lambda shard: (message, keys, *wanted[shard], shortlist) if _asks(wanted.get(shard)) else None,
            waiting=waiting,
        )
        nothing = _nothing(metrics)
        parts = {
            one: (*compared.parts.get(one, nothing)[:2], offer.total)
            for one, offer in answers.parts.items()
            if one in compared.parts or not _asks(wanted[one])
        }
        return replace(compared, parts=_cut(parts, chosen, metrics, shortlist))

    def _offers(
        self,
        message: Query,
        query: Query,
        metrics: tuple[Metric, ...],
        keys: tuple[str, ...],
        shortlist: int,
        among: Callable[[Shard], NDArray[np.int64] | None],
        waiting: Waiting,
    ) -> Answers[Offer]:
        """Asked again where a shard's index is another one than the votes were weighed by."""
        if any(isinstance(one, Indexed) and one.name not in self._totals for one in metrics):
            self._count(keys, waiting)
        for again in (True, False):
            ballots = self._ballots(query, metrics)
            answers = self._connection.ask(
                self._identity(),
                offers,
                lambda shard, ballots=ballots: (message, keys, among(shard), shortlist, ballots),  # type: ignore[misc]
                waiting=waiting,
            )
            if not again or self._fits(answers.parts):
                break
            self._count(keys, waiting)
        return answers

    def _count(self, keys: tuple[str, ...], waiting: Waiting) -> None:
        parts = self._connection.ask(self._identity(), counted, lambda _: (keys,), waiting=waiting).parts
        with self._lock:
            for name in {name for part in parts.values() for name in part}:
                self._totals[name] = _total_of(name, parts)

    def _fits(self, parts: Mapping[Shard, Offer]) -> bool:
        with self._lock:
            return all(
                self._totals.get(name, _Total()).known.get(shard) == version
                for shard, offer in parts.items()
                for name, version in offer.indexed.items()
            )

    def _ballots(self, query: Query, metrics: tuple[Metric, ...]) -> dict[str, Ballot]:
        with self._lock:
            totals = dict(self._totals)
        ballots = {}
        for metric in metrics:
            total = totals.get(metric.name)
            able = {variant: some for variant, some in query.features[metric.name].items() if len(some)}
            if isinstance(metric, Indexed) and total is not None and total.side and able:
                voters, cells = metric.voters(able, total.side)
                ballots[metric.name] = Ballot(voters, cells, total.counts[cells].astype(np.int64), total.side)
        return ballots


def _total_of(name: str, parts: Mapping[Shard, Counts]) -> _Total:
    """Of the shards that have as many cells as most; others count by themselves until they have."""
    some = {shard: part[name] for shard, part in parts.items() if name in part}
    sides = [side for side, _, _ in some.values()]
    side = max(sides, key=lambda one: (sides.count(one), one), default=0)
    counts = sum((one for own, _, one in some.values() if own == side), np.zeros(side * side, np.uint32))
    return _Total(side, np.asarray(counts, np.uint32), {one: known[:2] for one, known in some.items()})


def _part_of(chosen: Chosen, shard: Shard) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    ids = shard.among(chosen.ids)
    start = int(np.searchsorted(chosen.ids, shard.start))
    return ids, chosen.by_index[start : start + len(ids)]


def _asks(part: tuple[NDArray[np.int64], NDArray[np.bool_]] | None) -> bool:
    return part is not None and len(part[0]) > 0


def _nothing(metrics: tuple[Metric, ...]) -> Part:
    shapes = [(*(len(setting.values) for setting in one.settings), 0) for one in metrics]
    return np.empty(0, np.int64), tuple(RawScores.upright(np.empty(one, np.float32)) for one in shapes), 0


def _cut(parts: Mapping[Shard, Part], chosen: Chosen, metrics: tuple[Metric, ...], shortlist: int) -> dict[Shard, Part]:
    """The parts without what is among the nearest by keypoints of its shard, and not of all."""
    order = sorted(parts, key=lambda one: one.place)
    if not order:
        return {}
    ids = np.concatenate([parts[one][0] for one in order])
    columns = joined([parts[one][1] for one in order])
    by_index = chosen.by_index[np.searchsorted(chosen.ids, ids)]
    by_name = {one.name: column for one, column in zip(metrics, columns, strict=True)}
    keep = still_worth(metrics, by_name, by_index, shortlist)
    cut, start = {}, 0
    for one in order:
        own, scores, total = parts[one]
        here = keep[start : (start := start + len(own))]
        cut[one] = own[here], tuple(RawScores(some.raw[..., here], some.variant[..., here]) for some in scores), total
    return cut
