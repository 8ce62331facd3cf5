"""A query against a catalog, by every metric: exactly, or the nearest by a cascade."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.features import FeatureBatch, RawScores
from pictrace.metrics.base import Metric
from pictrace.searching.cascade import nearest
from pictrace.searching.one_orientation import in_one_orientation
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable

__all__ = ["EXACT_LIMIT", "SHORTLIST", "score", "score_exactly"]

EXACT_LIMIT = 1000
"""Up to so many pictures all are scored exactly; see docs/performance.md."""

PACKED_LIMIT = 10_000
"""Up to so many pictures an exhaustive search keeps all features in the cache, about 100 KB each; beyond, it reads
them from the catalog, chunk by chunk."""

CHUNK_PICTURES = 1000
PLAIN_CHUNK_PICTURES = 100  # a quarter of a second, while compiled kernels are on their way

SHORTLIST = 16
"""Pictures that each metric sends on to exact scoring."""

CASCADE_PAIRS = 250  # that are scored exactly


def score(
    query: Query,
    cache: FeatureCache,
    metrics: Sequence[Metric] | None = None,
    *,
    exhaustive: bool | None = None,
    shortlist: int | None = None,
    among: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScoreTable:
    """The query against the catalog, by every metric that it has features of.

    Scores do not depend on which way the pictures were found.

    Parameters
    ----------
    query, cache
        The picture, and the features of an open catalog.
    metrics
        By default, those of the query.
    exhaustive
        Whether to score every picture exactly. By default that is done up to EXACT_LIMIT pictures; beyond, a cascade
        compares sketches of all, takes the best by each metric, and scores their union exactly.
    shortlist
        How many the cascade takes by each metric, SHORTLIST by default.
    among : (k,) int64 array, optional
        Compare these pictures only, by id (see Catalog.ids_with); they are then all that the table counts.
    progress
        Called with (done, total) while a large catalog is scored exhaustively; raising ends the search.
    """
    metrics = tuple(query.metrics if metrics is None else metrics)
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among)
    if exhaustive is None:
        exhaustive = len(ids) <= EXACT_LIMIT
    kernels.expect(len(ids) if exhaustive else CASCADE_PAIRS)
    if not exhaustive:
        return _by_cascade(query, cache, metrics, shortlist or SHORTLIST, None if among is None else ids)
    if among is None and len(ids) <= PACKED_LIMIT:
        return _at_once(query, cache, metrics)
    return _in_chunks(query, cache, metrics, ids, progress)


def _by_cascade(
    query: Query, cache: FeatureCache, metrics: tuple[Metric, ...], shortlist: int, among: NDArray[np.int64] | None
) -> ScoreTable:
    chosen, total = nearest(query, cache, metrics, shortlist, among)
    batches = {one.name: cache.of(chosen, one) for one in metrics}
    return ScoreTable(chosen, metrics, score_exactly(query, metrics, batches), catalog_size=total)


def _at_once(query: Query, cache: FeatureCache, metrics: tuple[Metric, ...]) -> ScoreTable:
    """All pictures, by features that stay in the cache for the next query."""
    snapshot = cache.all(metrics)
    columns = score_exactly(query, metrics, snapshot.batches)
    return ScoreTable(snapshot.ids, metrics, columns, catalog_size=len(snapshot.ids))


def _in_chunks(
    query: Query,
    cache: FeatureCache,
    metrics: tuple[Metric, ...],
    ids: NDArray[np.int64],
    progress: Callable[[int, int], None] | None,
) -> ScoreTable:
    """These pictures, by features that are read and forgotten again chunk by chunk."""
    parts = []
    for start in range(0, max(len(ids), 1), CHUNK_PICTURES):
        some = ids[start : start + CHUNK_PICTURES]
        parts.append(score_exactly(query, metrics, {one.name: cache.of(some, one) for one in metrics}))
        if progress is not None and len(some):
            progress(start + len(some), len(ids))
    return ScoreTable(ids, metrics, _joined(parts), catalog_size=len(ids))


def _joined(parts: Sequence[tuple[RawScores, ...]]) -> tuple[RawScores, ...]:
    """Columns of some pictures after the other."""
    if len(parts) == 1:
        return parts[0]
    return tuple(
        RawScores(
            np.concatenate([one.raw for one in column], axis=-1),
            np.concatenate([one.variant for one in column], axis=-1),
        )
        for column in zip(*parts, strict=True)
    )


def score_exactly(
    query: Query, metrics: Sequence[Metric], batches: Mapping[str, FeatureBatch]
) -> tuple[RawScores, ...]:
    """The query against all of a batch, by each metric, with one orientation a pair where that is known."""
    columns = [metric.compare_variants(query.features[metric.name], batches[metric.name]) for metric in metrics]
    return in_one_orientation(query, metrics, batches, columns)
