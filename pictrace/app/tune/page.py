"""The tune page, put together: pages/tune.py only calls ``show``."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.controls import criteria_controls
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.open_catalog import catalog_state, offer_earlier_catalog
from pictrace.app.shared.servers import not_over_servers
from pictrace.app.tune.label import label_part
from pictrace.app.tune.learn import learn_part
from pictrace.app.tune.many import many_part
from pictrace.app.tune.measure import measure_part
from pictrace.app.tune.state import tune_state
from pictrace.app.tune.stress import stress_part
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.metrics import all_metrics

__all__ = ["PARTS", "show"]

PARTS = (MEASURE, LABEL, STRESS, MANY) = ("Measure", "Label", "Stress lab", "Many searches")


def show() -> None:
    """The whole page."""
    wanted = criteria_controls(all_metrics())
    try:
        offer_earlier_catalog(catalog_state())
        workspace = catalog_state().workspace()
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        return
    st.title(_("Tune the search to your pictures"), anchor=False)
    state = tune_state(workspace.catalog.identity)
    if not_over_servers(workspace):
        st.subheader(translated(MANY), anchor=False)
        many_part(workspace, state, wanted)
        return
    part = st.segmented_control(
        _("Part of the page"),
        PARTS,
        format_func=translated,
        default=MEASURE,
        required=True,
        key="tune_part",
        label_visibility="collapsed",
        persist_state="session",
    )
    if part == LABEL:
        label_part(workspace, state, wanted)
        return
    if part == STRESS:
        stress_part(workspace, state, wanted)
        return
    if part == MANY:
        many_part(workspace, state, wanted)
        return
    measure_part(workspace, state, wanted)
    learn_part(state)
