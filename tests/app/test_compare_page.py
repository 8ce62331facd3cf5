"""The compare page through Streamlit's own test harness."""

import re

import pytest

from pictrace.app.compare import page as compare_view
from pictrace.app.shared.open_catalog import opened
from pictrace.app.shared.session import session_key
from pictrace.errors import PicTraceError
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import all_metrics, ready_metrics
from pictrace.searching.presets import criteria_of
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.pictures import Picture, picture_at
from pictrace.service.workspaces import SHARED
from tests.app.page import Page
from tests.http_server import serve

pytestmark = pytest.mark.slow  # each test drives a whole page

UPLOADS = {FIRST: f"compare_{FIRST}_upload", SECOND: f"compare_{SECOND}_upload"}


def compared(first: bytes, second: bytes) -> Page:
    app = Page.open("compare").upload(first, "a.png", key=UPLOADS[FIRST])
    return app.upload(second, "b.png", key=UPLOADS[SECOND])


def comparison(app: Page) -> Comparison:
    found: Comparison = app.session_state[session_key(Comparison)]
    return found


def test_two_uploads_are_compared(photographs: dict[str, bytes]) -> None:
    app = Page.open("compare")
    assert "Give two pictures" in app.texts
    changed = encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.7), quality=60)
    app.upload(changed, "changed.jpg", key=UPLOADS[FIRST])
    assert "Give two pictures" in app.texts
    app.upload(photographs["chelsea.png"], "cat.png", key=UPLOADS[SECOND])
    assert "Score 0." in app.texts
    assert "The same photograph, mirrored, cropped and otherwise changed." in app.texts
    assert re.search(r"cropped to 70 % · (certain|likely|weak)", app.texts)
    assert "% sure" not in app.texts
    fit = app.table_with("How they fit").set_index("How they fit")["Value"]
    assert fit["Mirrored"] == "yes"
    assert fit["First picture within the second"] in {"99 %", "all"}
    rows = app.score_rows()
    assert len(rows) == sum(not metric.on_demand for metric in all_metrics())
    assert sum(float(row[4] or 0) for row in rows) == pytest.approx(comparison_score(app), abs=0.03)


def comparison_score(app: Page) -> float:
    found = re.search(r"Score (\d\.\d\d)", app.texts)
    assert found
    return float(found.group(1))


def test_a_slider_computes_nothing_again(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    app = compared(photographs["coffee.png"], photographs["chelsea.png"])
    before = comparison(app).scores({}, orientations=True)
    monkeypatch.setattr("pictrace.service.comparison.prepare_query", lambda *_, **__: pytest.fail("read again"))
    monkeypatch.setattr("pictrace.service.comparison.compare_queries", lambda *_, **__: pytest.fail("compared again"))
    app.slide("w_orb", 0.0)
    assert comparison(app).scores({}, orientations=True) is before


def test_swapping(photographs: dict[str, bytes]) -> None:
    app = compared(photographs["coffee.png"], photographs["chelsea.png"])
    app.press("Swap")
    names = {side: one.picture.name for side, one in comparison(app).sides.items()}
    assert names == {FIRST: "b.png", SECOND: "a.png"}


def test_a_broken_picture_says_so_and_the_former_stays(photographs: dict[str, bytes]) -> None:
    app = compared(photographs["coffee.png"], photographs["chelsea.png"])
    app.upload(b"no picture", "broken.jpg", key=UPLOADS[FIRST])
    assert app.error
    assert comparison(app).sides[FIRST].picture.name == "a.png"


def test_the_address_names_pictures_of_the_catalog_and_of_the_network(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture_id = int(opened(SHARED).catalog.ids()[0])
    with serve() as server:
        server.add("/cup.png", photographs["coffee.png"], content_type="image/png")
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        app = Page.open("compare", a=f"catalog:{picture_id}", b=server.url("/cup.png"))
        assert "Score" in app.texts
        assert server.count("/cup.png") == 1
        app.slide("w_orb", 0.5)
        assert server.count("/cup.png") == 1
    assert comparison(app).sides[FIRST].picture.address == f"catalog:{picture_id}"


@pytest.mark.parametrize(
    "address", ["catalog:1", "catalog:x", "catalog:" + "9" * 30, "http://127.0.0.1/a.png", "/etc/passwd"]
)
def test_an_address_that_leads_nowhere_says_so(address: str) -> None:
    with pytest.raises(PicTraceError):
        picture_at(address, opened(SHARED).catalog)
    app = Page.open("compare", a=address)
    assert app.error
    assert "Give two pictures" in app.texts


def test_unrelated_pictures_have_nothing_laid_over(photographs: dict[str, bytes]) -> None:
    app = compared(photographs["coffee.png"], photographs["chelsea.png"])
    assert "No common content found." in app.texts
    assert "Overlay" not in app.texts


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
    found = pair, examined, scores, match, ready_metrics(), criteria, {"orb": "none of 300"}
    text = compare_view._report(*found, "en").decode("utf-8")
    assert "<h1>The same photograph, mirrored, cropped and otherwise changed.</h1>" in text
    assert "&lt;b&gt;changed&lt;/b&gt;.jpg" in text
    assert "What changed" in text
    assert "none of 300" in text
    german = compare_view._report(*found, "de").decode("utf-8")
    assert "<html lang='de'>" in german
    assert "<h1>Dasselbe Foto, gespiegelt, beschnitten und auch sonst verändert.</h1>" in german
    for one in (
        "Das erste Bild ist das zweite Bild, gespiegelt",
        "Was sich änderte",
        "Fremde Paare",
        "Wo sich die Struktur",
    ):
        assert one in german
    assert not [one for one in ("picture", "match", "Score", "Overlay") if one in re.sub("<[^>]*>", "", german)]


def test_a_links_problem_is_told_where_it_was_typed() -> None:
    app = Page.open("compare")
    app.text_input(key="compare_a_address").set_value("http://127.0.0.1/secret.png")
    (fetch,) = (one for one in app.button if one.label == "Fetch" and "compare_a" in str(one.key))
    fetch.click().run()
    assert "a loopback address" in app.checked().texts
    assert "Second picture" in app.texts  # the page goes on
