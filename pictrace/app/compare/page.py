"""The compare page, put together: pages/compare.py only calls ``show``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st

from pictrace.app.compare.picture_input import picture_input
from pictrace.app.components import Overlay, copy_link, registered
from pictrace.app.shared import evidence
from pictrace.app.shared.controls import criteria_controls
from pictrace.app.shared.language import _, language, translated, translated_to
from pictrace.app.shared.numbers_table import numbers_table
from pictrace.app.shared.open_catalog import catalog_state
from pictrace.app.shared.session import of_session
from pictrace.diagnosis import Diagnosis
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import encode_jpeg
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import LooksCloser
from pictrace.output.report import Report, Subject, html_report
from pictrace.searching.pair import PairScores
from pictrace.searching.rarity import rarity
from pictrace.searching.table import Criteria, Match
from pictrace.service.comparison import FIRST, SECOND, Comparison, Examined, Side
from pictrace.service.pictures import picture_at
from pictrace.service.workspaces import Workspace
from pictrace.told import listed, told
from pictrace.wording import byte_size, certainty, portion

__all__ = ["show"]

EVIDENCE_PX = 760  # wide enough for lines between keypoints, and seen in one look
TITLES = {FIRST: told("First picture"), SECOND: told("Second picture")}


def show() -> None:
    """The whole page."""
    pair = of_session(Comparison)
    wanted = criteria_controls(all_metrics())
    try:
        workspace = catalog_state().workspace()
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        return
    st.title(_("Compare two pictures"), anchor=False)
    for column, side in zip(st.columns(2, gap="medium"), (FIRST, SECOND), strict=True):
        with column:
            _side(workspace, pair, side)
    _write_address(pair)
    if len(pair.sides) < 2:
        st.info(_("Give two pictures to see what they share and what changed."), icon=":material/compare:")
        return
    _result(workspace, pair, wanted.criteria, orientations=wanted.orientations)


def _side(workspace: Workspace, pair: Comparison, side: str) -> None:
    title = translated(TITLES[side])
    st.header(title, anchor=False)
    problem = _take_address(workspace, pair, side)
    try:
        given = picture_input(workspace, title, key=f"compare_{side}", listen=side not in pair.sides)
        if given is not None:
            pair.put(side, given)
            problem = ""
    except PicTraceError as error:
        problem = str(error)
    if problem:
        st.error(for_markdown(translated(problem)), icon=":material/broken_image:")
    shown = pair.sides.get(side)
    if shown is not None:
        st.image(shown.preview, alt=shown.picture.name, width="stretch")
        st.caption(f"{for_markdown(shown.picture.name)} · {_file(shown, translated)}")


def _file(side: Side, words: Callable[[str], str]) -> str:
    info = side.query.info
    facts = f"{info.width} × {info.height} · {info.format} · {byte_size(len(side.picture.data))}"
    return " · ".join([facts, *map(words, info.notes)])


def _take_address(workspace: Workspace, pair: Comparison, side: str) -> str:
    """Read the picture that the page's address names, once; why not, where that fails."""
    address = st.query_params.get(side, "")
    if not address or pair.asked.get(side) == address:
        return ""
    pair.asked[side] = address
    try:
        with st.spinner(_("Fetching the picture")):
            pair.put(side, picture_at(address, workspace.catalog))
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
        st.button(_("Swap"), icon=":material/swap_horiz:", on_click=pair.swap)
        if all(one.picture.address for one in pair.sides.values()):
            copy_link(_("Copy link to this pair"), key="copy_pair", words=translated)


def _answer(found: Diagnosis) -> None:
    """The verdict, and what was done, each with how sure that is."""
    with st.container(border=True, key="answer"):
        st.header(for_markdown(translated(found.verdict)), anchor=False)
        if found.changes:
            done = [
                f"- {for_markdown(translated(one.text))} · {translated(certainty(one.confidence))}"
                for one in found.changes
            ]
            st.markdown("\n".join([_("The first picture is the second picture,"), "", *done]))
        st.caption(
            _(
                "{certain}. Measured from the pixels; weights do not matter.",
                certain=translated(certainty(found.confidence).capitalize()),
            )
        )


def _fit(examined: Examined) -> None:
    """Both pictures laid on each other, and how they fit in numbers."""
    place = examined.diagnosis.registration
    if place is None:
        return
    st.header(_("Overlay"), anchor=False)
    left, right = st.columns([3, 2], gap="medium")
    first, second, changed = (encode_jpeg(one.image) for one in examined.laid_over)
    height, width = examined.laid_over[0].image.shape[:2]
    with left:
        registered(Overlay(first, second, changed, width, height), key="registered", words=translated)
    turned = f"{place.degrees:+.1f}°" if abs(place.degrees) >= 0.05 else _("no")
    rows = {
        _("First picture within the second"): translated(portion(place.overlap_query)),
        _("Second picture within the first"): translated(portion(place.overlap_candidate)),
        _("Mirrored"): _("yes") if place.mirrored else _("no"),
        _("Rotated, counter-clockwise"): turned,
        _("Enlarged"): f"{1 / place.scale:.2f} ×" if place.scale else "",
        _("Areas that agree"): _("{number} of {total}", number=place.inliers, total=place.patches),
    }
    with right:
        st.dataframe({_("How they fit"): list(rows), _("Value"): list(rows.values())}, hide_index=True)
        st.caption(_("Of the first picture, compared with the second."))


def _result(workspace: Workspace, pair: Comparison, criteria: Criteria, *, orientations: bool) -> None:
    scores, examined = pair.scores(criteria.weights, orientations=orientations), pair.examined()
    if scores is None or examined is None:
        return
    metrics = scores.table.metrics
    _answer(examined.diagnosis)
    _tools(pair)
    _fit(examined)
    try:
        match = scores.match(criteria)
    except CriteriaError as error:
        st.warning(for_markdown(translated(str(error))), icon=":material/tune:")
        return
    if match is None:
        st.warning(_("None of the metrics in use can compare these two pictures."), icon=":material/tune:")
        return
    st.header(_("Score {score:.2f}", score=match.score), anchor=False)
    unusual = {metric.name: _unusual(workspace, metric, scores, orientations=orientations) for metric in metrics}
    numbers_table(match, metrics, criteria, {_("Unrelated pairs this close"): unusual})
    make = partial(_report, pair, examined, scores, match, metrics, criteria, unusual, language())
    st.download_button(
        _("Report"),
        make,
        "comparison.html",
        "text/html",
        icon=":material/description:",
        on_click="ignore",
        help=_("Everything here as one HTML file."),
    )
    _evidence(workspace, pair, scores, match, criteria, orientations=orientations)


@st.fragment
def _evidence(
    workspace: Workspace, pair: Comparison, scores: PairScores, match: Match, criteria: Criteria, *, orientations: bool
) -> None:
    """What each number rests on, one metric at a time; another one draws only this part of the page again."""
    metrics = scores.table.metrics
    named = {metric.name: metric for metric in metrics}
    name = st.segmented_control(
        _("Evidence"),
        list(named),
        default=max(named, key=lambda one: np.nan_to_num(match.metrics[one].contribution)),
        required=True,
        format_func=lambda one: translated(named[one].title),
        key="compare_evidence",
    )
    metric, compared = named[name], scores.pairs[name]
    with st.container(width=EVIDENCE_PX):
        evidence.draw(metric.explain_pair(compared, criteria.settings.get(name, {})), evidence.about_both)
        evidence.draw_rarity(workspace, metric, metrics, compared, orientations=orientations)
        if isinstance(metric, LooksCloser):
            key = f"{name}-{scores.first.sha256.hex()}-{scores.second.sha256.hex()}"
            evidence.draw_closer_look(metric, compared, pair.looks, key, evidence.about_both)


def _report(
    pair: Comparison,
    examined: Examined,
    scores: PairScores,
    match: Match,
    metrics: Sequence[Metric],
    criteria: Criteria,
    unusual: Mapping[str, str],
    code: str,
) -> bytes:
    """In this language: it is made when it is asked for, where no session is at hand."""
    words = partial(translated_to, code)
    first, second = (
        Subject(one.picture.name, _file(one, words), one.query.image) for one in (pair.sides[FIRST], pair.sides[SECOND])
    )
    found = examined.diagnosis
    done = listed(*(one.text for one in found.changes))
    return html_report(
        Report(
            first,
            second,
            match,
            metrics,
            criteria,
            [one.explain_pair(scores.pairs[one.name], criteria.settings.get(one.name, {})) for one in metrics],
            headline=found.verdict,
            found=[told("The first picture is the second picture, {changes}.", changes=done)] if done else [],
            registered=examined.laid_over,
            rarity=unusual,
            language=code,
            words=words,
        )
    )


def _unusual(workspace: Workspace, metric: Metric, scores: PairScores, *, orientations: bool) -> str:
    """The share of unrelated pairs of the open catalog that come as near, in a few words."""
    raw = float(scores.table.raw[0, scores.table.names.index(metric.name)])
    try:
        values = evidence.unrelated_of(workspace, scores.table.metrics, orientations=orientations)[metric.name]
    except PicTraceError:
        return told("unknown")
    return rarity(metric, raw, values).brief
