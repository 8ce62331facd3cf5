"""What only a quarter of a collage shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.searching.parts import held_pictures, same_place
from pictrace.searching.quarters import with_quarters
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score, scored_too
from pictrace.searching.table import ScoreTable
from tests.pictures import cache_of, id_of, pixels_of

LARGE = {"astronaut": (0, 0), "chelsea": (640, 0), "rocket": (0, 480)}
SMALL, AT = "coffee", (800, 700)
SIZE, LEAST = (1280, 960), 0.13


@pytest.fixture(scope="module")
def pictures() -> dict[str, RGBImage]:
    return pixels_of(*LARGE, SMALL)


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog], pictures: dict[str, RGBImage], tmp_path: Path) -> FeatureCache:
    return cache_of(make_catalog(), pictures, tmp_path)


def album(pictures: dict[str, RGBImage], names: list[str], *, mirrored: bool = False) -> Query:
    """Some large pictures, and below at the right a small one."""
    page = np.full((SIZE[1], SIZE[0], 3), 235, np.uint8)
    for name in names:
        x, y = LARGE.get(name, AT)
        width = 600 if name in LARGE else round(LEAST * SIZE[0])
        height = min(460, round(width * pictures[name].shape[0] / pictures[name].shape[1]))
        page[y : y + height, x : x + width] = cv2.resize(pictures[name], (width, height), interpolation=cv2.INTER_AREA)
    return prepare_query(encode_jpeg(np.ascontiguousarray(page[:, ::-1]) if mirrored else page, quality=90))


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_that_is_too_small_for_the_whole_is_found_in_its_quarter(
    cache: FeatureCache, pictures: dict[str, RGBImage], mirrored: bool
) -> None:
    query = album(pictures, [*LARGE, SMALL], mirrored=mirrored)
    table, small = score(query, cache), id_of(cache, SMALL)
    held = held_pictures(query, table, cache)
    assert len(held) == 3
    assert small not in {one for part in held for one in part.ids}  # or nothing is shown here

    *large, found = with_quarters(query, table, cache, held)

    assert tuple(large) == held
    assert found.ids == (small,)
    assert found.details >= 10
    x = AT[0] / SIZE[0]
    left, top = found.outline.min(axis=0)
    assert left == pytest.approx(1 - x - LEAST if mirrored else x, abs=0.01)
    assert top == pytest.approx(AT[1] / SIZE[1], abs=0.01)
    sift = next(one for one in table.metrics if one.name == "sift")
    assert isinstance(sift, KeypointMetric)
    assert same_place(found, found, cache, sift)
    assert not any(same_place(found, part, cache, sift) for part in large)

    others = np.setdiff1d(table.ids, [small])
    assert with_quarters(query, table, cache, held, others) == held


def test_one_picture_alone_is_no_collage(cache: FeatureCache, pictures: dict[str, RGBImage]) -> None:
    query = album(pictures, ["rocket", SMALL])
    table = score(query, cache)
    assert with_quarters(query, table, cache, held_pictures(query, table, cache)) == ()


def test_what_was_not_compared_is_compared_as_all_others(cache: FeatureCache, pictures: dict[str, RGBImage]) -> None:
    query = album(pictures, [*LARGE, SMALL])
    whole = score(query, cache)
    some = score(query, cache, among=whole.ids[[0, 2]])

    joined = scored_too(query, cache, some, [int(whole.ids[1]), int(whole.ids[3]), int(whole.ids[0])])

    assert isinstance(joined, ScoreTable)
    np.testing.assert_array_equal(joined.ids, whole.ids)
    np.testing.assert_array_equal(joined.raw, whole.raw)
    assert joined.catalog_size == some.catalog_size
    assert scored_too(query, cache, some, some.ids.tolist()) is some
