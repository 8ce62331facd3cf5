"""The map of the catalog on the catalog page and beside the matches."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st

from pictrace.app.components import pointmap
from pictrace.app.shared import map as map_view
from pictrace.app.shared.open_catalog import opened
from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.explore.map.maps import catalog_map
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg, thumbnail
from pictrace.images.reading import decode, load
from pictrace.metrics import get_metric, ready_metrics
from pictrace.service.workspaces import SHARED
from tests.app.page import Page

pytestmark = pytest.mark.slow  # each test drives a whole page

Drawn = list[dict[str, Any]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """What the drawing was given, the last last. A button stands in for a click on a point: the harness runs no
    component's script."""
    calls: Drawn = []

    def watched(*, on_picked: Callable[[int], None], **options: Any) -> None:
        calls.append(options)
        pointmap.point_map(on_picked=on_picked, **options)
        st.button("Click point 5", key="stand_in", on_click=on_picked, args=(5,))

    monkeypatch.setattr(map_view, "point_map", watched)
    return calls


def catalog_page() -> Page:
    return Page.open("catalog").choose("catalog_part", "Map")


def search_page(picture: bytes) -> Page:
    return Page.open().upload(picture).choose("beside", "Map")


def small_catalog(path: Path, photographs: dict[str, bytes], *, features: bool = True) -> SqliteCatalog:
    catalog = SqliteCatalog(path)
    for number, (name, data) in enumerate(photographs.items()):
        image = load(data)
        kept = {one.spec: one.extract(image) for one in ready_metrics()} if features else {}
        source = Source("file", f"/{name}", f"<img src=x onerror=alert({number})>", {"kind": "ab"[number % 2]})
        digest = bytes([number + 1] * 32)
        catalog.add([NewPicture(digest, "JPEG", 9, 9, 9, thumbnail(image, 64), [source], None, kept)])
    return catalog


def test_the_catalog_is_a_map_that_is_told_in_words(drawn: Drawn) -> None:
    app = catalog_page()
    given = drawn[-1]
    positions, texts = given["positions"], given["texts"]
    assert positions.shape == (34, 2)
    assert (given["query"], given["selected"], given["marks"]) == (None, None, {})
    assert len(texts) == 34  # of a small catalog all, so that its pictures are drawn at once
    assert texts[0].src.startswith("data:image/jpeg")
    assert re.search(r"34 pictures\. The two directions keep \d\d % of all differences by Colours", app.texts)
    assert [one.label for one in app.selectbox if one.key and one.key.startswith("catalog_map")] == [
        "Place pictures by",
        "Colour",
        "Preserve",
    ]


def test_a_click_on_the_catalogs_page_opens_the_picture(drawn: Drawn) -> None:
    app = catalog_page()
    assert "Nearest on the map" not in app.texts
    app.button(key="stand_in").click().run()
    assert not app.exception
    catalog = opened(SHARED).catalog
    chosen = int(catalog.ids()[5])
    assert app.browsing.picked == chosen
    assert catalog.pictures([chosen])[chosen].label in app.texts
    assert "Nearest on the map to the chosen picture" in app.texts
    assert drawn[-1]["selected"] == 5


def test_the_matches_and_the_query_are_on_the_searchs_map(photographs: dict[str, bytes], drawn: Drawn) -> None:
    app = search_page(encode_jpeg(mirror(decode(photographs["coffee.png"])), quality=60))
    given = drawn[-1]
    marks, query, looks = given["marks"], given["query"], given["looks"]
    assert isinstance(query, pointmap.QueryMark)
    assert isinstance(looks, pointmap.Looks)
    catalog = opened(SHARED).catalog
    first = next(number for number, rank in marks.items() if rank == "1")
    assert sorted(marks.values()) == ["1", "2", "3", "4", "5"]
    assert catalog.pictures([int(catalog.ids()[first])])[int(catalog.ids()[first])].label.startswith("Cup of coffee")
    assert looks.ramp
    assert looks.codes.max() == looks.codes[first]
    positions = given["positions"]
    assert np.hypot(*(positions[first] - (query.x, query.y))) < 0.1  # a mirrored picture has the same colours
    assert "Nearest on the map to your picture" in app.texts


def test_a_click_beside_the_matches_searches_with_that_picture(photographs: dict[str, bytes], drawn: Drawn) -> None:
    app = search_page(photographs["coffee.png"])
    app.button(key="stand_in").click().run()
    assert not app.exception
    query = app.query
    assert query.id == opened(SHARED).catalog.ids()[5]
    place, positions = drawn[-1]["query"], drawn[-1]["positions"]
    assert isinstance(place, pointmap.QueryMark)
    np.testing.assert_allclose((place.x, place.y), positions[5])
    assert app.segmented_control(key="beside").value == "Map"


def test_points_are_coloured_by_metadata_and_titles_stay_texts(
    photographs: dict[str, bytes], drawn: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_catalog(tmp_path / "small.sqlite", photographs).close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "small.sqlite"))
    app = catalog_page()
    assert app.selectbox(key="catalog_map_colour").options == ["kind", "Nothing"]
    looks, texts = drawn[-1]["looks"], drawn[-1]["texts"]
    assert isinstance(looks, pointmap.Looks)
    assert [(one.name, one.count) for one in looks.groups] == [("a", 3), ("b", 3)]
    assert len({one.colour for one in looks.groups}) == 2
    assert np.bincount(looks.codes).tolist() == [3, 3]
    assert texts[0].title == "<img src=x onerror=alert(0)>"  # the script sets it as text
    app.choose("catalog_map_colour", "Nothing")
    looks = drawn[-1]["looks"]
    assert isinstance(looks, pointmap.Looks)
    assert not looks.groups


@pytest.mark.parametrize(
    ("count", "features", "expected"),
    [(2, True, "A map needs 3 pictures or more"), (4, False, "under Numbers")],
)
def test_what_there_is_no_map_of_is_said(
    photographs: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    features: bool,
    expected: str,
) -> None:
    some = dict(list(photographs.items())[:count])
    small_catalog(tmp_path / "small.sqlite", some, features=features).close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "small.sqlite"))
    assert expected in catalog_page().texts


def test_the_sample_of_a_large_catalog_is_told_and_has_the_matches(
    photographs: dict[str, bytes], drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_view, "catalog_map", partial(catalog_map, limit=8))
    app = search_page(photographs["coffee.png"])
    marks, positions = drawn[-1]["marks"], drawn[-1]["positions"]
    assert len(marks) == 5
    assert 8 < len(positions) <= 13
    assert f"{len(positions)} of 34 pictures, drawn at random, and the matches." in app.texts


def test_the_choices_are_kept_while_the_map_is_closed(photographs: dict[str, bytes], drawn: Drawn) -> None:
    app = search_page(photographs["coffee.png"])
    app.choose("search_map_metric", "layout")
    app.choose("search_map_method", "neighbours")
    assert "Similar pictures are side by side" in app.texts
    app.choose("beside", "Charts")
    count = len(drawn)
    app.choose("beside", "Map")
    assert len(drawn) == count + 1
    assert app.selectbox(key="search_map_metric").value == "layout"
    assert app.selectbox(key="search_map_method").value == "neighbours"


def test_a_query_that_cannot_be_compared_is_not_on_the_map(drawn: Drawn) -> None:
    app = search_page(encode_jpeg(np.full((80, 80, 3), 128, np.uint8)))
    app.choose("search_map_metric", "layout")
    assert drawn[-1]["query"] is None
    assert f"{get_metric('layout').title} cannot compare your picture" in app.texts


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, []),
        ("5", []),
        ({"version": "other", "points": [1]}, []),
        ({"version": "v", "points": "12"}, []),
        ({"version": "v", "points": [1, 9, 10, -1, True, 1.5, "2", None]}, [1, 9]),
        ({"version": "v", "points": [3] * 500}, [3] * 64),
    ],
)
def test_what_the_browser_sends_is_checked(sent: object, expected: list[int]) -> None:
    assert pointmap.points_sent(sent, "v", 10) == expected
