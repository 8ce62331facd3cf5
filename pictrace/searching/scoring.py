"""A query against a catalog, by every metric: exactly, or the nearest by a cascade."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.features import FeatureBatch, RawScores
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import nearest, served_by, worth_more
from pictrace.searching.one_orientation import as_led, in_one_orientation
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable

__all__ = [
    "EXACT_LIMIT",
    "SHORTLIST",
    "ScoredElsewhere",
    "joined",
    "score",
    "score_chosen",
    "score_exactly",
    "score_here",
    "scored_too",
    "still_worth",
]

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


@runtime_checkable
class ScoredElsewhere(Protocol):
    """A cache of a catalog that other processes search."""

    def scored(
        self,
        query: Query,
        metrics: tuple[Metric, ...],
        ids: NDArray[np.int64],
        *,
        exhaustive: bool,
        shortlist: int | None,
        among: NDArray[np.int64] | None,
        progress: Callable[[int, int], None] | None,
    ) -> ScoreTable:
        """What ``score`` gives; ids: all that are to be searched, ascending."""


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
    if isinstance(cache, ScoredElsewhere):
        return cache.scored(
            query, metrics, ids, exhaustive=exhaustive, shortlist=shortlist, among=among, progress=progress
        )
    return score_here(query, cache, metrics, exhaustive=exhaustive, shortlist=shortlist, among=among, progress=progress)


def scored_too(query: Query, cache: FeatureCache, table: ScoreTable, ids: Iterable[int]) -> ScoreTable:
    """The table with these pictures as well, compared exactly by all of its metrics.

    Parameters
    ----------
    query, cache
        What gave the table.
    table
        What was compared.
    ids
        Pictures of the catalog.
    """
    missing = np.setdiff1d(np.array(list(ids), np.int64), table.ids)
    if not len(missing):
        return table
    more = score(query, cache, table.metrics, exhaustive=True, among=missing)
    every = np.concatenate([table.ids, more.ids])
    order = np.argsort(every)
    columns = joined([table.columns, more.columns])
    ordered = tuple(RawScores(one.raw[..., order], one.variant[..., order]) for one in columns)
    return replace(table, ids=every[order], columns=ordered)


def score_here(
    query: Query,
    cache: FeatureCache,
    metrics: tuple[Metric, ...],
    *,
    exhaustive: bool,
    shortlist: int | None = None,
    among: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScoreTable:
    """The same by this process, whatever the cache says."""
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among)
    kernels.expect(len(ids) if exhaustive else CASCADE_PAIRS)
    if not exhaustive:
        return _by_cascade(query, cache, metrics, shortlist or SHORTLIST, None if among is None else ids)
    if among is None and len(ids) <= PACKED_LIMIT:
        return _at_once(query, cache, metrics)
    return _in_chunks(query, cache, metrics, ids, progress)


def _by_cascade(
    query: Query, cache: FeatureCache, metrics: tuple[Metric, ...], shortlist: int, among: NDArray[np.int64] | None
) -> ScoreTable:
    chosen = nearest(query, cache, metrics, shortlist, among)
    ids, scores = score_chosen(query, cache, metrics, chosen.ids, chosen.by_index, shortlist)
    return ScoreTable(ids, metrics, scores, catalog_size=chosen.total)


def score_chosen(
    query: Query,
    cache: FeatureCache,
    metrics: tuple[Metric, ...],
    ids: NDArray[np.int64],
    by_index: NDArray[np.bool_],
    shortlist: int,
) -> tuple[NDArray[np.int64], tuple[RawScores, ...]]:
    """What a cascade chose, by all metrics: (k,) ids, ascending, and their scores.

    What an index alone chose is compared by keypoints first, and by all others where it is ``still_worth`` it.
    """
    first = [one for one in metrics if isinstance(one, Indexed)]
    known = {one.name: one.compare_variants(query.features[one.name], cache.of(ids, one)) for one in first}
    keep = still_worth(metrics, known, by_index, shortlist)
    known = {name: RawScores(one.raw[..., keep], one.variant[..., keep]) for name, one in known.items()}
    return ids[keep], _compared(query, metrics, lambda metric: cache.of(ids[keep], metric), known)


def still_worth(
    metrics: Sequence[Metric], columns: Mapping[str, RawScores], by_index: NDArray[np.bool_], shortlist: int
) -> NDArray[np.bool_]:
    """(n,): which of n chosen pictures are compared by all metrics.

    Of pictures in several parts, those that are worth it in their part hold those that are among all.

    Parameters
    ----------
    metrics, columns
        By which, and by name what those with an index say.
    by_index : (n,) bool array
        Which of them an index alone chose.
    shortlist
        As for score.
    """
    keep = ~by_index
    for metric in metrics:
        if isinstance(metric, Indexed):
            keep |= worth_more(metric, columns[metric.name], shortlist)
    return keep


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
    return ScoreTable(ids, metrics, joined(parts), catalog_size=len(ids))


def joined(parts: Sequence[tuple[RawScores, ...]]) -> tuple[RawScores, ...]:
    """Columns of some pictures after those of others, at least one part."""
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
    return _compared(query, metrics, lambda metric: batches[metric.name], {})


def _compared(
    query: Query,
    metrics: Sequence[Metric],
    features_of: Callable[[Metric], FeatureBatch],
    known: Mapping[str, RawScores],
) -> tuple[RawScores, ...]:
    """The same, with the scores by some metrics known; of the others, features are asked for once."""
    columns, batches = dict(known), dict[str, FeatureBatch]()
    by_name = {one.name: one for one in metrics}

    def compare(some: Sequence[Metric]) -> None:
        def fill(start: int, stop: int) -> None:
            for one in some[start:stop]:
                batch, features = features_of(one), query.features[one.name]
                leader = by_name.get(served_by(one))
                batches[one.name] = batch
                columns[one.name] = (
                    as_led(one, features, batch, leader, columns[leader.name])
                    if leader is not None
                    else one.compare_variants(features, batch)
                )

        # Metrics beside one another: what one reads from the catalog, the others need not wait for.
        kernels.run_chunks(fill, len(some), min_chunk=1)

    unknown = [one for one in metrics if one.name not in known]
    led = [one for one in unknown if served_by(one) in by_name and served_by(one) not in known]
    compare([one for one in unknown if one not in led])
    compare(led)
    return in_one_orientation(query, metrics, batches, [columns[one.name] for one in metrics])
