"""The orders in which matches can be looked at."""

from __future__ import annotations

import pytest

from pictrace.app.search.order import arranged
from pictrace.catalog.records import PictureRecord
from pictrace.images.orientation import VARIANTS
from pictrace.searching.find import Found
from pictrace.searching.table import Match, MetricScore
from pictrace.searching.verdict import Verdict

SAID = Verdict("", "", frozenset({1, 2, 3}))


def _found(number: int, similarity: float, width: int, added: str) -> Found:
    parts = {"ssim": MetricScore(0.0, similarity, 1.0, similarity)}
    match = Match(number, number, 1 - number / 10, 1.0, parts, VARIANTS[0])
    return Found(match, PictureRecord(number, b"", "PNG", width, 10, 0, added, ()))


FOUND = [
    _found(1, 0.9, 300, "2024-01-02T00:00:00+00:00"),
    _found(2, float("nan"), 500, "2024-01-01T23:00:00Z"),
    _found(3, 0.2, 400, "2025-01-01T00:00:00+00:00"),
    _found(4, 0.1, 900, "2026-01-01T00:00:00+00:00"),  # no match
]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("Best first", [1, 2, 3, 4]),
        ("Most changed", [3, 1, 2, 4]),
        ("Largest", [2, 3, 1, 4]),
        ("Newest", [3, 1, 2, 4]),
    ],
)
def test_matches_come_in_the_order_that_is_asked_for(order: str, ids: list[int]) -> None:
    assert [one.match.id for one in arranged(FOUND, SAID, order)] == ids


def test_a_date_that_is_none_comes_last() -> None:
    found = [
        _found(1, 0.9, 300, "yesterday"),
        _found(2, 0.8, 300, "0001-01-01"),
        _found(3, 0.2, 400, "2025-01-01T00:00:00Z"),
    ]
    assert [one.match.id for one in arranged(found, SAID, "Newest")] == [3, 1, 2]
