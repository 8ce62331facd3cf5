"""Every page through Streamlit's own test harness."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import streamlit as st

from pictrace.app.search import page as page_view
from pictrace.app.search import ranking as ranking_view
from pictrace.app.search.history import History
from pictrace.app.shared.open_catalog import opened
from pictrace.errors import CatalogError
from pictrace.escape import for_markdown
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import all_metrics, ready_metrics
from pictrace.searching.find import find
from pictrace.searching.table import Criteria
from pictrace.service import details
from pictrace.service import search as search_module
from pictrace.service.pictures import Picture
from pictrace.service.turns import SEARCHES
from pictrace.service.workspaces import SHARED
from tests.app.page import Page
from tests.http_server import serve
from tests.paths import ROOT
from tests.watching import Watch


def test_the_first_page_invites_and_has_a_slider_a_metric() -> None:
    app = Page.open()
    assert "Which picture are you looking for?" in app.texts
    labels = [slider.label for slider in app.slider]
    for metric in all_metrics():
        assert metric.title in labels
    assert "Ratio threshold (SIFT)" in labels
    shown = labels + [one.label for one in app.segmented_control]
    assert len(shown) == len(set(shown))  # nothing in the sidebar is called like something else


def test_an_upload_is_searched_and_answered(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(encode_jpeg(mirror(decode(photographs["chelsea.png"])), quality=60))
    assert "Same picture: “Chelsea the cat" in app.texts
    assert "searched 34 pictures in" in app.texts
    assert app.search.answer is not None
    assert "Certain" in app.texts or "Likely" in app.texts
    assert "Best match, laid on it" in app.drawn
    assert not app.expander[0].proto.expanded  # the preset is seen, the sliders are one click away


def test_a_search_is_answered_in_its_turn_and_a_slider_has_none(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    places, free = SEARCHES.free, list[int]()

    def found(*asked: Any) -> Any:
        free.append(SEARCHES.free)
        return find(*asked)

    monkeypatch.setattr(ranking_view, "find", found)
    app = Page.open().upload(photographs["chelsea.png"])
    app.slide("w_orb", 0.5)
    assert (free[0], free[-1], SEARCHES.free) == (places - 1, places, places)


def test_all_pictures_of_a_collage_are_shown_first_with_their_numbers(photographs: dict[str, bytes]) -> None:
    names = "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"
    tiles = [cv2.resize(decode(photographs[name]), (320, 240), interpolation=cv2.INTER_AREA) for name in names]
    app = Page.open().upload(encode_jpeg(np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])]), quality=90))
    app.slide("top", 2)
    assert "your picture holds 4 pictures" in app.texts
    (cards,) = app.cards
    assert sorted(re.findall(r"at (\d) in your picture", cards)) == ["1", "2", "3", "4"]


def test_a_broken_upload_says_what_to_do() -> None:
    app = Page.open().upload(b"this is no picture", "broken.jpg")
    assert "broken.jpg" in app.texts
    assert "Which picture are you looking for?" in app.texts


def test_sliders_recompute_nothing(photographs: dict[str, bytes], watch: Watch) -> None:
    """After a slider no decoding, no extraction and no comparing: every call of the core is counted."""
    watch.on(search_module, "prepare_query", "score_either")
    for metric in all_metrics():
        watch.on(type(metric), "extract", "compare_many")
    app = Page.open().upload(photographs["coffee.png"])
    assert {"prepare_query", "score_either", "extract"} <= set(watch.calls)
    before = _scores(app)
    watch.clear()
    app.slide("w_ssim", 3.0)
    app.slide("w_orb", 0.5)
    app.slide("orb-ratio", 0.9)
    app.slide("min_score", 0.2)
    app.slide("top", 8)
    assert watch.calls == []
    app.asking.selected = app.query.id
    app.segmented_control(key="orb-evidence").run()
    app.choose("evidence", "orb")
    watch.clear()
    app.slide("orb-ratio", 0.8)
    app.slide("w_ssim", 2.0)
    assert "agree on one rotation" in app.texts
    assert watch.calls == []
    assert _scores(app) != before


def _scores(app: Page) -> list[float]:
    return [match.score for match in app.ranked.rank(Criteria(weights=app.weights()))]


@pytest.mark.slow
def test_all_weights_zero_is_said_kindly(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    for metric in ready_metrics():
        app.slider(key=f"w_{metric.name}").set_value(0.0)
    app.again()
    assert "Raise at least one" in app.texts


def test_a_preset_moves_the_sliders_and_a_slider_makes_it_custom() -> None:
    app = Page.open()
    assert app.preset.value == "balanced"
    app.choose_preset("ssim-orb")
    assert app.slider(key="w_ssim").value == 1.0
    assert app.slider(key="w_histogram").value == 0.0
    assert app.preset.value == "ssim-orb"
    app.slide("w_histogram", 1.0)
    assert app.preset.value == "ssim-orb-histogram"
    app.slide("w_histogram", 1.3)
    assert app.preset.value == "custom"
    app.choose_preset("balanced")
    assert app.slider(key="w_histogram").value == pytest.approx(0.1)


@pytest.mark.slow
def test_details_of_a_match_and_back(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    app.select(app.query.id)
    assert "1. Cup of coffee" in app.texts
    for metric in ready_metrics():
        app.choose("evidence", metric.name)
        assert app.segmented_control(key="evidence").value == metric.name
    app.button(key="close_details").click().run()
    assert app.asking.selected is None
    assert "1. Cup of coffee" not in app.texts


@pytest.mark.slow
def test_a_match_without_its_original_still_has_its_numbers(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.errors import SourceError

    def gone(*_: object) -> bytes:
        raise SourceError("The original is not where it was.")

    monkeypatch.setattr(details, "original_picture", gone)
    app = Page.open().upload(photographs["coffee.png"])
    app.select(app.query.id)
    assert "The original is not where it was." in app.texts
    assert [row[0] for row in app.score_rows()][:2] == ["Structure (SSIM)", "Layout (SSIM, 32 px)"]


def test_a_part_is_searched_and_the_address_brings_it_again(photographs: dict[str, bytes]) -> None:
    app = Page.open(q="example:crop", region="percent:25,25,50,50")
    assert "A part of your picture was looked for." in app.texts
    assert "".join(app.query_params["region"]) == "percent:25,25,50,50"
    app.press("Search the whole picture")
    assert "A part of your picture was looked for." not in app.texts
    assert "region" not in app.query_params
    assert "no region" in Page.open(q="example:crop", region="middle").texts


def test_from_match_to_match_and_to_more_like_it(photographs: dict[str, bytes]) -> None:
    app = Page.open(q="example:tilted")
    first, second = (int(one.id) for one in app.ranked.rank(Criteria(weights=app.weights()))[:2])
    app.select(first)
    assert app.button(key="details_previous").disabled
    app.press("Next")
    assert app.asking.selected == second
    app.press("More like this")
    assert app.query.id == second
    assert app.asking.selected not in (first, second)
    history = app.kept(History)
    assert next(one.name for one, _ in history.queries.values()) == "Mirrored, tilted, darker"
    assert len(history.queries) == 2
    app.press("Forget all of them")
    assert len(app.kept(History).queries) == 1  # what is looked for now


def test_the_history_holds_so_many_bytes_of_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictrace.app.search.history.MOST_BYTES", 25)
    history, shown = History(), encode_jpeg(np.zeros((8, 8, 3), np.uint8))
    for number in range(4):
        history.add(Picture(b"%d of ten b" % number, f"{number}.png", "upload"), shown)
    assert [picture.name for picture, _ in history.queries.values()] == ["2.png", "3.png"]
    history.add(Picture(bytes(100), "large.png", "upload"), shown)
    assert [picture.name for picture, _ in history.queries.values()] == ["large.png"]


@pytest.mark.slow
def test_surprise_and_clear() -> None:
    app = Page.open()
    app.press("Surprise me")
    assert "This exact file is in the catalog." in app.texts
    app.press("New search")
    assert app.search.picture is None
    assert "Which picture are you looking for?" in app.texts


def test_the_address_brings_the_query_again(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page.open()
    app.press("Surprise me")
    address = "".join(app.query_params["q"])
    assert address == f"catalog:{app.query.id}"
    assert Page.open(q=address).query.id == app.query.id  # another visit
    app.press("New search")
    assert "q" not in app.query_params
    app = Page.open(q="example:crop", sort="Largest", view="Grid")
    best = int(app.ranked.rank(Criteria(weights=app.weights()))[0].id)
    app.select(best)
    assert "".join(app.query_params["match"]) == str(best)
    app.button(key="close_details").click().run()
    assert "match" not in app.query_params
    app = Page.open(q="example:crop", match=str(best))
    assert app.asking.selected == best
    assert app.search.picture is not None
    assert app.search.picture.name == "A small crop, recompressed"
    with serve() as server:
        server.add("/cup.png", photographs["coffee.png"], content_type="image/png")
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        app = Page.open(q=f"link:{server.url('/cup.png')}")
        app.slide("w_orb", 0.5)
        assert server.count("/cup.png") == 1
    assert "".join(app.query_params["q"]).startswith("link:http://127.0.0.1:")
    app.upload(photographs["chelsea.png"])  # which nobody else can have
    assert "q" not in app.query_params


@pytest.mark.parametrize(
    "address",
    [
        "catalog:1",
        "catalog:x",
        "example:../x",
        "link:http://127.0.0.1/a.png",
        "link:file:///etc/passwd",
        "/etc/passwd",
        "x",
    ],
)
def test_an_address_that_names_no_query_is_told_once(address: str) -> None:
    app = Page.open(q=address)
    assert app.error
    assert app.search.picture is None
    assert "q" not in app.query_params


@pytest.mark.slow
def test_a_link_that_must_not_be_fetched_is_refused() -> None:
    app = Page.open()
    app.text_input(key="link_address").set_value("http://127.0.0.1:8501/x.png")
    app.press("Fetch")
    assert "127.0.0.1" in app.texts


@pytest.mark.slow
def test_an_object_of_s3_is_not_read_with_the_servers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTRACE_S3", raising=False)
    app = Page.open()
    app.text_input(key="link_address").set_value("s3://bucket/x.png")
    app.press("Fetch")
    assert "PICTRACE_S3=1" in app.texts


@pytest.mark.slow
def test_orientations_off_is_a_new_comparison(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    before = app.ranked
    app.switch("orientations", False)
    assert app.ranked is not before


@pytest.mark.slow
def test_a_catalog_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*, complete: bool) -> None:
        raise CatalogError("The disk is full. Free some space.")

    monkeypatch.setattr("pictrace.service.workspaces.open_sample", broken)
    app = Page.open()
    assert "The disk is full. Free some space." in app.texts


@pytest.mark.slow
def test_another_picture_forgets_the_selection(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    query = app.query
    app.select(query.id)
    assert "1. Cup of coffee" in app.texts
    app.search.look_for(Picture(photographs["chelsea.png"], "cat.png", "upload"))
    app.run()
    assert app.asking.selected is None
    assert app.query is not query


@pytest.mark.slow
def test_a_broken_picture_leaves_the_former_results(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    table = app.ranked
    app.upload(b"this is no picture", "broken.jpg")
    assert "broken.jpg" in app.texts
    assert "This exact file is in the catalog" in app.texts
    assert app.ranked is table


@pytest.mark.slow
def test_a_strangers_title_is_not_read_as_markdown(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture's name must not make visitors' browsers fetch anything."""
    from pictrace.catalog.records import Source
    from pictrace.catalog.sqlite import SqliteCatalog
    from pictrace.indexing.index import Indexing
    from pictrace.sources.base import Item

    name = "![x](https://example.org/t.png) [y](https://example.org) :red[z] $a$ <b>"
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    Indexing(catalog, [Item.of_bytes(photographs["rocket.jpg"], Source("upload", name, name))]).run()
    catalog.close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "c.sqlite"))
    app = Page.open().upload(encode_jpeg(mirror(decode(photographs["rocket.jpg"]))))
    table = app.ranked
    app.select(int(table.ids[0]))
    app.upload(b"no picture", "![q](https://example.org/q).jpg")
    shown = [one.value for one in (*app.title, *app.header, *app.markdown, *app.caption, *app.error)]
    assert any("example" in one for one in shown)
    assert not any("](https" in one or ":red[" in one for one in shown)


@pytest.mark.slow
def test_a_large_catalog_says_how_many_were_scored_exactly(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.searching import scoring

    monkeypatch.setattr(scoring, "EXACT_LIMIT", 5)
    monkeypatch.setattr(scoring, "SHORTLIST", 2)
    app = Page.open().upload(photographs["coffee.png"])
    table = app.ranked
    assert not table.exhaustive
    assert f"the {len(table.ids)} closest in full detail" in app.texts
    app.press("Check all pictures in full detail")
    app.until(lambda now: "all in full detail" in now.texts)
    table = app.ranked
    assert table.exhaustive
    app.slide("w_orb", 1.0)
    assert "all in full detail" in app.texts


def test_the_answer_stays_in_sight_while_all_pictures_are_checked(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.searching import scoring
    from pictrace.searching.attempts import score_either
    from pictrace.service import full_check

    going = threading.Event()

    def slowly(*given: Any, progress: Callable[[int, int], None], **named: Any) -> Any:
        progress(1, 34)
        assert going.wait(60)
        return score_either(*given, progress=progress, **named)

    monkeypatch.setattr(full_check, "score_either", slowly)
    monkeypatch.setattr(scoring, "EXACT_LIMIT", 5)
    monkeypatch.setattr(scoring, "SHORTLIST", 2)
    app = Page.open().upload(photographs["coffee.png"])
    heading, table = app.heading, app.ranked
    app.press("Check all pictures in full detail")
    assert app.heading == heading
    assert app.ranked is table
    assert "Stop" in app.buttons
    assert "Check all pictures in full detail" not in app.buttons
    app.press("Stop")
    assert "closest in full detail" in app.texts
    assert "Stop" not in app.buttons
    app.press("Check all pictures in full detail")
    going.set()
    app.until(lambda now: "all in full detail" in now.texts)


@pytest.mark.slow
def test_another_catalog_can_be_named(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.catalog.records import Source
    from pictrace.catalog.sqlite import SqliteCatalog
    from pictrace.indexing.index import Indexing
    from pictrace.sources.base import Item

    path = tmp_path / "holiday.sqlite"
    catalog = SqliteCatalog(path)
    Indexing(catalog, [Item.of_bytes(photographs["rocket.jpg"], Source("upload", "rocket.jpg"))]).run()
    catalog.close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(path))
    shown: list[object] = []
    monkeypatch.setattr(page_view, "example_tiles", shown.append)
    app = Page.open()
    assert "holiday: 1 picture." in app.texts
    assert shown == []  # the sample's examples would find nothing here
    monkeypatch.delenv("PICTRACE_CATALOG")
    assert "Sample catalog" in Page.open().texts
    assert shown
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "none.sqlite"))
    st.cache_resource.clear()
    app = Page.open()
    assert not app.exception
    assert "There is no catalog" in app.texts


@pytest.mark.slow
def test_an_empty_catalog_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.catalog.sqlite import SqliteCatalog

    SqliteCatalog(tmp_path / "empty.sqlite").close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "empty.sqlite"))
    app = Page.open()
    assert "The catalog is empty." in app.texts
    app = app.upload(encode_jpeg(decode((ROOT / "docs" / "search.png").read_bytes())))
    assert "nothing to find" in app.texts


@pytest.mark.slow
def test_evidence_of_a_metric_that_is_dropped_makes_room_for_another(photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    query = app.query
    app.select(query.id)
    app.choose("evidence", "histogram")
    assert "Colours behind the correlation" in app.texts
    app.slide("w_histogram", 0.0)
    assert "Colours behind the correlation" not in app.texts


@pytest.mark.slow
def test_the_recipe_is_the_same_search_on_the_command_line(
    photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from pictrace.cli import main

    app = Page.open().upload(photographs["coffee.png"])
    app.slider(key="orb-ratio").set_value(0.8)
    app.slider(key="w_phash").set_value(0.0)
    app.slide("top", 3)
    (tmp_path / "q.png").write_bytes(photographs["coffee.png"])
    words = app.code[0].value.split()
    places = {"PICTURE": str(tmp_path / "q.png"), "FILE": opened(SHARED).catalog.location}
    assert words[:3] == ["python", "-m", "pictrace"]
    assert main([places.get(word, word) for word in words[3:]] + ["--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    table = app.ranked
    weights = app.weights()
    criteria = Criteria(weights=weights, settings={"orb": {"ratio": 0.8}}, top=3)
    assert [one["id"] for one in document["matches"]] == [match.id for match in table.rank(criteria)]
    scores = [one["score"] for one in document["matches"]]
    assert scores == pytest.approx([match.score for match in table.rank(criteria)], abs=1e-5)


def test_what_did_not_answer_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page.open(q="example:tilted")
    search = app.asking.search
    assert search.answer is not None
    table = replace(search.answer.table, unanswered=3, told="3 of 4 shards answered.")
    search.answer = replace(search.answer, table=table)
    monkeypatch.setattr("pictrace.service.answer.AGAIN_S", 1e9)
    app.run()
    assert [one.value for one in app.warning] == [for_markdown("3 of 4 shards answered.")]
    assert search.answer.table is table  # it is not asked at every click
    monkeypatch.setattr("pictrace.service.answer.AGAIN_S", 0.0)
    app.run()
    assert search.answer.table.unanswered == 0
    assert not app.warning
