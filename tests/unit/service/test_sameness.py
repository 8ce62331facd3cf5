"""What was photographed again is not called the same picture, however many details it shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pictrace.calibration.shipped import shipped
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.images.edits import caption, crop, mirror, turn
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.searching.convincing import ids_of_several_kinds
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.verdict import Verdict
from pictrace.service.judge import Judge
from pictrace.service.sameness import Sameness
from tests.pictures import another_frame, cache_of

COFFEE = np.asarray(data.coffee())


@pytest.fixture
def catalog(make_catalog: Callable[..., SqliteCatalog], tmp_path: Path) -> SqliteCatalog:
    pictures = {"coffee": COFFEE, "coffee-turned": turn(COFFEE, 15), "rocket": np.asarray(data.rocket())}
    catalog = make_catalog()
    cache_of(catalog, pictures, tmp_path)
    return catalog


def judged(image: RGBImage, catalog: Catalog) -> tuple[Verdict, dict[str, str]]:
    """(the verdict; how sure it is of each match by its label)."""
    query, wanted = prepare_query(encode_jpeg(np.ascontiguousarray(image), quality=85)), criteria_of("balanced")
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, wanted)
    said = Judge(query).verdict(catalog, table, found, wanted, sources=[shipped()])
    return said, {one.picture.label: said.level(one.match.id) for one in found}


@pytest.mark.parametrize("changed", [crop(mirror(COFFEE), 0.6), caption(COFFEE, "BREAKING"), 255 - (255 - COFFEE) // 2])
def test_a_changed_photograph_is_the_same_for_certain(catalog: SqliteCatalog, changed: RGBImage) -> None:
    said, levels = judged(changed, catalog)
    assert said.headline.startswith("Same picture: “coffee")
    assert levels["coffee.png"] == "certain"
    assert levels["rocket.png"] == "weak"


def test_another_shot_is_not_the_same_however_many_kinds_of_evidence_speak_for_it(catalog: SqliteCatalog) -> None:
    frame = another_frame(COFFEE)
    query = prepare_query(encode_jpeg(frame, quality=85))
    table = score(query, FeatureCache(catalog))
    assert ids_of_several_kinds(table)  # or nothing is shown here
    said, levels = judged(frame, catalog)
    assert said.headline.startswith("Probably the same picture: “coffee.png”")
    assert levels["coffee.png"] == "likely"


def test_what_was_changed_otherwise_is_the_same_as_its_original_is(catalog: SqliteCatalog) -> None:
    """Both versions show something beyond the other: their own corners."""
    _, levels = judged(turn(mirror(COFFEE), -25), catalog)
    assert levels["coffee.png"] == levels["coffee-turned.png"] == "certain"


def test_what_cannot_be_told_is_left_out(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    records = catalog.pictures(int(one) for one in catalog.ids())
    coffee = next(one for one in records.values() if one.label == "coffee.png")
    tiny = np.asarray(cv2.resize(another_frame(COFFEE), (120, 80), interpolation=cv2.INTER_AREA), np.uint8)
    for image in (tiny, np.full((400, 600, 3), 90, np.uint8)):
        query = prepare_query(encode_png(image))
        table = score(query, FeatureCache(catalog))
        assert Sameness(query).among(catalog, table, [coffee]) == {}

    query = prepare_query(encode_png(COFFEE))
    table = score(query, FeatureCache(catalog))
    assert Sameness(query).among(catalog, table, [coffee]) == {coffee.id: True}

    def silent(*_: object) -> None:
        raise CatalogError("It does not answer.")

    monkeypatch.setattr(SqliteCatalog, "fetch", silent)
    assert Sameness(query).among(catalog, table, [coffee]) == {}
