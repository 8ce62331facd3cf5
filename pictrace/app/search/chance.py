"""What chance gives in the catalog at hand: found out in the background, and watched."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _
from pictrace.service.calibrating import Calibrating
from pictrace.service.workspaces import Workspace

__all__ = ["watch_calibration"]


def watch_calibration(workspace: Workspace) -> None:
    """Begin it where it is missing, and tell how far it is; nothing where it is known."""
    workspace.calibrating.begin()
    if workspace.calibrating.running:
        _watch(workspace.calibrating)


@st.fragment(run_every=2.0)
def _watch(calibrating: Calibrating) -> None:
    """How far it has come; the answer is told anew when it has ended."""
    if not calibrating.running:
        st.rerun()
    if calibrating.total:
        told = _(
            "Finding out what chance gives in this catalog: {done:,} of {total:,} searches. Until then, fixed "
            "values decide what is a good match.",
            done=calibrating.done,
            total=calibrating.total,
        )
    else:  # it gets ready
        told = _("Finding out what chance gives in this catalog. Until then, fixed values decide what is a good match.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told)
        st.button(_("Stop"), icon=":material/stop:", key="stop_calibration", on_click=calibrating.stop)
