"""Which pictures are worth exact scoring: the best by sketches of all, by each metric.

Each part of a catalog offers the best that it has, with the values that say so, and among all offers is chosen what one
process would choose: the same pictures, however they are dealt out to parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.postings import Postings
from pictrace.features import FeatureBatch, Features, RawScores
from pictrace.images.orientation import Variant
from pictrace.kernels.votes import Voters
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed, Sketched
from pictrace.searching.convincing import convinces
from pictrace.searching.query import Query
from pictrace.searching.voting import votes

__all__ = [
    "NEW_PICTURES",
    "Ballot",
    "Best",
    "Chosen",
    "Offer",
    "chosen_of",
    "nearest",
    "nearest_of",
    "offered",
    "open_for",
    "served_by",
    "worth_more",
]


NEW_PICTURES = 1000
"""So many are put into an index while a search waits, in a second or two; more are left to a run."""

INDEX_TIMES = 6
"""Times the shortlist that an index sends on: it knows which keypoints are alike, and not how they lie; as photographs
taken anew are found by it, most of what is scored exactly comes from it."""

WORTH_TIMES = 2
"""Times the shortlist of those that remain, once their keypoints have been compared: in front comes nothing that other
pictures precede by so many, unless another metric chose it, too."""


@dataclass(frozen=True)
class Chosen:
    """What a cascade scores exactly: (k,) ids, ascending; which of them an index alone chose; and of how many."""

    ids: NDArray[np.int64]
    by_index: NDArray[np.bool_]
    total: int


@dataclass(frozen=True)
class Ballot:
    """What is asked of each part's index: the query's keypoints, and the cells of the whole catalog.

    Attributes
    ----------
    voters, cells
        See capabilities.Indexed.voters.
    lengths : (q, m) int64 array
        How many entries these cells have in all parts together.
    side : int
        There are side * side cells.
    """

    voters: Voters
    cells: NDArray[np.uint32]
    lengths: NDArray[np.int64]
    side: int


@dataclass(frozen=True)
class Best:
    """The best of a part by one metric.

    Attributes
    ----------
    ids : (k,) int64 array
        Ascending.
    values : (k,) float32 array
        Larger is better.
    exact : (k,) float32 array or None
        By the features themselves, where sketches only say which are looked at.
    """

    ids: NDArray[np.int64]
    values: NDArray[np.float32]
    exact: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Offer:
    """What one part of a catalog has for exact scoring.

    Attributes
    ----------
    by_index, by_sketches
        The best, by metric name.
    own : (k,) int64 array
        The query's own picture, if it is there.
    total : int
        How many pictures it chose from.
    indexed
        By metric name, (cells a side, checksum) of the entries that the index has in each cell; of parts only.
    """

    by_index: Mapping[str, Best]
    by_sketches: Mapping[str, Best]
    own: NDArray[np.int64]
    total: int
    indexed: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def nearest(
    query: Query, cache: FeatureCache, metrics: Sequence[Metric], shortlist: int, among: NDArray[np.int64] | None
) -> Chosen:
    """The union of the best by each metric.

    Taking the best by each metric, rather than by a sum, keeps what one metric alone can find: its rank
    under the metric that likes it most decides on a picture. A metric with rough sketches chooses more by
    them (``preselected``), and sorts those by the features themselves; one with an index of all its keypoints
    chooses by it, and by sketches only until all are in it.

    Parameters
    ----------
    query, cache
        The picture, with the features of these metrics, and those of the catalog.
    metrics, shortlist
        Which metrics choose, and how many each.
    among : (k,) int64 array, optional
        Only these pictures, ascending.

    Returns
    -------
    Chosen
        The query's own picture is always among them, if it is there.
    """
    return chosen_of([offered(query, cache, metrics, shortlist, among)], metrics, shortlist)


def offered(
    query: Query,
    cache: FeatureCache,
    metrics: Sequence[Metric],
    shortlist: int,
    among: NDArray[np.int64] | None,
    ballots: Mapping[str, Ballot] | None = None,
) -> Offer:
    """What this catalog, or part of one, has.

    Parameters
    ----------
    query, cache, metrics, shortlist, among
        As for nearest.
    ballots
        By metric name, where the catalog is a part of one: what says how much a vote counts in the whole.
    """
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among, assume_unique=True)
    able = [one for one in metrics if isinstance(one, Indexed)]
    postings = [_postings(one, cache) for one in able]
    served = {one.name for one, known in zip(able, postings, strict=True) if not len(known.missing)}
    by_index: dict[str, Best] = {}
    by_sketches: dict[str, Best] = {}

    def choose(start: int, stop: int) -> None:
        for place in range(start, stop):
            if place < len(able):
                one, ballot = able[place], (ballots or {}).get(able[place].name)
                best = _by_index(one, query, postings[place], among, INDEX_TIMES * shortlist, ballot)
                here = np.searchsorted(ids, best.ids) < np.searchsorted(ids, best.ids, side="right")
                by_index[one.name] = Best(best.ids[here], best.values[here])  # without what is gone by now
            else:
                by_sketches.update(_by_sketches(query, cache, _unserved(metrics, served), shortlist, among))

    kernels.run_chunks(choose, len(able) + 1, min_chunk=1)  # beside one another: each has parts on one thread
    indexed = {one.name: (known.side, known.checksum) for one, known in zip(able, postings, strict=True)}
    return Offer(by_index, by_sketches, ids[ids == query.id], len(ids), indexed if ballots is not None else {})


def chosen_of(offers: Sequence[Offer], metrics: Sequence[Metric], shortlist: int) -> Chosen:
    """What is scored exactly, of offers by the same metrics; parts follow one another by their ids."""
    by_index, by_sketches = [], [one.own for one in offers]
    for metric in metrics:
        some = [one.by_index[metric.name] for one in offers if metric.name in one.by_index]
        if some:
            by_index.append(_chosen_by(some, INDEX_TIMES * shortlist))
        some = [one.by_sketches[metric.name] for one in offers if metric.name in one.by_sketches]
        if some:
            by_sketches.append(_chosen_by(some, _rough_most(metric, shortlist), shortlist))
    sure = np.unique(np.concatenate(by_sketches))
    chosen = np.unique(np.concatenate([sure, *by_index]))
    return Chosen(chosen, ~np.isin(chosen, sure, assume_unique=True), sum(one.total for one in offers))


def _chosen_by(parts: Sequence[Best], most: int, shortlist: int = 0) -> NDArray[np.int64]:
    """The best of all parts by one metric; where there are exact values, the shortlist by those of the best."""
    ids, values = np.concatenate([one.ids for one in parts]), np.concatenate([one.values for one in parts])
    best = _best(values, most)
    exact = [one.exact for one in parts if one.exact is not None]
    return ids[best[_best(np.concatenate(exact)[best], shortlist)]] if exact else ids[best]


def worth_more(metric: Metric, scores: RawScores, shortlist: int) -> NDArray[np.bool_]:
    """(n,): which of n pictures are near enough by this metric, or convince, to be compared by all others."""
    raw = scores.raw[metric.setting_positions({})]
    worth = convinces(metric, raw)
    worth[_best(metric.scale.similarity(raw), WORTH_TIMES * shortlist)] = True
    return worth


def _by_sketches(
    query: Query, cache: FeatureCache, metrics: Sequence[Metric], shortlist: int, among: NDArray[np.int64] | None
) -> dict[str, Best]:
    sketches = cache.sketches(metrics)
    ids, batches = sketches.ids, sketches.batches
    if among is not None:
        places = np.flatnonzero(np.isin(ids, among, assume_unique=True))
        ids, batches = ids[places], {name: batch.take(places) for name, batch in batches.items()}
    return _sketched(query, batches, ids, cache.of, metrics, shortlist)


def nearest_of(
    query: Query,
    sketches: Mapping[str, FeatureBatch],
    ids: NDArray[np.int64],
    features_of: Callable[[NDArray[np.int64], Metric], FeatureBatch],
    metrics: Sequence[Metric],
    shortlist: int,
) -> NDArray[np.int64]:
    """The union of the best by sketches, and the query's own picture, if it is there.

    Parameters
    ----------
    query
        The picture, with the features of these metrics.
    sketches
        By metric name, of all n pictures; a metric without sketches chooses none.
    ids : (n,) int64 array
        The pictures, ascending.
    features_of
        Brings the full features of some pictures, by id.
    metrics, shortlist
        Which metrics choose, and how many each.

    Returns
    -------
    (k,) int64 array
        Ids, ascending.
    """
    offer = Offer({}, _sketched(query, sketches, ids, features_of, metrics, shortlist), ids[ids == query.id], len(ids))
    return chosen_of([offer], metrics, shortlist).ids


def _sketched(
    query: Query,
    sketches: Mapping[str, FeatureBatch],
    ids: NDArray[np.int64],
    features_of: Callable[[NDArray[np.int64], Metric], FeatureBatch],
    metrics: Sequence[Metric],
    shortlist: int,
) -> dict[str, Best]:
    """The best by each metric that has sketches."""
    found = {}
    for metric in metrics:
        batch, features = sketches.get(metric.name), query.features[metric.name]
        if batch is None:
            continue
        rough = _roughly(metric, features, batch)
        some = _best(rough, _rough_most(metric, shortlist))
        exact = None
        if isinstance(metric, Sketched) and metric.preselected > 1:
            exact = _similarity(metric, features, features_of(ids[some], metric))
        found[metric.name] = Best(ids[some], rough[some], exact)
    return found


def _rough_most(metric: Metric, shortlist: int) -> int:
    """How many its sketches choose."""
    return shortlist * (metric.preselected if isinstance(metric, Sketched) else 1)


def open_for(cache: FeatureCache, metrics: Sequence[Metric]) -> None:
    """Have at hand what ``nearest`` reads of all pictures."""
    served = {
        one.name for one in metrics if isinstance(one, Indexed) and not len(cache.index_of(one).current().missing)
    }
    unserved = _unserved(metrics, served)
    cache.sketches(unserved)
    for one in unserved:
        if isinstance(one, Sketched) and one.preselected > 1:
            cache.of(np.empty(0, np.int64), one)  # the best by sketches are compared exactly in each search


def _unserved(metrics: Sequence[Metric], served: set[str]) -> list[Metric]:
    """The metrics that choose by their sketches: those that no index chooses for."""
    return [one for one in metrics if not {one.name, served_by(one)} & served]


def served_by(metric: Metric) -> str:
    """The name of the metric that chooses for this one, where it is searched by; else empty."""
    return metric.served_by if isinstance(metric, Sketched) else ""


def _postings(metric: Indexed, cache: FeatureCache) -> Postings:
    """The index as it is, with what is new in the catalog where that is little."""
    index = cache.index_of(metric)
    postings = index.current()
    return index.update(wait=False) if 0 < len(postings.missing) <= NEW_PICTURES else postings


def _by_index(
    metric: Indexed,
    query: Query,
    postings: Postings,
    among: NDArray[np.int64] | None,
    most: int,
    ballot: Ballot | None,
) -> Best:
    """The pictures with most votes."""
    able = {variant: features for variant, features in query.features[metric.name].items() if len(features)}
    if not able or not postings.segments:
        return Best(np.empty(0, np.int64), np.empty(0, np.float32))
    if ballot is not None and ballot.side == postings.side:
        found = votes(postings, ballot.voters, ballot.cells, ballot.lengths)
    else:  # a part that has other cells, as it grows, counts by what it has
        found = votes(postings, *metric.voters(able, postings.side))
    if among is not None:
        found[~np.isin(postings.ids, among, assume_unique=True)] = 0
    best = _best(np.where(found > 0, found, np.float32(np.nan)), most)
    return Best(postings.ids[best], found[best])


def _best(rough: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """Positions of the largest values, ascending, NaN left out; of equal ones the first."""
    count = len(rough)
    most = min(most, count - int(np.isnan(rough).sum()))
    if not most:
        return np.empty(0, np.intp)
    filled = np.where(np.isnan(rough), np.float32(-np.inf), rough)
    least = np.partition(filled, count - most)[count - most]
    above, equal = np.flatnonzero(filled > least), np.flatnonzero(filled == least)
    return np.sort(np.concatenate([above, equal[: most - len(above)]]))


def _similarity(metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch) -> NDArray[np.float32]:
    raw = metric.compare_variants(queries, batch).raw[metric.setting_positions({})]
    return metric.scale.similarity(raw)


def _roughly(metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch) -> NDArray[np.float32]:
    """How near each candidate is by its sketch, (n,), larger is nearer, NaN = not comparable."""
    if isinstance(metric, Sketched):
        return metric.compare_sketches(queries, batch)
    return _similarity(metric, queries, batch)
