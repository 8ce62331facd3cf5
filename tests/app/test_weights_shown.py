"""The map of weights, the disagreement and "what if" on the search page."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from pictrace.app.components import triangle as triangle_module
from pictrace.app.search import weights as weights_view
from pictrace.app.shared.open_catalog import opened
from pictrace.explore.weights.ranges import Held, Takeover, WeightRange
from pictrace.explore.weights.whatif import WhatIf
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import colour_of, ready_metrics
from pictrace.output.charts.frame import brief_titles
from pictrace.output.charts.weights import agreement_figure, ranges_figure, what_if_figure
from pictrace.sample import example_queries
from pictrace.searching.presets import criteria_of
from pictrace.searching.table import Criteria
from pictrace.service.workspaces import SHARED
from tests.app.page import Page
from tests.watching import Watch

pytestmark = pytest.mark.slow  # each test drives a whole page


WEIGHTS = {"ssim": 1.0, "layout": 0.7, "sift": 0.0, "orb": 2.0, "histogram": 0.3, "phash": 0.3}


def searched(photographs: dict[str, bytes], name: str = "coffee.png") -> Page:
    """With weights of its own, of which three are the largest, whatever the presets hold."""
    app = Page.open()
    app.upload(encode_jpeg(mirror(decode(photographs[name])), quality=60))
    for metric, weight in WEIGHTS.items():
        app.slider(key=f"w_{metric}").set_value(weight)
    app.run()
    return app


@pytest.fixture
def drawn(watch: Watch) -> list[dict[str, Any]]:
    """What the triangle was given, the last last."""
    watch.on(weights_view, "triangle")
    return watch.given


def test_nothing_is_computed_while_the_parts_are_closed(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("computed, and not shown")

    for name in ("weight_map", "weight_ranges", "agreement", "disputes", "what_if"):
        monkeypatch.setattr(weights_view, name, unwanted)
    app = searched(photographs)
    app.select(app.ranked.rank(criteria_of("balanced"))[0].id)


def test_the_map_says_what_it_mixes_and_what_stays(photographs: dict[str, bytes], drawn: list[dict[str, Any]]) -> None:
    app = searched(photographs).choose("beside", "Weights")
    assert app.multiselect(key="map_corners").value == ["ssim", "layout", "orb"]
    assert "their sum stays 3.7" in app.texts
    assert "Colours 0.3, Hash 0.3" in app.texts
    assert "Only the" not in app.texts
    given = drawn[-1]
    assert (given["point"], given["steps"]) == ((10, 7, 20), 37)
    rows, entries = given["rows"], given["entries"]
    assert [len(one) for one in rows] == list(range(len(rows), 0, -1))
    assert set("".join(rows)) == {str(index) for index in range(len(entries))}
    assert entries[0].name.startswith("Cup of coffee")


def test_the_corners_of_the_map_decide_its_rows(photographs: dict[str, bytes], drawn: list[dict[str, Any]]) -> None:
    """At each corner of the drawing stands the picture that this metric alone ranks first."""
    app = searched(photographs)
    for name in ("ssim", "histogram", "phash", "layout", "orb"):
        app.slider(key=f"w_{name}").set_value(1.0 if name in {"ssim", "histogram", "phash"} else 0.0)
    app.choose("beside", "Weights")
    app.choose("map_corners", ["ssim", "histogram", "phash"])
    table = app.ranked
    rows, entries = drawn[-1]["rows"], drawn[-1]["entries"]
    catalog = opened(SHARED).catalog
    # top, left, right: the last row; the first of the base; the last of the base
    for name, code in (("ssim", rows[-1][0]), ("histogram", rows[0][0]), ("phash", rows[0][-1])):
        first = table.rank(Criteria(weights={name: 1.0}))[0].id
        assert entries[int(code)].name in {catalog.pictures([first])[first].label, f"{len(entries)} others", "another"}


def test_the_sliders_move_the_point(photographs: dict[str, bytes], drawn: list[dict[str, Any]]) -> None:
    app = searched(photographs).choose("beside", "Weights")
    for name in ("ssim", "layout", "orb"):
        app.slider(key=f"w_{name}").set_value(1.0)
    app.run()
    assert drawn[-1]["point"] == (10, 10, 10)
    assert "scaled down" not in app.texts


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((9, 9, 19), {"ssim": 0.9, "layout": 0.9, "orb": 1.9, "histogram": 0.3, "phash": 0.3}),
        ((37, 0, 0), {"ssim": 3.0, "layout": 0.0, "orb": 0.0, "histogram": 0.2, "phash": 0.2}),
    ],
)
def test_the_point_moves_the_sliders_and_the_ranking(
    photographs: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    at: tuple[int, int, int],
    expected: dict[str, float],
) -> None:
    """The harness runs no component's script: a button stands in for the triangle and calls what it would."""

    def stand_in(*, on_moved: Callable[[tuple[int, int, int]], None], **_: object) -> None:
        st.button("Move", key="stand_in", on_click=on_moved, args=(at,))

    monkeypatch.setattr(weights_view, "triangle", stand_in)
    app = searched(photographs).choose("beside", "Weights")
    app.button(key="stand_in").click().run()
    assert not app.exception
    assert {name: app.slider(key=f"w_{name}").value for name in expected} == pytest.approx(expected)
    assert app.preset.value == "custom"
    assert app.segmented_control(key="beside").value == "Weights"


def test_too_few_corners_are_told(photographs: dict[str, bytes]) -> None:
    app = searched(photographs).choose("beside", "Weights")
    app.choose("map_corners", ["ssim", "orb"])
    assert "Choose three metrics" in app.texts


def test_a_corner_that_is_no_longer_measured_is_replaced(photographs: dict[str, bytes]) -> None:
    app = searched(photographs)
    app.session_state["map_corners"] = ["ssim", "orb", "retired"]
    app.choose("beside", "Weights")
    assert app.multiselect(key="map_corners").value == ["ssim", "layout", "orb"]


def test_three_metrics_without_weight_have_a_map(photographs: dict[str, bytes], drawn: list[dict[str, Any]]) -> None:
    app = searched(photographs).choose("beside", "Weights")
    for name in ("ssim", "layout", "orb"):
        app.slider(key=f"w_{name}").set_value(0.0)
    app.again()
    assert (drawn[-1]["point"], drawn[-1]["steps"]) == (None, 10)


def test_the_choices_are_kept_while_a_match_is_open(photographs: dict[str, bytes]) -> None:
    app = searched(photographs).choose("beside", "Weights")
    app.choose("map_corners", ["ssim", "orb", "phash"])
    app.select(app.ranked.rank(criteria_of("balanced"))[0].id)
    assert "map_corners" not in [one.key for one in app.multiselect]
    app.button(key="close_details").click().run()
    assert app.segmented_control(key="beside").value == "Weights"
    assert app.multiselect(key="map_corners").value == ["ssim", "orb", "phash"]


def test_the_disagreement_is_told_in_ranks(photographs: dict[str, bytes]) -> None:
    app = searched(photographs).choose("beside", "Disagreement")
    assert "Where do the metrics disagree most?" in app.texts
    shown = app.table_with("Now")
    assert list(shown.columns[:3]) == ["Image", "Picture", "Now"]
    assert list(shown.columns[3:]) == list(brief_titles(ready_metrics()).values())
    assert len(shown) == 8
    assert shown["Now"].between(1, 34).all()


def test_what_if_is_told_once_it_is_opened(photographs: dict[str, bytes]) -> None:
    app = searched(photographs)
    app.select(app.ranked.rank(criteria_of("balanced"))[0].id)
    assert "Its rank among" not in app.texts
    app.session_state["what_if"] = True
    app.again()
    assert "Its rank among 34 by each metric alone: Structure (SSIM): " in app.texts


def test_a_shortlist_is_told(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.searching import scoring

    monkeypatch.setattr(scoring, "EXACT_LIMIT", 5)
    monkeypatch.setattr(scoring, "SHORTLIST", 2)
    app = searched(photographs).choose("beside", "Weights")
    count = len(app.ranked.ids)
    assert f"Only the {count} pictures checked in full detail take part, of 34" in app.texts
    app.choose("beside", "Disagreement")
    assert f"Over the {count} pictures checked in full detail, of 34" in app.texts


@pytest.mark.parametrize(
    "sent", [None, "1,2,3", [1, 2], [1, 2, 3], [-1, 2, 9], [1.5, 2.5, 6.0], [True, 4, 5], [1, 2, 7, 0], ["1", 2, 7]]
)
def test_what_the_browser_sends_is_checked(sent: object) -> None:
    assert not triangle_module.are_steps(sent, 10)
    assert triangle_module.are_steps([1, 2, 7], 10)


def test_more_winners_than_colours_are_others(drawn: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_view, "COLOURS", ("#77AADD",))
    stranger = next(one for one in example_queries() if one.title == "Not in the catalog").data()
    app = searched({"stranger": stranger}, "stranger").choose("beside", "Weights")
    app.choose("map_corners", ["ssim", "histogram", "phash"])
    entries = drawn[-1]["entries"]
    assert [one.colour for one in entries] == ["#77AADD", weights_view.OTHERS]
    assert "other" in entries[1].name
    codes = "".join(drawn[-1]["rows"])
    assert set(codes) == {"0", "1"}


# Figures -----------------------------------------------------------------------------------------------


def test_figures_name_who_takes_over_and_read_no_tags() -> None:
    held = Held(0.25, 3.0, Takeover(0.25, 7, 8), None)
    ranges = [WeightRange("ssim", 1.0, held, Held(0.0, 3.0, None, None))]
    figure = ranges_figure(ranges, ready_metrics(), {7: "<b>seven", 8: "eight"}, top=5, most=3.0)
    said = [one.text for one in figure.layout.annotations]
    assert "below 0.25: &lt;b&gt;seven" in said
    assert any("&lt;b&gt;seven comes in, eight goes" in str(trace.hovertemplate) for trace in figure.data)
    assert ranges_figure([], ready_metrics(), {}, top=5, most=3.0).layout.title.text == "How far can each weight go?"


def test_an_unknown_correlation_is_said_and_not_drawn_as_zero() -> None:
    metrics = ready_metrics()[:2]
    figure = agreement_figure(np.array([[1.0, np.nan], [np.nan, 0.5]]), metrics)
    assert [one.text for one in figure.layout.annotations] == ["1.00", "none", "none", "0.50"]


def test_what_if_is_drawn_in_the_metrics_colours() -> None:
    metrics = ready_metrics()[:2]
    weights = np.linspace(0, 3, 4)
    ranks = {one.name: np.array([np.nan, 900, 20, 1]) for one in metrics}
    told = WhatIf(5, 1, {one.name: 1 for one in metrics}, {one.name: 0 for one in metrics}, weights, ranks, 1000)
    figure = what_if_figure(told, metrics, {metrics[0].name: 3.0}, most=3.0)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [trace.line.color for trace in lines] == [colour_of(one) for one in metrics]
    np.testing.assert_array_equal(lines[0].customdata, ranks[metrics[0].name])
    assert figure.layout.yaxis.type == "log"
