"""The ranked matches of a search, with what the catalog knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.searching.attempts import score_either
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.parts import Part
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.query import needed_metrics, prepare_query
from pictrace.searching.table import Criteria, Match, ScoreTable

__all__ = ["Found", "find", "leading", "search"]


@dataclass(frozen=True)
class Found:
    """A match with what the catalog knows of the picture."""

    match: Match
    picture: PictureRecord


def find(catalog: Catalog, table: ScoreTable, criteria: Criteria, held: Sequence[Part] = ()) -> list[Found]:
    """The ranked matches with their records; pictures removed meanwhile are left out.

    Parameters
    ----------
    catalog
        What was searched.
    table, criteria
        What comparing gave, and what counts as a match.
    held
        Where several pictures lie within the query: ``leading`` come first.
    """
    matches = table.rank(criteria, leading(table, held, criteria))
    records = catalog.pictures(match.id for match in matches)
    return [Found(match, records[match.id]) for match in matches if match.id in records]


def leading(table: ScoreTable, held: Sequence[Part], criteria: Criteria) -> frozenset[int]:
    """Ids of what comes first where the query holds several pictures: the best of each part, and what is part of none.

    Small pictures of a collage are alike in their details only, so that others may score higher: as copies of a larger
    one do. What else convinces, such as a larger picture of which the query is a part, stays with them.

    Parameters
    ----------
    table, criteria
        What comparing gave, and what counts as a match.
    held
        Where they lie; nothing leads without.
    """
    if not held:
        return frozenset()
    scores = dict(zip(table.ids.tolist(), table.fused(criteria)[0].tolist(), strict=True))
    best = frozenset(max(part.ids, key=lambda one: scores.get(one, 0.0)) for part in held)
    return best | (convincing_ids(table) - {one for part in held for one in part.ids})


def search(data: bytes, catalog: Catalog, *, preset: str = DEFAULT_PRESET, top: int = 5) -> list[Found]:
    """All in one for a single query: decode, score, rank. Keep the ScoreTable instead to rank again."""
    criteria = criteria_of(preset, top=top)
    _, table = score_either(prepare_query(data, needed_metrics(criteria.weights)), FeatureCache(catalog))
    return find(catalog, table, criteria)
