"""A picture that holds several pictures of the catalog: which, and where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.searching.find import find
from pictrace.searching.parts import held_pictures
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.verdict import verdict
from pictrace.sources.base import Item
from tests.pictures import pixels_of

NAMES = ("astronaut", "coffee", "chelsea", "rocket")


@pytest.fixture(scope="module")
def pictures() -> dict[str, RGBImage]:
    return pixels_of(*NAMES)


@pytest.fixture
def catalog(make_catalog: Callable[..., SqliteCatalog], pictures: dict[str, RGBImage], tmp_path: Path) -> SqliteCatalog:
    for name, picture in pictures.items():
        (tmp_path / f"{name}.png").write_bytes(encode_png(picture))
    (tmp_path / "coffee again.jpg").write_bytes(encode_jpeg(pictures["coffee"], quality=60))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("*.[pj][np]g"))]).run()
    return catalog


def collage(pictures: dict[str, RGBImage]) -> RGBImage:
    tiles = [cv2.resize(pictures[name], (300, 240), interpolation=cv2.INTER_AREA) for name in NAMES]
    return np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


@pytest.mark.parametrize("mirrored", [False, True])
def test_each_picture_of_a_collage_is_placed(
    catalog: SqliteCatalog, pictures: dict[str, RGBImage], mirrored: bool
) -> None:
    image = collage(pictures)
    query = prepare_query(encode_jpeg(np.ascontiguousarray(image[:, ::-1]) if mirrored else image))
    cache = FeatureCache(catalog)
    table = score(query, cache)

    held = held_pictures(query, table, cache)

    labels = {one: record.label for one, record in catalog.pictures(table.ids.tolist()).items()}
    centres = {labels[part.ids[0]].split()[0].split(".")[0]: part.outline.mean(axis=0) for part in held}
    assert sorted(centres) == sorted(NAMES)
    assert sorted(len(part.ids) for part in held) == [1, 1, 1, 2]  # both files of the coffee show one part
    left, right = (0.75, 0.25) if mirrored else (0.25, 0.75)
    for name, centre in zip(NAMES, ((left, 0.25), (right, 0.25), (left, 0.75), (right, 0.75)), strict=True):
        np.testing.assert_allclose(centres[name], centre, atol=0.06)

    wanted = criteria_of("balanced")
    said = verdict(query, table, find(catalog, table, wanted), wanted, held=held)
    assert said.headline == "Found: your picture holds 4 pictures of this catalog"


def test_one_picture_is_no_collage(catalog: SqliteCatalog, pictures: dict[str, RGBImage]) -> None:
    for picture in (pictures["coffee"], pictures["astronaut"][50:400, 100:450]):
        query = prepare_query(encode_jpeg(np.ascontiguousarray(picture)))
        cache = FeatureCache(catalog)
        assert held_pictures(query, score(query, cache), cache) == ()


def test_portraits_cut_to_landscapes_are_told_apart(
    make_catalog: Callable[..., SqliteCatalog], pictures: dict[str, RGBImage], tmp_path: Path
) -> None:
    """Of each the collage shows the middle third; by whole outlines, either would lie on the other."""
    cut = {"astronaut": pictures["astronaut"][:, 130:400], "coffee": pictures["coffee"][:, 150:370]}
    for name, picture in cut.items():
        (tmp_path / f"{name}.png").write_bytes(encode_png(np.ascontiguousarray(picture)))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("*.png"))]).run()
    middles = [picture[len(picture) // 3 : 2 * len(picture) // 3] for picture in cut.values()]
    page = np.full((1000, 1280, 3), 235, np.uint8)
    page[100:900, :640] = np.vstack([cv2.resize(one, (640, 400)) for one in middles])
    query = prepare_query(encode_jpeg(page, quality=90))
    cache = FeatureCache(catalog)

    one, other = held_pictures(query, score(query, cache), cache)

    assert [len(one.ids), len(other.ids)] == [1, 1]


def test_two_photographs_of_one_scene_are_one_part(
    make_catalog: Callable[..., SqliteCatalog], pictures: dict[str, RGBImage], tmp_path: Path
) -> None:
    """Though what each shares with the query lies in another half of it."""
    scene = pictures["astronaut"]
    left, right = scene.copy(), scene.copy()
    left[:, 300:], right[:, :212] = 128, 128
    for name, picture in {"left": left, "right": right}.items():
        (tmp_path / f"{name}.png").write_bytes(encode_png(picture))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("*.png"))]).run()
    page = np.full((760, 760, 3), 235, np.uint8)
    page[124:636, 124:636] = scene
    page[124:636, 336:424] = 90  # what both show
    query = prepare_query(encode_jpeg(page, quality=90))
    cache = FeatureCache(catalog)

    assert held_pictures(query, score(query, cache), cache) == ()
