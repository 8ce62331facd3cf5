"""The stress lab: changes of this catalog's pictures, and by what their originals are still found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.query_state import query_state
from pictrace.app.tune.learn import learn_from
from pictrace.app.tune.measure import watch
from pictrace.app.tune.state import TuneState
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.evaluation.stress import Case, cases_of, chosen_pictures
from pictrace.images.graded import GRADED
from pictrace.output.charts.stress import heat_figure, shown_title, strength_figure
from pictrace.output.stress import stress_csv
from pictrace.service.stressing import Stressing
from pictrace.service.workspaces import Workspace

__all__ = ["stress_part"]

PLAIN = {"displayModeBar": False}
SEARCH_PAGE = "pages/search.py"
MOST_PICTURES = 50
MOST_SHOWN = 12


def stress_part(workspace: Workspace, state: TuneState, wanted: Wanted) -> None:
    """Choose changes; see what is still found."""
    st.caption(
        _("Pictures of this catalog are changed more and more, and looked for. What is it that still finds them?")
    )
    changes = st.multiselect(
        _("Changes"), list(GRADED), default=list(GRADED), format_func=translated, key="stress_changes"
    )
    left, right = st.columns(2, gap="medium")
    with left:
        low, high = st.slider(_("Strengths from and to"), 0.0, 1.0, (0.2, 0.8), 0.1, key="stress_strengths")
    with right:
        most = max(1, min(MOST_PICTURES, workspace.catalog.count()))
        count = st.slider(_("Pictures"), 1, max(2, most), min(4, max(2, most)), key="stress_pictures")
    strengths = list(dict.fromkeys(round(one, 2) for one in (low, (low + high) / 2, high)))
    cases = cases_of(chosen_pictures(workspace.catalog, count), changes, strengths)
    running = state.stressing is not None and state.stressing.running
    pressed = st.button(
        n_("Look for {count:,} changed picture", "Look for {count:,} changed pictures", len(cases)),
        type="primary",
        icon=":material/science:",
        disabled=running or not cases,
    )
    if pressed:
        state.learning = None
        state.stressing = Stressing(workspace, cases, wanted.criteria, orientations=wanted.orientations)
    job = state.stressing
    if job is None:
        return
    watch(job, _("Looking for {done:,} of {total:,} changed pictures"), "stressing")
    if job.running:
        return
    if job.problem:
        st.error(for_markdown(translated(job.problem)), icon=":material/error:")
    if job.failures:
        st.warning(
            n_(
                "{count:,} picture could not be changed.", "{count:,} pictures could not be changed.", len(job.failures)
            ),
            icon=":material/warning:",
        )
    if job.cube is None:
        return
    try:
        ranks = job.ranks(wanted.criteria)
    except CriteriaError as error:
        st.caption(for_markdown(translated(str(error))))
        return
    picked = st.plotly_chart(
        heat_figure(ranks, translated),
        key="stress_heat",
        config=PLAIN,
        on_select="rerun",
        selection_mode="points",
        alt=_("A row for each change, a column for each way of ranking: the share of originals that come first"),
    )
    _open_cell(picked, list(ranks))
    left, right = st.columns(2, gap="medium")
    with left:
        change = st.selectbox(
            _("Change"),
            list(dict.fromkeys(one.change for one in job.cases)),
            format_func=translated,
            key="stress_change",
        )
    with right:
        way = st.selectbox(_("Ranked by"), list(ranks), format_func=translated, key="stress_way")
    st.plotly_chart(
        strength_figure(ranks, change, translated),
        key="stress_strength",
        config=PLAIN,
        alt=_(
            "{change}: the share of originals that come first, by strength, a line for each way",
            change=translated(change),
        ),
    )
    _cases(workspace, job, {case: rank for case, rank in ranks[way].items() if case.change == change})
    st.download_button(
        "CSV", stress_csv(ranks), "stress.csv", "text/csv", icon=":material/download:", on_click="ignore"
    )
    learn_from(state, job.cube)


def _open_cell(picked: object, ways: Sequence[str]) -> None:
    """A cell that was clicked chooses its change and its way, once."""
    points = getattr(getattr(picked, "selection", None), "points", None)
    if not points:
        return
    change, way = str(points[0].get("y", "")), str(points[0].get("x", ""))
    if st.session_state.get("stress_cell") != (change, way):
        st.session_state["stress_cell"] = (change, way)
        for one in GRADED:
            if translated(one) == change:
                st.session_state["stress_change"] = one
        st.session_state["stress_way"] = next((one for one in ways if shown_title(translated(one)) == way), ways[0])


def _cases(workspace: Workspace, job: Stressing, ranks: dict[Case, int]) -> None:
    """The cases of one change, the worst first; each can be searched with."""
    worst = sorted(ranks.items(), key=lambda one: (-one[1], one[0].strength))[:MOST_SHOWN]
    records = workspace.catalog.pictures({case.picture_id for case, _rank in worst})
    titles = {
        _(
            "{picture}, strength {strength:g}: rank {rank:,}",
            picture=records[case.picture_id].label if case.picture_id in records else _("a removed picture"),
            strength=case.strength,
            rank=rank,
        ): case
        for case, rank in worst
    }
    if not titles:
        return
    chosen = st.selectbox(_("Case, the worst first"), list(titles), key="stress_case")
    try:
        picture = job.picture(titles[chosen])
    except PicTraceError as error:
        st.info(for_markdown(translated(str(error))), icon=":material/hide_image:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(picture.data, alt=picture.name, width=260)
        if st.button(_("Search with this"), icon=":material/image_search:"):
            query_state().search.look_for(picture)
            st.switch_page(SEARCH_PAGE)
