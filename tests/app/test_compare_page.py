"""The compare page through Streamlit's own test harness."""

import re
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pictrace.app.compare import page as compare_view
from pictrace.app.shared import workspaces
from pictrace.app.shared.comparison import FIRST, KEY, SECOND, Comparison, picture_at
from pictrace.app.shared.state import Picture
from pictrace.errors import PicTraceError
from pictrace.images import decode, encode_jpeg
from pictrace.images.edits import crop, mirror
from pictrace.metrics import ready_metrics
from pictrace.searching.presets import criteria_of
from tests.http_server import serve
from tests.paths import ROOT


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def start(**address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    return app


def comparison(app: AppTest) -> Comparison:
    found: Comparison = app.session_state[KEY]
    return found


def texts(app: AppTest) -> str:
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.error, *app.info, *app.warning]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(str(one.value) for one in parts))


def give(app: AppTest, place: int, data: bytes, name: str) -> AppTest:
    app.file_uploader[place].upload(name, data).run()
    assert not app.exception
    return app


def test_two_uploads_are_compared(photographs: dict[str, bytes]) -> None:
    app = start()
    assert "Give two pictures" in texts(app)
    changed = encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.7), quality=60)
    give(app, 0, changed, "changed.jpg")
    assert "Give two pictures" in texts(app)
    give(app, 1, photographs["chelsea.png"], "cat.png")
    assert "Score 0." in texts(app)
    assert "The same photograph, mirrored, cropped and otherwise changed." in texts(app)
    assert re.search(r"cropped to 70 % · \d+% sure", texts(app))
    fit = app.dataframe[0].value.set_index("How they fit")[""]
    assert fit["Mirrored"] == "yes"
    assert fit["Of the first, lies in the second"] in {"99%", "100%"}
    assert len(app.dataframe[1].value) == 5
    assert app.dataframe[1].value["Adds"].sum() == pytest.approx(comparison_score(app), abs=0.01)


def comparison_score(app: AppTest) -> float:
    found = re.search(r"Score (\d\.\d\d)", texts(app))
    assert found
    return float(found.group(1))


def test_a_slider_computes_nothing_again(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    app = give(give(start(), 0, photographs["coffee.png"], "a.png"), 1, photographs["chelsea.png"], "b.png")
    before = comparison(app).scores({}, orientations=True)
    monkeypatch.setattr("pictrace.app.shared.comparison.prepare_query", lambda *_, **__: pytest.fail("read again"))
    monkeypatch.setattr(
        "pictrace.app.shared.comparison.compare_queries", lambda *_, **__: pytest.fail("compared again")
    )
    app.slider(key="w_orb").set_value(0.0).run()
    assert not app.exception
    assert comparison(app).scores({}, orientations=True) is before


def test_swapping(photographs: dict[str, bytes]) -> None:
    app = give(give(start(), 0, photographs["coffee.png"], "a.png"), 1, photographs["chelsea.png"], "b.png")
    next(one for one in app.button if one.label == "Swap").click().run()
    assert not app.exception
    names = {side: one.picture.name for side, one in comparison(app).sides.items()}
    assert names == {FIRST: "b.png", SECOND: "a.png"}


def test_a_broken_picture_says_so_and_the_former_stays(photographs: dict[str, bytes]) -> None:
    app = give(give(start(), 0, photographs["coffee.png"], "a.png"), 1, photographs["chelsea.png"], "b.png")
    give(app, 0, b"no picture", "broken.jpg")
    assert app.error
    assert comparison(app).sides[FIRST].picture.name == "a.png"


def test_the_address_names_pictures_of_the_catalog_and_of_the_network(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture_id = int(workspaces.open_workspace().catalog.ids()[0])
    with serve() as server:
        server.add("/cup.png", photographs["coffee.png"], content_type="image/png")
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        app = start(a=f"catalog:{picture_id}", b=server.url("/cup.png"))
        assert "Score" in texts(app)
        assert server.count("/cup.png") == 1
        app.slider(key="w_orb").set_value(0.5).run()
        assert server.count("/cup.png") == 1
    assert comparison(app).sides[FIRST].picture.address == f"catalog:{picture_id}"


@pytest.mark.parametrize(
    "address", ["catalog:1", "catalog:x", "catalog:" + "9" * 30, "http://127.0.0.1/a.png", "/etc/passwd"]
)
def test_an_address_that_leads_nowhere_says_so(address: str) -> None:
    with pytest.raises(PicTraceError):
        picture_at(address, workspaces.open_workspace())
    app = start(a=address)
    assert app.error
    assert "Give two pictures" in texts(app)


def test_unrelated_pictures_have_nothing_laid_over(photographs: dict[str, bytes]) -> None:
    app = give(give(start(), 0, photographs["coffee.png"], "a.png"), 1, photographs["chelsea.png"], "b.png")
    assert "No common content found." in texts(app)
    assert "Laid on each other" not in texts(app)


def test_the_report_holds_what_the_page_says(photographs: dict[str, bytes]) -> None:
    changed = encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.7), quality=60)
    pair = Comparison()
    pair.put(FIRST, Picture(changed, "<b>changed</b>.jpg", "upload"))
    pair.put(SECOND, Picture(photographs["chelsea.png"], "cat.png", "upload"))
    scores, examined, criteria = pair.scores({}, orientations=True), pair.examined(), criteria_of("balanced")
    assert scores is not None
    assert examined is not None
    match = scores.match(criteria)
    assert match is not None
    page = compare_view._report(
        pair, examined, scores, match, ready_metrics(), criteria, {"orb": "none of 300 as near"}
    )
    text = page.decode("utf-8")
    assert "<h1>The same photograph, mirrored, cropped and otherwise changed.</h1>" in text
    assert "&lt;b&gt;changed&lt;/b&gt;.jpg" in text
    assert "What was changed" in text
    assert "none of 300 as near" in text
