"""Which pictures are worth exact scoring: the best by sketches of all, by each metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import Variant
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Sketched
from pictrace.searching.query import Query

__all__ = ["nearest", "nearest_of", "roughly"]


def nearest(
    query: Query, cache: FeatureCache, metrics: Sequence[Metric], shortlist: int, among: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], int]:
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
) -> tuple[NDArray[np.int64], int]:
    """The union of the best by each metric.

    Taking the best by each metric, rather than by a sum, keeps what one metric alone can find: its rank
    under the metric that likes it most decides on a picture. A metric with rough sketches chooses more by
    them (``preselected``), and sorts those by the features themselves.

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
    chosen : (k,) int64 array
        Ids, ascending; the query's own is always among them, if it is there.
    total : int
        How many pictures there are, n.
    """
    chosen = [np.flatnonzero(ids == query.id)]
    for metric in metrics:
        batch, features = sketches.get(metric.name), query.features[metric.name]
        if batch is None:
            continue
        if isinstance(metric, Sketched) and metric.preselected > 1:
            some = _best(roughly(metric, features, batch), metric.preselected * shortlist)
            exact = _similarity(metric, features, features_of(ids[some], metric))
            chosen.append(some[_best(exact, shortlist)])
        else:
            chosen.append(_best(roughly(metric, features, batch), shortlist))
    return ids[np.unique(np.concatenate(chosen))], len(ids)


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


def roughly(metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch) -> NDArray[np.float32]:
    """How near each candidate is by its sketch, (n,), larger is nearer, NaN = not comparable."""
    if isinstance(metric, Sketched):
        return metric.compare_sketches(queries, batch)
    return _similarity(metric, queries, batch)
