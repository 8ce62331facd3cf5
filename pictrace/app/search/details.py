"""The details of one match: both pictures, every metric's number, and the evidence behind each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.components import data_address
from pictrace.app.components.closely import Shown, closely
from pictrace.app.shared import evidence
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.numbers_table import numbers_table
from pictrace.app.shared.session import of_session
from pictrace.catalog.keeping import Keeping
from pictrace.diagnosis import IDENTICAL, SAME_PHOTOGRAPH, Diagnosis
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import LooksCloser
from pictrace.searching.chances import brief_expected
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria
from pictrace.searching.verdict import Verdict
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.details import Details
from pictrace.service.pictures import Picture, catalog_picture
from pictrace.service.workspaces import Workspace
from pictrace.told import about_a_search
from pictrace.wording import borne_out

__all__ = ["details"]

COMPARE_PAGE = "pages/compare.py"
EVIDENCE_PX = 640  # of a metric's, about


def details(
    workspace: Workspace,
    made: Details,
    one: Found,
    criteria: Criteria,
    verdict: Verdict,
) -> None:
    """Both pictures side by side, every metric's number, and the evidence behind each."""
    answer, metrics = made.answer, made.answer.table.metrics
    pair, said = st.empty(), st.empty()
    known_pair = made.knows(one.match.id)
    if not known_pair:  # or what is seen of it would be gone for a moment, at each slider
        _show(pair, answer.thumbnail, workspace.catalog.thumbnail(one.match.id), one, "closely-small")
        said.caption(_("Comparing the pixels …"))
    if st.button(_("Compare closely"), icon=":material/compare:", help=_("What changed, an overlay, and a report.")):
        _compare_closely(workspace, answer.picture, one.match.id)
    expected = {} if verdict.chances is None else verdict.chances.expected.get(one.match.id, {})
    pictures = answer.table.catalog_size
    told = {metric.name: brief_expected(expected.get(metric.name, math.nan), pictures) for metric in metrics}
    numbers_table(one.match, metrics, criteria, {_("As near by accident"): told} if expected else None)
    shown = workspace.labelled.shown(criteria)
    if shown is not None:
        right, of = shown.about(one.match.score)
        st.caption(_("Labelled matches of about this score that are right: {right:,} of {of:,}.", right=right, of=of))
    known = one.picture.metadata
    if known:
        rows = {_("Metadata"): list(known), _("Value"): [", ".join(values) for values in known.values()]}
        st.dataframe(rows, hide_index=True)
    below = st.empty()
    if not known_pair:
        below.skeleton(height=EVIDENCE_PX)
    # What is known is on the page by now; what takes a moment replaces its place.
    try:
        other = made.original(
            workspace.catalog, one.match.id, _first_shown(made, one, criteria, workspace.catalog.keeping)
        )
    except PicTraceError as error:
        turned = one.match.variant.label if one.match.id in verdict.good else ""
        said.caption(_("Your picture matches this one {change}.", change=translated(turned)) if turned else "")
        problem = for_markdown(translated(str(error)))
        needed = _("Showing the evidence needs the original picture. {problem}", problem=problem)
        below.info(needed, icon=":material/hide_image:")
        return
    _show(pair, answer.thumbnail, encode_jpeg(other.image), one, "closely")
    found = other.diagnosis
    said.write(_how_sure(verdict.level(one.match.id), found) + for_markdown(translated(about_a_search(found.text))))
    with below.container():
        for note in other.notes:
            st.caption(for_markdown(translated(note)))
        _evidence(workspace, made, one, criteria, other.image)


def _how_sure(level: str, found: Diagnosis) -> str:
    """The word that stands on the match's card, where the pixels bear it out; a match has no two."""
    same = found.relation in (IDENTICAL, SAME_PHOTOGRAPH)
    return f"**{translated(level.capitalize())}.** " if same and borne_out(level, found.confidence) else ""


def _show(place: DeltaGenerator, query: bytes, match: bytes | None, one: Found, key: str) -> None:
    """Both as JPEG."""
    theirs = data_address(match) if match else ""
    with place:
        closely(
            Shown(data_address(query), _("Your picture")), Shown(theirs, one.picture.label), key=key, words=translated
        )


def _compared(made: Details, criteria: Criteria, kept: Keeping) -> dict[str, Metric]:
    """The metrics that count, by name, without those whose features the catalog leaves out."""
    weighed = (one for one in made.answer.table.metrics if criteria.weights.get(one.name, 0.0) > 0)
    return {one.name: one for one in weighed if not kept.leaves_out(one.feature_key)}


def _telling_most(compared: Mapping[str, Metric], one: Found) -> str:
    return max(compared, key=lambda name: np.nan_to_num(one.match.metrics[name].contribution))


def _first_shown(made: Details, one: Found, criteria: Criteria, kept: Keeping) -> Metric:
    """Whose evidence is shown first: what was chosen before, or what tells most."""
    compared = _compared(made, criteria, kept)
    return compared.get(str(st.session_state.get("evidence"))) or compared[_telling_most(compared, one)]


@st.fragment
def _evidence(workspace: Workspace, made: Details, one: Found, criteria: Criteria, image: RGBImage) -> None:
    """What each number rests on, one metric at a time; another one draws only this part of the page again."""
    answer, metrics = made.answer, made.answer.table.metrics
    compared = _compared(made, criteria, workspace.catalog.keeping)
    name = st.segmented_control(
        _("Evidence"),
        list(compared),
        default=_telling_most(compared, one),
        required=True,
        format_func=lambda one: translated(compared[one].title),
        key="evidence",
    )
    metric = compared[name]
    pair = made.pair(metric, one.match.id, image)
    evidence.draw(metric.explain_pair(pair, criteria.settings.get(name, {})))
    evidence.draw_rarity(workspace, metric, metrics, pair, orientations=answer.basis.orientations)
    if isinstance(metric, LooksCloser):
        evidence.draw_closer_look(metric, pair, made.looks, f"{one.match.id}-{name}")


def _compare_closely(workspace: Workspace, picture: Picture, picture_id: int) -> None:
    pair = of_session(Comparison)
    try:
        pair.put(FIRST, picture)
        pair.put(SECOND, catalog_picture(workspace.catalog, picture_id))
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/broken_image:")
    else:
        st.switch_page(COMPARE_PAGE)
