"""Draws answers: the verdict, the list of matches, one match's details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pictrace.app.components import data_address, match_list
from pictrace.app.shared import evidence
from pictrace.app.shared.comparison import FIRST, SECOND, comparison
from pictrace.app.shared.picture_input import catalog_picture
from pictrace.app.shared.state import UPLOAD_LIMITS, Original, Session
from pictrace.app.shared.thumbnails import small_thumbnail
from pictrace.app.shared.workspaces import Workspace
from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import open_image
from pictrace.indexing.prepare import original_bytes
from pictrace.metrics.base import Metric
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, Match
from pictrace.searching.verdict import Verdict
from pictrace.sources.base import is_link

__all__ = ["details", "list_of_matches", "numbers_table"]

CARD_PX = 216
CARD_FACTS = 3
COMPARE_PAGE = "pages/compare.py"


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
        "facts": [f"{name}: {', '.join(values)}" for name, values in list(picture.metadata.items())[:CARD_FACTS]],
        "sources": [
            {"text": source.address, "href": source.address if is_link(source.address) else ""}
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
        st.subheader(f"{one.match.rank}. {for_markdown(one.picture.label)}", anchor=False)
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
    shown = workspace.catalog.thumbnail(one.match.id) if other is None else encode_jpeg(other.image)
    if shown is not None:
        right.image(shown, caption=for_markdown(one.picture.label), alt=one.picture.label, width="stretch")
    if other is not None:
        st.write(for_markdown(_told(other.diagnosis)))
    elif good and one.match.variant.label:
        st.caption(f"Your picture matches this one {one.match.variant.label}.")
    if st.button("Compare closely", icon=":material/compare:", help="What was done to the picture; a report."):
        _compare_closely(workspace, state, one.match.id)
    numbers_table(one.match, metrics, criteria)
    known = one.picture.metadata
    if known:
        rows = {"Metadata": list(known), "Value": [", ".join(values) for values in known.values()]}
        st.dataframe(rows, hide_index=True)
    if other is None or state.query is None:
        st.info(f"The evidence needs the original picture. {for_markdown(problem)}", icon=":material/hide_image:")
        return
    compared = {metric.name: metric for metric in metrics if criteria.weights.get(metric.name, 0.0) > 0}
    name = st.segmented_control(
        "Evidence",
        list(compared),
        default=max(compared, key=lambda name: np.nan_to_num(one.match.metrics[name].contribution)),
        required=True,
        format_func=lambda one: compared[one].title,
        key="evidence",
    )
    metric, place = compared[name], (one.match.id, name)
    if place not in state.pairs:
        state.pairs[place] = metric.compare_pair(state.query.image, other.image, orientations=orientations)
    pair = state.pairs[place]
    evidence.draw(metric.explain_pair(pair, criteria.settings.get(name, {})))
    evidence.draw_rarity(workspace, metric, metrics, pair, orientations=orientations)
    if metric.closer_look:
        evidence.draw_closer_look(metric, pair, state.looks, f"{one.match.id}-{name}")


def _told(found: Diagnosis) -> str:
    """The diagnosis, as one says it of one's own picture."""
    done = ", ".join(change.text for change in found.changes)
    return f"{found.verdict} Your picture is this one, {done}." if done else found.verdict


def _compare_closely(workspace: Workspace, state: Session, picture_id: int) -> None:
    try:
        if state.picture is not None:
            comparison().put(FIRST, state.picture)
        comparison().put(SECOND, catalog_picture(workspace, picture_id))
    except PicTraceError as error:
        st.error(for_markdown(str(error)), icon=":material/broken_image:")
    else:
        st.switch_page(COMPARE_PAGE)


def _original(workspace: Workspace, state: Session, picture_id: int) -> Original:
    """Read and diagnosed once while its details are open."""
    if picture_id not in state.originals and state.query is not None and state.picture is not None:
        data = original_bytes(workspace.catalog, picture_id, UPLOAD_LIMITS)
        opened = open_image(data, UPLOAD_LIMITS)
        image, query = opened.working(), state.query
        found = diagnose(query.image, image, query_info=query.info, candidate_info=opened.info)
        state.forget_pairs()
        state.originals[picture_id] = Original(image, found)
    return state.originals[picture_id]


def numbers_table(
    match: Match,
    metrics: Sequence[Metric],
    criteria: Criteria,
    further: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Every metric's value, similarity, weight and contribution, a row each.

    further: texts by metric name, for columns of these names.
    """
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
                **{name: texts[metric.name] for name, texts in (further or {}).items()},
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
