"""Drawing a search while it computes: a place held, and how far the full check is, with a way to stop it."""

from __future__ import annotations

from contextlib import ExitStack

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _
from pictrace.errors import StoppedError
from pictrace.searching.table import ScoreTable
from pictrace.service.full_check import FullCheck
from pictrace.service.search import Search
from pictrace.service.turns import searching_in_turn
from pictrace.service.workspaces import Workspace

__all__ = ["current_table", "watch_full_check"]

ANSWER_PX = 190


def current_table(workspace: Workspace, search: Search, wanted: Wanted, turn: ExitStack) -> ScoreTable | None:
    """The scores of the session's picture, computed where they are not at hand; see Search.table.

    Where they are not, the session's turn is waited for, and is had until ``turn`` is closed.
    """
    cache, criteria, filters, orientations = workspace.cache, wanted.criteria, wanted.filters, wanted.orientations
    if search.is_current(cache, criteria, filters, orientations=orientations):
        return search.table(cache, criteria, filters, orientations=orientations)
    with st.skeleton(ANSWER_PX):  # holds the place of the answer
        workspace.wait()
        if cache.searched_here:
            try:
                turn.enter_context(searching_in_turn(id(search)))
            except StoppedError:  # the visitor has left
                st.stop()
        return search.table(cache, criteria, filters, orientations=orientations)


@st.fragment(run_every=0.5)
def watch_full_check(search: Search, check: FullCheck) -> None:
    """How far it is, below the answer that is at hand; the fuller one takes its place when it has ended."""
    if not check.running:
        st.rerun()
    done, total = check.done, check.total
    told = _("Checking all pictures in full detail")
    if done:
        left_s = (total - done) / check.rate
        told = _(
            "{done:,} of {total:,} pictures checked, {rate:,.0f} a second, {left:.0f} s left",
            done=done,
            total=total,
            rate=check.rate,
            left=left_s,
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done / total if total else 0.0, text=told)
        st.button(_("Stop"), icon=":material/stop:", key="stop_check", on_click=search.settle_for_the_closest)
