"""The compare page, put together: pages/compare.py only calls ``show``."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app import evidence_view
from pictrace.app.comparison import FIRST, SECOND, Comparison, comparison, picture_at
from pictrace.app.components import copy_link
from pictrace.app.controls import criteria_controls
from pictrace.app.panels import numbers_table
from pictrace.app.picture_input import picture_input
from pictrace.app.state import session, workspace_of
from pictrace.app.text import literal
from pictrace.app.workspaces import Workspace
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.pair_scores import PairScores
from pictrace.scores import Criteria
from pictrace.unrelated import rarity

__all__ = ["show"]

TITLES = {FIRST: "First picture", SECOND: "Second picture"}


def show() -> None:
    """The whole page."""
    state, pair, metrics = session(), comparison(), all_metrics()
    criteria, orientations = criteria_controls(metrics, state)
    try:
        workspace = workspace_of(state)
    except PicTraceError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    st.title("Compare two pictures", anchor=False)
    for column, side in zip(st.columns(2, gap="medium"), (FIRST, SECOND), strict=True):
        with column:
            _side(workspace, pair, side)
    _write_address(pair)
    scores = pair.scores(orientations=orientations)
    if scores is None:
        st.info(
            "Give two pictures to see what they share, and what was done to one of them.", icon=":material/compare:"
        )
        return
    _tools(pair)
    _result(workspace, scores, metrics, criteria, orientations=orientations)


def _side(workspace: Workspace, pair: Comparison, side: str) -> None:
    st.subheader(TITLES[side], anchor=False)
    problem = _take_address(workspace, pair, side)
    try:
        given = picture_input(workspace, key=f"compare_{side}", listen=side not in pair.sides)
        if given is not None:
            pair.put(side, given)
            problem = ""
    except PicTraceError as error:
        problem = str(error)
    if problem:
        st.error(literal(problem), icon=":material/broken_image:")
    shown = pair.sides.get(side)
    if shown is not None:
        info, picture = shown.query.info, shown.picture
        st.image(shown.preview, alt=picture.name, width="stretch")
        size = f"{info.width} × {info.height} · {info.format} · {len(picture.data) / 1024:,.0f} KB"
        st.caption(f"{literal(picture.name)} · {size}")


def _take_address(workspace: Workspace, pair: Comparison, side: str) -> str:
    """Read the picture that the page's address names, once; why not, where that fails."""
    address = st.query_params.get(side, "")
    if not address or pair.asked.get(side) == address:
        return ""
    pair.asked[side] = address
    try:
        with st.spinner("Fetching the picture"):
            pair.put(side, picture_at(address, workspace))
    except PicTraceError as error:
        return str(error)
    return ""


def _write_address(pair: Comparison) -> None:
    """Pictures that another visitor can have too stand in the page's address."""
    for side in (FIRST, SECOND):
        one = pair.sides.get(side)
        if one is not None and one.picture.address:
            st.query_params[side] = one.picture.address
        elif side in st.query_params:
            del st.query_params[side]


def _tools(pair: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Swap", icon=":material/swap_horiz:", on_click=pair.swap)
        if all(one.picture.address for one in pair.sides.values()):
            copy_link("Copy link to this pair", key="copy_pair")


def _result(
    workspace: Workspace, scores: PairScores, metrics: Sequence[Metric], criteria: Criteria, *, orientations: bool
) -> None:
    try:
        match = scores.match(criteria)
    except CriteriaError as error:
        st.warning(literal(str(error)), icon=":material/tune:")
        return
    if match is None:
        st.warning("No metric with a weight can compare these two pictures.", icon=":material/tune:")
        return
    st.subheader(f"Score {match.score:.2f}", anchor=False)
    unusual = {metric.name: _unusual(workspace, metric, scores, orientations=orientations) for metric in metrics}
    numbers_table(match, metrics, criteria, {"Among unrelated pairs here": unusual})
    named = {metric.name: metric for metric in metrics}
    name = st.segmented_control(
        "Evidence",
        list(named),
        default=next(iter(named)),
        required=True,
        format_func=lambda one: named[one].title,
        key="compare_evidence",
    )
    pair = scores.pairs[name]
    evidence_view.draw(named[name].explain_pair(pair, criteria.settings.get(name, {})))
    evidence_view.draw_rarity(workspace, named[name], pair, orientations=orientations)


def _unusual(workspace: Workspace, metric: Metric, scores: PairScores, *, orientations: bool) -> str:
    """The share of unrelated pairs of the open catalog that come as near, in a few words."""
    raw = float(scores.table.raw[0, scores.table.names.index(metric.name)])
    try:
        values = evidence_view.unrelated_of(workspace, orientations=orientations)[metric.name]
    except PicTraceError:
        return "cannot be told"
    return rarity(metric, raw, values).brief
