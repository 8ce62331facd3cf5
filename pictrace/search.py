"""A query against a catalog: features once, a ScoreTable once, rankings as often as one likes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord, digest, image_id
from pictrace.features import FeatureBatch, Features, RawScores
from pictrace.images import UPRIGHT, DecodeLimits, ImageInfo, RGBImage, Variant, load, probe
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.presets import DEFAULT_PRESET, criteria_of
from pictrace.scores import Criteria, Match, ScoreTable

__all__ = [
    "EXACT_LIMIT",
    "SHORTLIST",
    "Found",
    "Query",
    "find",
    "needed_metrics",
    "prepare_query",
    "roughly",
    "score",
    "search",
    "with_metrics",
]

EXACT_LIMIT = 1000
"""Up to so many pictures all are scored exactly; see docs/performance.md."""

PACKED_LIMIT = 10_000
"""Up to so many pictures an exhaustive search keeps all features in the cache, about 100 KB each; beyond, it reads
them from the catalog, chunk by chunk."""

CHUNK_PICTURES = 1000

SHORTLIST = 40
"""Pictures that each metric sends on to exact scoring."""


@dataclass(frozen=True)
class Query:
    """A picture to look for: its pixels, and its features by metric name and orientation."""

    sha256: bytes
    info: ImageInfo
    image: RGBImage
    features: Mapping[str, Mapping[Variant, Features]]
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()  # whose features these are

    @property
    def id(self) -> int:
        """The id that this very file has, or would have, in a catalog."""
        return image_id(self.sha256)


@dataclass(frozen=True)
class Found:
    """A match with what the catalog knows of the picture."""

    match: Match
    picture: PictureRecord


def prepare_query(
    data: bytes,
    metrics: Sequence[Metric] | None = None,
    *,
    orientations: bool = True,
    limits: DecodeLimits | None = None,
) -> Query:
    """Decode the query and extract what each metric needs; ImageError where it is no picture.

    metrics: by default, those that ``needed_metrics`` gives without weights.
    orientations: compare it mirrored and turned as well, for the metrics that would not notice.
    """
    limits = limits or DecodeLimits()
    started = time.perf_counter()
    info = probe(data, limits)
    image = load(data, limits)
    decoded = time.perf_counter()
    chosen = needed_metrics() if metrics is None else tuple(metrics)
    features = _features(image, chosen, orientations=orientations)
    timing = {
        "decode": (decoded - started) * 1e3,
        "extract": (time.perf_counter() - decoded) * 1e3,
    }
    return Query(digest(data), info, image, features, timing, chosen)


def needed_metrics(weights: Mapping[str, float] | None = None) -> tuple[Metric, ...]:
    """The metrics that are ready; of those that extract on demand only, the ones with a weight."""
    wanted = {name for name, weight in (weights or {}).items() if weight > 0}
    return loaded(metric for metric in ready_metrics() if not metric.on_demand or metric.name in wanted)


def with_metrics(query: Query, metrics: Sequence[Metric], *, orientations: bool = True) -> Query:
    """The query with the features of these metrics; what it has already is not extracted again."""
    had = {metric.feature_key for metric in query.metrics}
    started = time.perf_counter()
    new = _features(query.image, [one for one in metrics if one.feature_key not in had], orientations=orientations)
    spent = query.timing_ms.get("extract", 0.0) + (time.perf_counter() - started) * 1e3
    features = {one.name: new.get(one.name) or query.features[one.name] for one in metrics}
    return replace(query, features=features, timing_ms={**query.timing_ms, "extract": spent}, metrics=tuple(metrics))


def _features(image: RGBImage, metrics: Sequence[Metric], *, orientations: bool) -> dict[str, dict[Variant, Features]]:
    return {one.name: one.extract_variants(image, one.variants if orientations else (UPRIGHT,)) for one in metrics}


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

    exhaustive: score every picture exactly. By default that is done up to EXACT_LIMIT pictures; beyond,
    a cascade compares sketches of all, takes the best ``shortlist`` (SHORTLIST) by each metric, and scores
    their union exactly. Scores do not depend on which way they were found.
    among: compare these pictures only, by id (see Catalog.ids_with); they are then all that the table counts.
    progress: called with (done, total) while a large catalog is scored exhaustively; raising ends the search.
    """
    metrics = tuple(query.metrics if metrics is None else metrics)
    _, ids = cache.ids()
    if among is not None:
        ids = np.intersect1d(ids, among)
    if exhaustive is None:
        exhaustive = len(ids) <= EXACT_LIMIT
    if not exhaustive:
        chosen, total = _nearest(query, cache, metrics, shortlist or SHORTLIST, None if among is None else ids)
        batches = {one.name: cache.of(chosen, one) for one in metrics}
        return ScoreTable(chosen, metrics, _columns(query, metrics, batches), catalog_size=total)
    if among is None and len(ids) <= PACKED_LIMIT:
        snapshot = cache.all(metrics)
        columns = _columns(query, metrics, snapshot.batches)
        return ScoreTable(snapshot.ids, metrics, columns, catalog_size=len(snapshot.ids))
    if not len(ids):
        batches = {one.name: FeatureBatch.of([], one.layout) for one in metrics}
        return ScoreTable(ids, metrics, _columns(query, metrics, batches), catalog_size=0)
    parts = []
    for start in range(0, len(ids), CHUNK_PICTURES):
        some = ids[start : start + CHUNK_PICTURES]
        parts.append(_columns(query, metrics, {one.name: cache.of(some, one) for one in metrics}))
        if progress is not None:
            progress(start + len(some), len(ids))
    columns = tuple(
        RawScores(
            np.concatenate([one.raw for one in column], axis=-1),
            np.concatenate([one.variant for one in column], axis=-1),
        )
        for column in zip(*parts, strict=True)
    )
    return ScoreTable(ids, metrics, columns, catalog_size=len(ids))


def _columns(query: Query, metrics: Sequence[Metric], batches: Mapping[str, FeatureBatch]) -> tuple[RawScores, ...]:
    return tuple(metric.compare_variants(query.features[metric.name], batches[metric.name]) for metric in metrics)


def _nearest(
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
    """(ids of the union of the best by each metric, ascending; how many pictures there are).

    Taking the best by each metric, rather than by a sum, keeps what one metric alone can find: its rank
    under the metric that likes it most decides on a picture. A metric with rough sketches chooses more by
    them (``preselected``), and sorts those by the features themselves.
    """
    chosen = [np.flatnonzero(ids == query.id)]
    for metric in metrics:
        batch, features = sketches.get(metric.name), query.features[metric.name]
        if batch is None:
            continue
        if metric.preselected > 1:
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
    if metric.sketch_layout is not None:
        return metric.compare_sketches(queries, batch)
    return _similarity(metric, queries, batch)


def find(catalog: Catalog, table: ScoreTable, criteria: Criteria) -> list[Found]:
    """The ranked matches with their records; pictures removed meanwhile are left out."""
    matches = table.rank(criteria)
    records = catalog.pictures(match.id for match in matches)
    return [Found(match, records[match.id]) for match in matches if match.id in records]


def search(data: bytes, catalog: Catalog, *, preset: str = DEFAULT_PRESET, top: int = 5) -> list[Found]:
    """All in one for a single query: decode, score, rank. Keep the ScoreTable instead to rank again."""
    criteria = criteria_of(preset, top=top)
    table = score(prepare_query(data, needed_metrics(criteria.weights)), FeatureCache(catalog))
    return find(catalog, table, criteria)
