"""Draws answers: the verdict, the list of matches, one match's details, any Explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from pictrace.app.comparison import FIRST, SECOND, comparison
from pictrace.app.components import data_address, match_list
from pictrace.app.picture_input import catalog_picture
from pictrace.app.state import UPLOAD_LIMITS, Session
from pictrace.app.text import literal
from pictrace.app.thumbnails import small_thumbnail
from pictrace.app.workspaces import Workspace
from pictrace.charts import profile_figure
from pictrace.errors import PicTraceError
from pictrace.images import RGBImage, encode_jpeg, fit, load
from pictrace.indexing import original_bytes
from pictrace.metrics.base import BitGrids, Evidence, Explanation, Lines, Metric, Picture, Profile
from pictrace.scores import Criteria, Match
from pictrace.search import Found
from pictrace.verdict import Verdict

__all__ = ["details", "draw", "list_of_matches", "numbers_table"]

CARD_PX = 216
COMPARE_PAGE = "pages/compare.py"
CONSISTENT_COLOUR, REJECTED_COLOUR = (0, 158, 115), (150, 150, 150)  # Okabe-Ito green, gray
OUTLINE_COLOUR = (240, 228, 66)  # Okabe-Ito yellow


def list_of_matches(
    workspace: Workspace,
    state: Session,
    found: Sequence[Found],
    metrics: Sequence[Metric],
    verdict: Verdict,
) -> None:
    """The ranked cards; a click opens or closes a match's details."""
    items = [_card(workspace, one, metrics, one.match.id in verdict.good) for one in found]
    selected = None if state.selected is None else str(state.selected)
    picked = match_list(items, selected=selected, key="matches")
    if picked is not None:
        state.selected = None if picked == selected else int(picked)
        st.rerun()


def _card(workspace: Workspace, one: Found, metrics: Sequence[Metric], good: bool) -> dict[str, Any]:
    match, picture = one.match, one.picture
    note = [f"{picture.width} × {picture.height}", picture.format]
    if good and match.variant.label:
        note.insert(0, match.variant.label)
    if match.coverage < 0.995:
        note.append(f"{match.coverage:.0%} of the weight comparable")
    return {
        "id": str(match.id),
        "rank": str(match.rank),
        "score": f"{match.score:.2f}",
        "title": picture.label,
        "alt": picture.label,
        "src": _address(workspace, match.id),
        "note": " · ".join(note),
        "badge": "good match" if good else "weak",
        "tone": "good" if good else "weak",
        "segments": [
            {"colour": metric.colour, "label": metric.title, "share": match.metrics[metric.name].contribution}
            for metric in metrics
            if match.metrics[metric.name].weight > 0
        ],
        "sources": [
            {"text": source.address, "href": source.address if source.kind == "link" else ""}
            for source in picture.sources[:3]
        ],
    }


def _address(workspace: Workspace, picture_id: int) -> str:
    return data_address(small_thumbnail(workspace.catalog.location, picture_id, CARD_PX, workspace))


def details(
    workspace: Workspace,
    state: Session,
    one: Found,
    metrics: Sequence[Metric],
    criteria: Criteria,
    *,
    good: bool,
    orientations: bool,
) -> None:
    """Both pictures side by side, every metric's number, and the evidence behind each."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{one.match.rank}. {literal(one.picture.label)}", anchor=False)
        if st.button("Compare closely", icon=":material/compare:", help="Both pictures on the page Compare."):
            _compare_closely(workspace, state, one.match.id)
        if st.button("Close", icon=":material/close:", key="close_details"):
            state.selected = None
            st.rerun()
    problem, other = "", None
    try:
        other = _original(workspace, state, one.match.id)
    except PicTraceError as error:
        problem = str(error)
    left, right = st.columns(2)
    left.image(state.query_thumbnail, caption="Your picture", alt="Your picture", width="stretch")
    shown = workspace.catalog.thumbnail(one.match.id) if other is None else encode_jpeg(other)
    if shown is not None:
        right.image(shown, caption=literal(one.picture.label), alt=one.picture.label, width="stretch")
    if good and one.match.variant.label:
        st.caption(f"Your picture matches this one {one.match.variant.label}.")
    numbers_table(one.match, metrics, criteria)
    if other is None or state.query is None:
        st.info(f"The evidence needs the original picture. {literal(problem)}", icon=":material/hide_image:")
        return
    compared = {metric.name: metric for metric in metrics if criteria.weights.get(metric.name, 0.0) > 0}
    name = st.segmented_control(
        "Evidence",
        list(compared),
        default=next(iter(compared)),
        required=True,
        format_func=lambda one: compared[one].title,
        key="evidence",
    )
    metric, place = compared[name], (one.match.id, name)
    if place not in state.pairs:
        state.pairs[place] = metric.compare_pair(state.query.image, other, orientations=orientations)
    draw(metric.explain_pair(state.pairs[place], criteria.settings.get(name, {})))


def _compare_closely(workspace: Workspace, state: Session, picture_id: int) -> None:
    try:
        if state.picture is not None:
            comparison().put(FIRST, state.picture)
        comparison().put(SECOND, catalog_picture(workspace, picture_id))
    except PicTraceError as error:
        st.error(literal(str(error)), icon=":material/broken_image:")
    else:
        st.switch_page(COMPARE_PAGE)


def _original(workspace: Workspace, state: Session, picture_id: int) -> RGBImage:
    """The picture that all metrics see, read once while its details are open."""
    if picture_id not in state.originals:
        image = load(original_bytes(workspace.catalog, picture_id, UPLOAD_LIMITS), UPLOAD_LIMITS)
        state.forget_pairs()
        state.originals[picture_id] = image
    return state.originals[picture_id]


def numbers_table(match: Match, metrics: Sequence[Metric], criteria: Criteria) -> None:
    """Every metric's value, similarity, weight and contribution, a row each."""
    rows = []
    for metric in metrics:
        part = match.metrics[metric.name]
        rows.append(
            {
                "Metric": metric.title,
                "Value": metric.scale_for(criteria.settings.get(metric.name, {})).describe(part.raw),
                "Similarity": part.similarity,
                "Weight": part.weight,
                "Adds": part.contribution,
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Similarity": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width="small"),
            "Weight": st.column_config.NumberColumn(format="%.1f", width=60),
            "Adds": st.column_config.NumberColumn(format="%.2f", width=60, help="The sum of this column is the score."),
        },
    )


# Evidence ----------------------------------------------------------------------------------------


def draw(explanation: Explanation) -> None:
    """Any metric's explanation."""
    st.markdown(explanation.summary)
    pictures = [part for part in explanation.evidence if isinstance(part, Picture)]
    if pictures:
        for column, part in zip(st.columns(len(pictures)), pictures, strict=True):
            column.image(_jpeg(part.image), caption=part.title, alt=part.title, width="stretch")
    others = [part for part in explanation.evidence if not isinstance(part, Picture)]
    for number, other in enumerate(others):
        _draw_part(other, f"{explanation.metric}-{number}")


def _draw_part(part: Evidence, key: str) -> None:
    if isinstance(part, Lines):
        agreeing = int(part.consistent.sum())
        st.image(_jpeg(_with_lines(part)), alt=f"{part.title}: {agreeing} lines agree", width="stretch")
        st.caption(
            f"Green: the {agreeing} that agree. Gray: {len(part.consistent) - agreeing} that do not."
            + (" Yellow: where your picture lies in this one." if part.outline is not None else "")
        )
    elif isinstance(part, Profile):
        st.plotly_chart(profile_figure(part), key=key, config={"displayModeBar": False}, alt=part.title)
    elif isinstance(part, BitGrids):
        st.caption(part.title)
        columns = st.columns(2)
        for column, name, grid in zip(columns, ("Query", "Match"), (part.query, part.match), strict=True):
            different = int((part.query != part.match).sum())
            column.image(
                _jpeg(_grid_picture(grid, part.query != part.match), quality=95),
                caption=f"{name}; the {different} differing bits are outlined",
                alt=f"{name}: a grid of 64 bits",
                width="stretch",
            )


def _jpeg(image: RGBImage, quality: int = 85) -> bytes:
    return encode_jpeg(fit(image, 1024), quality=quality)


def _with_lines(part: Lines) -> RGBImage:
    """Both pictures side by side on gray, lines from point to point."""
    gap = 12
    height = max(part.query.shape[0], part.match.shape[0])
    width = part.query.shape[1] + gap + part.match.shape[1]
    canvas = np.full((height, width, 3), 127, np.uint8)
    canvas[: part.query.shape[0], : part.query.shape[1]] = part.query
    start = part.query.shape[1] + gap
    match = part.match.copy()
    if part.outline is not None:
        cv2.polylines(match, [part.outline.round().astype(np.int32)], True, OUTLINE_COLOUR, 3, cv2.LINE_AA)
    canvas[: match.shape[0], start:] = match
    order = np.argsort(part.consistent, kind="stable")  # the agreeing ones lie on top
    for index in order:
        colour = CONSISTENT_COLOUR if part.consistent[index] else REJECTED_COLOUR
        ends = part.query_points[index], part.match_points[index] + np.array([start, 0], np.float32)
        (x0, y0), (x1, y1) = (tuple(round(float(value)) for value in end) for end in ends)
        thickness = 2 if part.consistent[index] else 1
        cv2.line(canvas, (x0, y0), (x1, y1), colour, thickness, cv2.LINE_AA)
        for x, y in ((x0, y0), (x1, y1)):
            cv2.circle(canvas, (x, y), 3, colour, -1, cv2.LINE_AA)
    return canvas


def _grid_picture(bits: np.ndarray[Any, np.dtype[np.bool_]], differs: np.ndarray[Any, np.dtype[np.bool_]]) -> RGBImage:
    cell = 32
    shades = np.where(bits, 235, 45).astype(np.uint8)
    picture = np.repeat(np.repeat(np.repeat(shades[..., np.newaxis], 3, axis=2), cell, axis=0), cell, axis=1)
    for row, column in np.argwhere(differs):
        corner = (int(column) * cell + 2, int(row) * cell + 2)
        opposite = (corner[0] + cell - 5, corner[1] + cell - 5)
        cv2.rectangle(picture, corner, opposite, (213, 94, 0), 3)
    return picture
