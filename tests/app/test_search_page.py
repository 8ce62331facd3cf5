"""Every page through Streamlit's own test harness."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pictrace.app.shared import state as state_module
from pictrace.app.shared import workspaces
from pictrace.app.shared.state import Picture, Session
from pictrace.errors import CatalogError
from pictrace.images import decode, encode_jpeg
from pictrace.images.edits import mirror
from pictrace.metrics import all_metrics, ready_metrics
from tests.paths import ROOT


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def start() -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    assert not app.exception
    return app


def session(app: AppTest) -> Session:
    found: Session = app.session_state["pictrace"]
    return found


def texts(app: AppTest) -> str:
    parts = [*app.subheader, *app.markdown, *app.caption, *app.error, *app.info]
    # Strangers' texts are escaped for Markdown; what is seen has no backslashes.
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(str(one.value) for one in parts))


def with_query(app: AppTest, data: bytes, name: str = "query.jpg") -> AppTest:
    app.file_uploader[0].upload(name, data).run()
    assert not app.exception
    return app


def test_the_first_page_invites_and_has_a_slider_a_metric() -> None:
    app = start()
    assert "Which picture are you looking for?" in texts(app)
    labels = [slider.label for slider in app.slider]
    for metric in all_metrics():
        assert metric.title in labels
    assert "Ratio threshold" in labels


def test_an_upload_is_searched_and_answered(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), encode_jpeg(mirror(decode(photographs["chelsea.png"])), quality=60))
    assert "Found: Chelsea the cat" in texts(app)
    assert "pictures compared in" in texts(app)
    assert session(app).table is not None


def test_a_broken_upload_says_what_to_do() -> None:
    app = with_query(start(), b"this is no picture", "broken.jpg")
    assert "broken.jpg" in texts(app)
    assert "Which picture are you looking for?" in texts(app)


def test_sliders_recompute_nothing(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a slider no decoding, no extraction and no comparing: every call of the core is counted."""
    calls: list[str] = []
    for name in ("prepare_query", "score"):
        original = getattr(state_module, name)

        def counted(*args: object, _name: str = name, _original: object = original, **options: object) -> object:
            calls.append(_name)
            return _original(*args, **options)  # type: ignore[operator]

        monkeypatch.setattr(state_module, name, counted)
    for metric in all_metrics():
        for name in ("extract", "compare"):
            original = getattr(type(metric), name)

            def watched(self: object, *args: object, _name: str = name, _original: object = original) -> object:
                calls.append(_name)
                return _original(self, *args)  # type: ignore[operator]

            monkeypatch.setattr(type(metric), name, watched)
    app = with_query(start(), photographs["coffee.png"])
    assert {"prepare_query", "score", "extract"} <= set(calls)
    before = [match.score for match in _ranked(app)]
    calls.clear()
    app.slider(key="w_ssim").set_value(3.0).run()
    app.slider(key="w_orb").set_value(0.5).run()
    app.slider(key="orb_ratio").set_value(0.9).run()
    app.slider(key="min_score").set_value(0.2).run()
    app.slider(key="top").set_value(8).run()
    assert not app.exception
    assert calls == []
    session(app).selected = session(app).query.id  # type: ignore[union-attr]
    app.segmented_control(key="orb_evidence").run()
    app.segmented_control(key="evidence").set_value("orb").run()
    calls.clear()
    app.slider(key="orb_ratio").set_value(0.8).run()
    app.slider(key="w_ssim").set_value(2.0).run()
    assert "agree on one turn" in texts(app)
    assert calls == []
    assert [match.score for match in _ranked(app)] != before


def _ranked(app: AppTest) -> list[object]:
    from pictrace.searching.table import Criteria

    weights = {metric.name: app.slider(key=f"w_{metric.name}").value for metric in all_metrics()}
    table = session(app).table
    assert table is not None
    return list(table.rank(Criteria(weights=weights)))


def test_all_weights_zero_is_said_kindly(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    for metric in ready_metrics():
        app.slider(key=f"w_{metric.name}").set_value(0.0)
    app.run()
    assert not app.exception
    assert "Raise at least one" in texts(app)


def test_a_preset_moves_the_sliders_and_a_slider_makes_it_custom() -> None:
    app = start()
    assert app.selectbox(key="preset").value == "balanced"
    app.selectbox(key="preset").set_value("ssim-orb").run()
    assert app.slider(key="w_ssim").value == 1.0
    assert app.slider(key="w_histogram").value == 0.0
    assert app.selectbox(key="preset").value == "ssim-orb"
    app.slider(key="w_histogram").set_value(1.0).run()
    assert app.selectbox(key="preset").value == "ssim-orb-histogram"
    app.slider(key="w_histogram").set_value(1.3).run()
    assert app.selectbox(key="preset").value == "custom"
    app.selectbox(key="preset").set_value("balanced").run()
    assert app.slider(key="w_histogram").value == pytest.approx(0.3)


def test_details_of_a_match_and_back(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    table = session(app).table
    assert table is not None
    session(app).selected = session(app).query.id  # type: ignore[union-attr]
    app.run()
    assert not app.exception
    assert "1. Cup of coffee" in texts(app)
    for metric in ready_metrics():
        app.segmented_control(key="evidence").set_value(metric.name).run()
        assert not app.exception
        state = session(app)
        assert state.table is not None
        assert state.selected is not None
        assert (state.selected, metric.name) in state.pairs
    app.button(key="close_details").click().run()
    assert session(app).selected is None
    assert "1. Cup of coffee" not in texts(app)


def test_a_match_without_its_original_still_has_its_numbers(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.app.shared import panels
    from pictrace.errors import SourceError

    def gone(*_: object) -> bytes:
        raise SourceError("The original is not where it was.")

    monkeypatch.setattr(panels, "original_bytes", gone)
    app = with_query(start(), photographs["coffee.png"])
    session(app).selected = session(app).query.id  # type: ignore[union-attr]
    app.run()
    assert "The original is not where it was." in texts(app)
    assert app.dataframe


def test_surprise_and_clear() -> None:
    app = start()
    next(button for button in app.button if button.label == "Surprise me").click().run()
    assert not app.exception
    assert "This very file is in the catalog." in texts(app)
    next(button for button in app.button if button.label == "Clear").click().run()
    assert session(app).picture is None
    assert "Which picture are you looking for?" in texts(app)


def test_a_link_that_must_not_be_fetched_is_refused() -> None:
    app = start()
    app.text_input(key="link_address").set_value("http://127.0.0.1:8501/x.png")
    next(button for button in app.button if button.label == "Fetch").click().run()
    assert not app.exception
    assert "127.0.0.1" in texts(app)


def test_an_object_of_s3_is_not_read_with_the_servers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTRACE_S3", raising=False)
    app = start()
    app.text_input(key="link_address").set_value("s3://bucket/x.png")
    next(button for button in app.button if button.label == "Fetch").click().run()
    assert not app.exception
    assert "PICTRACE_S3=1" in texts(app)


def test_orientations_off_is_a_new_comparison(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    before = session(app).table
    app.toggle(key="orientations").set_value(False).run()
    assert session(app).table is not before


def test_a_catalog_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise CatalogError("The disk is full. Free some space.")

    monkeypatch.setattr(workspaces, "open_sample", broken)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    assert not app.exception
    assert "The disk is full. Free some space." in texts(app)


def test_another_picture_forgets_the_selection(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    query = session(app).query
    assert query is not None
    session(app).selected = query.id
    app.run()
    assert "1. Cup of coffee" in texts(app)
    session(app).look_for(Picture(photographs["chelsea.png"], "cat.png", "upload"))
    app.run()
    assert session(app).selected is None
    assert session(app).query is not query


def test_a_broken_picture_leaves_the_former_results(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    table = session(app).table
    with_query(app, b"this is no picture", "broken.jpg")
    assert "broken.jpg" in texts(app)
    assert "This very file is in the catalog" in texts(app)
    assert session(app).table is table


def test_a_strangers_title_is_not_read_as_markdown(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture's name must not make visitors' browsers fetch anything."""
    from pictrace.catalog.records import Source
    from pictrace.catalog.sqlite import SqliteCatalog
    from pictrace.indexing.run import Indexing
    from pictrace.sources.base import Item

    name = "![x](https://example.org/t.png) [y](https://example.org) :red[z] $a$ <b>"
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    Indexing(catalog, [Item.of_bytes(photographs["rocket.jpg"], Source("upload", name, name))]).run()
    catalog.close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "c.sqlite"))
    app = with_query(start(), encode_jpeg(mirror(decode(photographs["rocket.jpg"]))))
    table = session(app).table
    assert table is not None
    session(app).selected = int(table.ids[0])
    app.run()
    with_query(app, b"no picture", "![q](https://example.org/q).jpg")
    shown = [one.value for one in (*app.subheader, *app.markdown, *app.caption, *app.error)]
    assert any("example" in one for one in shown)
    assert not any("](https" in one or ":red[" in one for one in shown)


def test_the_about_page() -> None:
    app = start()
    app.switch_page("pages/about.py").run()
    assert not app.exception
    for metric in all_metrics():
        assert f"**{metric.title}**" in texts(app)


def test_a_large_catalog_says_how_many_were_scored_exactly(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.searching import scoring

    monkeypatch.setattr(scoring, "EXACT_LIMIT", 5)
    monkeypatch.setattr(scoring, "SHORTLIST", 2)
    app = with_query(start(), photographs["coffee.png"])
    table = session(app).table
    assert table is not None
    assert not table.exhaustive
    assert f"the {len(table.ids)} nearest exactly" in texts(app)
    next(button for button in app.button if button.label == "Score everything exactly").click().run()
    assert not app.exception
    assert "all exactly" in texts(app)
    table = session(app).table
    assert table is not None
    assert table.exhaustive
    app.slider(key="w_orb").set_value(1.0).run()
    assert "all exactly" in texts(app)
    session(app).settle_for_the_nearest()  # what the button "Stop" does
    app.run()
    assert "nearest exactly" in texts(app)


def test_another_catalog_can_be_named(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pictrace.catalog.records import Source
    from pictrace.catalog.sqlite import SqliteCatalog
    from pictrace.indexing.run import Indexing
    from pictrace.sources.base import Item

    path = tmp_path / "holiday.sqlite"
    catalog = SqliteCatalog(path)
    Indexing(catalog, [Item.of_bytes(photographs["rocket.jpg"], Source("upload", "rocket.jpg"))]).run()
    catalog.close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(path))
    app = start()
    assert "holiday: 1 picture." in texts(app)
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "none.sqlite"))
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert not app.exception
    assert "There is no catalog" in texts(app)


def test_an_empty_catalog_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.catalog.sqlite import SqliteCatalog

    SqliteCatalog(tmp_path / "empty.sqlite").close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "empty.sqlite"))
    app = start()
    assert "The catalog is empty." in texts(app)
    app = with_query(app, encode_jpeg(decode((ROOT / "docs" / "search.png").read_bytes())))
    assert "nothing to find" in texts(app)


def test_evidence_of_a_metric_that_is_dropped_makes_room_for_another(photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    query = session(app).query
    assert query is not None
    session(app).selected = query.id
    app.run()
    app.segmented_control(key="evidence").set_value("histogram").run()
    assert "colour histograms correlate" in texts(app)
    app.slider(key="w_histogram").set_value(0.0).run()
    assert not app.exception
    assert "colour histograms correlate" not in texts(app)


def test_the_recipe_is_the_same_search_on_the_command_line(
    photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from pictrace.cli import main

    app = with_query(start(), photographs["coffee.png"])
    app.slider(key="orb_ratio").set_value(0.8)
    app.slider(key="w_phash").set_value(0.0)
    app.slider(key="top").set_value(3).run()
    (tmp_path / "q.png").write_bytes(photographs["coffee.png"])
    words = app.code[0].value.split()
    places = {"PICTURE": str(tmp_path / "q.png"), "FILE": workspaces.open_workspace().catalog.location}
    assert words[:3] == ["python", "-m", "pictrace"]
    assert main([places.get(word, word) for word in words[3:]] + ["--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    table = session(app).table
    assert table is not None
    from pictrace.searching.table import Criteria

    weights = {metric.name: app.slider(key=f"w_{metric.name}").value for metric in all_metrics()}
    criteria = Criteria(weights=weights, settings={"orb": {"ratio": 0.8}}, top=3)
    assert [one["id"] for one in document["matches"]] == [match.id for match in table.rank(criteria)]
    scores = [one["score"] for one in document["matches"]]
    assert scores == pytest.approx([match.score for match in table.rank(criteria)], abs=1e-5)
