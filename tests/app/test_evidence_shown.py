"""The evidence of every metric on the search page, through Streamlit's own test harness."""

from pathlib import Path

import numpy as np
import pytest

from pictrace.app.components.keypoint_lines import lines_of
from pictrace.app.shared import evidence as evidence_view
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import Lines
from pictrace.searching.presets import criteria_of
from pictrace.sources.base import Item
from pictrace.told import about_a_pair
from tests.app.page import Page
from tests.watching import Watch

pytestmark = pytest.mark.slow  # each test drives a whole page

SEEN = {
    "ssim": ["Where the structure differs", "Biggest differences", r"\mathrm{SSIM}(x, y)", "mean 0."],
    "layout": ["Its parts: luminance"],
    "orb": ["Matching keypoints", "Where your picture lies in the match", "that agree"],
    "histogram": ["Biggest agreement", "Colours behind the correlation", "from all other colours"],
    "phash": ["Both codes", "bits differ: framed and crossed"],
}


def details_of(picture: bytes, number: int = 0) -> Page:
    """The search page with this query, and the details of its match of this number open."""
    app = Page.open()
    app.upload(picture)
    table = app.ranked
    app.asking.selected = table.rank(criteria_of("balanced", top=24))[number].id
    app.slide("top", 24)
    return app


@pytest.mark.parametrize("metric", [pytest.param(one, id=one.name) for one in all_metrics()])
def test_the_evidence_is_drawn(metric: Metric, photographs: dict[str, bytes]) -> None:
    app = details_of(encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.8)))
    app.choose("evidence", metric.name)
    shown = app.drawn
    for text in SEEN.get(metric.name, []):
        assert text in shown, text
    assert len(app.get("image")) + len(app.get("plotly_chart")) >= 2 + 2  # query and best match; evidence, rarity
    assert "unrelated pairs" in shown


def test_the_lines_follow_the_ratio_slider_and_the_rarity_does_not(photographs: dict[str, bytes]) -> None:
    app = details_of(encode_jpeg(crop(decode(photographs["chelsea.png"]), 0.8)))
    app.choose("evidence", "orb")

    def counts() -> str:
        return next(str(one.value) for one in app.markdown if "pass the ratio test" in str(one.value))

    def unusual() -> str:
        return next(str(one.value) for one in app.markdown if "at the default settings" in str(one.value))

    first, rare = counts(), unusual()
    assert "at 0.75" in first
    app.slide("orb-ratio", 0.9)
    assert "at 0.90" in counts()
    assert counts() != first.replace("0.75", "0.90")
    assert unusual() == rare


def test_unrelated_pairs_are_compared_once_for_a_catalog(photographs: dict[str, bytes], watch: Watch) -> None:
    watch.on(evidence_view, "unrelated_values")
    app = details_of(photographs["coffee.png"])
    for metric in all_metrics():
        app.choose("evidence", metric.name)
    assert watch.given == [{"orientations": True}]
    app.switch("orientations", False)
    assert watch.given == [{"orientations": True}, {"orientations": False}]
    assert not app.exception


def test_a_catalog_of_two_pictures_cannot_tell_what_is_unusual(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    names = ("rocket.jpg", "coffee.png")
    Indexing(catalog, [Item.of_bytes(photographs[name], Source("upload", name, name)) for name in names]).run()
    catalog.close()
    monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "c.sqlite"))
    app = details_of(photographs["coffee.png"])
    assert "too few comparable pictures" in app.drawn


def test_a_catalog_that_cannot_be_read_leaves_the_evidence(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise CatalogError("The disk has gone.")

    monkeypatch.setattr(evidence_view, "unrelated_values", broken)
    app = details_of(photographs["coffee.png"])
    assert "pass the ratio test" in app.drawn
    assert "The disk has gone" in app.drawn


def test_a_pair_that_cannot_be_compared_says_why() -> None:
    app = details_of(encode_jpeg(np.full((300, 400, 3), 200, np.uint8)))
    app.choose("evidence", "orb")
    assert "fewer than 16 keypoints" in app.drawn


def test_each_line_tells_its_points_and_their_distance(photographs: dict[str, bytes]) -> None:
    image = decode(photographs["chelsea.png"])
    (part,) = get_metric("orb").explain(crop(image, 0.6), image).evidence
    assert isinstance(part, Lines)
    lines = lines_of(part, 500, 20, about_a_pair)
    assert [one.agrees for one in lines] == sorted(part.consistent.tolist())
    last = int(np.flatnonzero(part.consistent)[-1])
    assert (lines[-1].to_x - 500, lines[-1].to_y - 20) == pytest.approx(part.match_points[last], abs=0.1)
    assert lines[-1].told.startswith("The first picture at ")
    assert f": {part.distance_bits[last]} of 256 bits differ. It agrees" in lines[-1].told
