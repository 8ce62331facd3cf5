"""The ranked matches of a search, with what the catalog knows of them."""

from __future__ import annotations

from dataclasses import dataclass

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.searching.attempts import score_either
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.query import needed_metrics, prepare_query
from pictrace.searching.table import Criteria, Match, ScoreTable

__all__ = ["Found", "find", "search"]


@dataclass(frozen=True)
class Found:
    """A match with what the catalog knows of the picture."""

    match: Match
    picture: PictureRecord


def find(catalog: Catalog, table: ScoreTable, criteria: Criteria) -> list[Found]:
    """The ranked matches with their records; pictures removed meanwhile are left out."""
    matches = table.rank(criteria)
    records = catalog.pictures(match.id for match in matches)
    return [Found(match, records[match.id]) for match in matches if match.id in records]


def search(data: bytes, catalog: Catalog, *, preset: str = DEFAULT_PRESET, top: int = 5) -> list[Found]:
    """All in one for a single query: decode, score, rank. Keep the ScoreTable instead to rank again."""
    criteria = criteria_of(preset, top=top)
    _, table = score_either(prepare_query(data, needed_metrics(criteria.weights)), FeatureCache(catalog))
    return find(catalog, table, criteria)
