"""A query against a catalog: features once, a ScoreTable once, rankings as often as one likes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.catalog.base import Catalog, NewPicture, PictureRecord, image_id
from pictrace.catalog.hot import HotFeatures
from pictrace.images import UPRIGHT, DecodeLimits, ImageInfo, RGBImage, Variant, load, orient, probe
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Features, Metric
from pictrace.presets import DEFAULT_PRESET, criteria_of
from pictrace.scores import Criteria, Match, ScoreTable

__all__ = ["Found", "HotFeatures", "Query", "find", "prepare_query", "score", "search"]


@dataclass(frozen=True)
class Query:
    """A picture to look for: its pixels, and its features by metric name and orientation."""

    sha256: bytes
    info: ImageInfo
    image: RGBImage
    features: Mapping[str, Mapping[Variant, Features]]
    timing_ms: Mapping[str, float] = field(default_factory=dict)

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

    orientations: compare it mirrored and turned as well, for the metrics that would not notice.
    """
    limits = limits or DecodeLimits()
    started = time.perf_counter()
    info = probe(data, limits)
    image = load(data, limits)
    decoded = time.perf_counter()
    features = {
        metric.name: {
            variant: metric.extract(orient(image, variant))
            for variant in (metric.variants if orientations else (UPRIGHT,))
        }
        for metric in (all_metrics() if metrics is None else metrics)
    }
    timing = {
        "decode": (decoded - started) * 1e3,
        "extract": (time.perf_counter() - decoded) * 1e3,
    }
    return Query(NewPicture.digest(data), info, image, features, timing)


def score(query: Query, hot: HotFeatures, metrics: Sequence[Metric] | None = None) -> ScoreTable:
    """Every picture of the catalog against the query, by every metric."""
    metrics = tuple(all_metrics() if metrics is None else metrics)
    snapshot = hot.snapshot(metrics)
    columns = tuple(
        metric.compare_variants(query.features[metric.name], snapshot.batches[metric.name]) for metric in metrics
    )
    return ScoreTable(snapshot.ids, metrics, columns, catalog_size=len(snapshot.ids))


def find(catalog: Catalog, table: ScoreTable, criteria: Criteria) -> list[Found]:
    """The ranked matches with their records; pictures removed meanwhile are left out."""
    matches = table.rank(criteria)
    records = catalog.pictures(match.id for match in matches)
    return [Found(match, records[match.id]) for match in matches if match.id in records]


def search(data: bytes, catalog: Catalog, *, preset: str = DEFAULT_PRESET, top: int = 5) -> list[Found]:
    """All in one for a single query: decode, score, rank. Keep the ScoreTable instead to rank again."""
    table = score(prepare_query(data), HotFeatures(catalog))
    return find(catalog, table, criteria_of(preset, top=top))
