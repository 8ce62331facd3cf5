"""What a closer look finds in a picture beside what the search itself finds there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import brighten
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.find import find
from pictrace.searching.parts import WHOLE, beside
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.judge import Judge
from pictrace.sources.base import Item
from tests.pictures import cache_of, id_of, pixels_of

NAMES = ("astronaut", "coffee", "chelsea", "rocket")
AT_X, AT_Y, SHARE = 0.55, 0.1, 0.14


@pytest.fixture(scope="module")
def pictures() -> dict[str, RGBImage]:
    return pixels_of(*NAMES)


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog], pictures: dict[str, RGBImage], tmp_path: Path) -> FeatureCache:
    return cache_of(make_catalog(), pictures, tmp_path)


def laid_on(small: RGBImage, host: RGBImage, share: float) -> RGBImage:
    """A picture on another one, of this share of its width."""
    ground = cv2.resize(host, (1200, round(1200 * host.shape[0] / host.shape[1])))
    width = round(1200 * share)
    inset = cv2.resize(small, (width, round(width * small.shape[0] / small.shape[1])), interpolation=cv2.INTER_AREA)
    x, y = round(AT_X * 1200), round(AT_Y * ground.shape[0])
    ground[y : y + inset.shape[0], x : x + width] = inset
    return np.asarray(ground, np.uint8)


def searched(image: RGBImage, cache: FeatureCache) -> tuple[Query, ScoreTable]:
    query = prepare_query(encode_jpeg(np.ascontiguousarray(image), quality=90))
    return query, score(query, cache)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_small_picture_on_another_one_is_found_beside_it(
    cache: FeatureCache, pictures: dict[str, RGBImage], mirrored: bool
) -> None:
    image = laid_on(pictures["astronaut"], pictures["coffee"], SHARE)
    query, table = searched(image[:, ::-1] if mirrored else image, cache)
    small, host = id_of(cache, "astronaut"), id_of(cache, "coffee")
    assert small not in convincing_ids(table)  # or nothing is shown here
    judge = Judge(query)

    table, held = judge.held(query, table, cache)

    assert [part.ids for part in held] == [(host,), (small,)]
    assert (held[0].outline == WHOLE).all()
    assert held[1].details >= 10
    left, top = held[1].outline.min(axis=0)
    assert left == pytest.approx(1 - AT_X - SHARE if mirrored else AT_X, abs=0.02)
    assert top == pytest.approx(AT_Y, abs=0.02)
    criteria = Criteria(weights={"layout": 1}, top=2)
    assert small not in [one.match.id for one in find(cache.catalog, table, criteria)]
    found = find(cache.catalog, table, criteria, held)
    assert [(one.match.rank, one.match.id) for one in found] == [(1, host), (2, small)]
    said = judge.verdict(cache.catalog, table, found, criteria, held)
    assert said.good == {small, host}
    assert "holds 2 pictures" in said.headline


def test_what_lies_where_the_found_ones_do_is_not_looked_at(cache: FeatureCache, pictures: dict[str, RGBImage]) -> None:
    query, table = searched(pictures["coffee"][20:-20, 30:-30], cache)
    judge = Judge(query)

    assert id_of(cache, "coffee") in convincing_ids(table)
    assert beside(query, table, cache) == []
    assert judge.held(query, table, cache) == (table, ())


def test_without_one_that_is_found_nothing_lies_beside_it(cache: FeatureCache) -> None:
    query, table = searched(np.asarray(data.page())[..., np.newaxis].repeat(3, axis=2), cache)

    assert not convincing_ids(table)
    assert beside(query, table, cache) == []
    assert Judge(query).held(query, table, cache) == (table, ())


def test_copies_of_what_lies_on_a_picture_are_one_part(cache: FeatureCache, pictures: dict[str, RGBImage]) -> None:
    copy = encode_jpeg(brighten(pictures["astronaut"], contrast=0.8, shift=20), quality=80)
    Indexing(cache.catalog, [Item.of_bytes(copy, Source("file", "copy.png"))]).run()
    query, table = searched(laid_on(pictures["astronaut"], pictures["coffee"], SHARE), cache)
    both = {id_of(cache, "astronaut"), id_of(cache, "copy")}
    assert set(beside(query, table, cache)) == both
    judge = Judge(query)

    table, held = judge.held(query, table, cache)

    assert [set(part.ids) for part in held] == [{id_of(cache, "coffee")}, both]
    criteria = Criteria(weights={"layout": 1}, top=3)
    said = judge.verdict(cache.catalog, table, find(cache.catalog, table, criteria, held), criteria, held)
    assert "holds 2 pictures" in said.headline


def test_a_small_picture_is_found_beside_one_that_fills_a_part(
    cache: FeatureCache, pictures: dict[str, RGBImage]
) -> None:
    page = np.full((900, 1200, 3), 255, np.uint8)
    page[90:490, 60:660] = cv2.resize(pictures["coffee"], (600, 400), interpolation=cv2.INTER_AREA)
    page[600:770, 900:1070] = cv2.resize(pictures["astronaut"], (170, 170), interpolation=cv2.INTER_AREA)
    query, table = searched(page, cache)
    large, small = id_of(cache, "coffee"), id_of(cache, "astronaut")
    assert convincing_ids(table) == {large}

    _, held = Judge(query).held(query, table, cache)

    assert [part.ids for part in held] == [(large,), (small,)]
    assert held[0].outline[0] == pytest.approx((0.05, 0.1), abs=0.01)
    assert held[0].area == pytest.approx(600 * 400 / (900 * 1200), abs=0.01)
