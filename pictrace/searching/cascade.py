"""Which pictures are worth exact scoring: the best by sketches of all, by each metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import Variant
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed, Sketched
from pictrace.searching.query import Query
from pictrace.searching.voting import votes

__all__ = ["NEW_PICTURES", "nearest", "nearest_of", "open_for"]


NEW_PICTURES = 1000
"""So many are put into an index while a search waits, in a second or two; more are left to a run."""

INDEX_TIMES = 6
"""Times the shortlist that an index sends on: it knows which keypoints are alike, and not how they lie; as photographs
taken anew are found by it, most of what is scored exactly comes from it."""


def nearest(
    query: Query, cache: FeatureCache, metrics: Sequence[Metric], shortlist: int, among: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], int]:
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
    chosen : (k,) int64 array
        Ids, ascending; the query's own is always among them, if it is there.
    total : int
        How many pictures there are, n.
    """
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among, assume_unique=True)
    by_index: list[NDArray[np.int64]] = []
    served: set[str] = set()
    for metric in metrics:
        if isinstance(metric, Indexed):
            found, everything = _by_index(metric, query, cache, among, INDEX_TIMES * shortlist)
            by_index.append(found)
            served |= {metric.name} if everything else set()
    choosing = [one for one in metrics if not {one.name, _served_by(one)} & served]
    sketches = cache.sketches(choosing)
    sketched, batches = sketches.ids, sketches.batches
    if among is not None:
        places = np.flatnonzero(np.isin(sketched, among, assume_unique=True))
        sketched, batches = sketched[places], {name: batch.take(places) for name, batch in batches.items()}
    by_sketches = nearest_of(query, batches, sketched, cache.of, choosing, shortlist)
    return np.unique(np.concatenate([np.intersect1d(np.concatenate([ids[:0], *by_index]), ids), by_sketches])), len(ids)


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
    cache.sketches([one for one in metrics if not {one.name, _served_by(one)} & served])


def _served_by(metric: Metric) -> str:
    return metric.served_by if isinstance(metric, Sketched) else ""


def _by_index(
    metric: Indexed, query: Query, cache: FeatureCache, among: NDArray[np.int64] | None, most: int
) -> tuple[NDArray[np.int64], bool]:
    """The pictures with most votes, and whether all pictures could have votes."""
    index = cache.index_of(metric)
    postings = index.current()
    if 0 < len(postings.missing) <= NEW_PICTURES:
        postings = index.update(wait=False)
    able = {variant: features for variant, features in query.features[metric.name].items() if len(features)}
    everything = not len(postings.missing)
    if not able or not postings.segments:
        return np.empty(0, np.int64), everything
    found = votes(postings, *metric.voters(able, postings.side))
    if among is not None:
        found[~np.isin(postings.ids, among, assume_unique=True)] = 0
    return postings.ids[_best(np.where(found > 0, found, np.float32(np.nan)), most)], everything


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
