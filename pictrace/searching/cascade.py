"""Which pictures are worth exact scoring: the best by sketches of all, by each metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.postings import Postings
from pictrace.features import FeatureBatch, Features, RawScores
from pictrace.images.orientation import Variant
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed, Sketched
from pictrace.searching.convincing import convinces
from pictrace.searching.query import Query
from pictrace.searching.voting import votes

__all__ = ["NEW_PICTURES", "Chosen", "nearest", "nearest_of", "open_for", "served_by", "worth_more"]


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
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among, assume_unique=True)
    able = [one for one in metrics if isinstance(one, Indexed)]
    postings = [_postings(one, cache) for one in able]
    served = {one.name for one, known in zip(able, postings, strict=True) if not len(known.missing)}
    found: dict[int, NDArray[np.int64]] = {}

    def choose(start: int, stop: int) -> None:
        for place in range(start, stop):
            if place < len(able):
                most = INDEX_TIMES * shortlist
                found[place] = np.intersect1d(_by_index(able[place], query, postings[place], among, most), ids)
            else:
                found[place] = _by_sketches(query, cache, _unserved(metrics, served), shortlist, among)

    kernels.run_chunks(choose, len(able) + 1, min_chunk=1)  # beside one another: each has parts on one thread
    chosen = np.unique(np.concatenate(list(found.values())))
    return Chosen(chosen, ~np.isin(chosen, found[len(able)], assume_unique=True), len(ids))


def worth_more(metric: Metric, scores: RawScores, shortlist: int) -> NDArray[np.bool_]:
    """(n,): which of n pictures are near enough by this metric, or convince, to be compared by all others."""
    raw = scores.raw[metric.setting_positions({})]
    worth = convinces(metric, raw)
    worth[_best(metric.scale.similarity(raw), WORTH_TIMES * shortlist)] = True
    return worth


def _by_sketches(
    query: Query, cache: FeatureCache, metrics: Sequence[Metric], shortlist: int, among: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    sketches = cache.sketches(metrics)
    ids, batches = sketches.ids, sketches.batches
    if among is not None:
        places = np.flatnonzero(np.isin(ids, among, assume_unique=True))
        ids, batches = ids[places], {name: batch.take(places) for name, batch in batches.items()}
    return nearest_of(query, batches, ids, cache.of, metrics, shortlist)


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
    chosen = [np.flatnonzero(ids == query.id)]
    for metric in metrics:
        batch, features = sketches.get(metric.name), query.features[metric.name]
        if batch is None:
            continue
        if isinstance(metric, Sketched) and metric.preselected > 1:
            some = _best(_roughly(metric, features, batch), metric.preselected * shortlist)
            exact = _similarity(metric, features, features_of(ids[some], metric))
            chosen.append(some[_best(exact, shortlist)])
        else:
            chosen.append(_best(_roughly(metric, features, batch), shortlist))
    return ids[np.unique(np.concatenate(chosen))]


def open_for(cache: FeatureCache, metrics: Sequence[Metric]) -> None:
    """Have at hand what ``nearest`` reads of all pictures."""
    served = {
        one.name for one in metrics if isinstance(one, Indexed) and not len(cache.index_of(one).current().missing)
    }
    cache.sketches(_unserved(metrics, served))


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
    metric: Indexed, query: Query, postings: Postings, among: NDArray[np.int64] | None, most: int
) -> NDArray[np.int64]:
    """The pictures with most votes."""
    able = {variant: features for variant, features in query.features[metric.name].items() if len(features)}
    if not able or not postings.segments:
        return np.empty(0, np.int64)
    found = votes(postings, *metric.voters(able, postings.side))
    if among is not None:
        found[~np.isin(postings.ids, among, assume_unique=True)] = 0
    return postings.ids[_best(np.where(found > 0, found, np.float32(np.nan)), most)]


def _best(rough: NDArray[np.float32], most: int) -> NDArray[np.intp]:
    """Positions of the largest values, ascending, NaN left out."""
    count = len(rough)
    most = min(most, count - int(np.isnan(rough).sum()))
    if not most:
        return np.empty(0, np.intp)
    return np.sort(np.argpartition(np.where(np.isnan(rough), -np.inf, rough), count - most)[count - most :])


def _similarity(metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch) -> NDArray[np.float32]:
    raw = metric.compare_variants(queries, batch).raw[metric.setting_positions({})]
    return metric.scale.similarity(raw)


def _roughly(metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch) -> NDArray[np.float32]:
    """How near each candidate is by its sketch, (n,), larger is nearer, NaN = not comparable."""
    if isinstance(metric, Sketched):
        return metric.compare_sketches(queries, batch)
    return _similarity(metric, queries, batch)
