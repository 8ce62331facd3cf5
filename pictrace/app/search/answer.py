"""Drawing a search while it computes: a place held, a bar with a way to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.shared.controls import Wanted
from pictrace.searching.table import ScoreTable
from pictrace.service.search import Search
from pictrace.service.workspaces import Workspace

__all__ = ["current_table"]

ANSWER_PX = 190


def current_table(workspace: Workspace, search: Search, wanted: Wanted) -> ScoreTable | None:
    """The scores of the session's picture, computed where they are not at hand; see Search.table."""
    cache, criteria, filters, orientations = workspace.cache, wanted.criteria, wanted.filters, wanted.orientations
    if search.is_current(cache, criteria, filters, orientations=orientations):
        return search.table(cache, criteria, filters, orientations=orientations)
    with st.skeleton(ANSWER_PX):  # holds the place of the answer
        place = st.empty()
        progress = _bar(place, search) if search.exhaustive and search.asked is None else None
        table = search.table(cache, criteria, filters, orientations=orientations, progress=progress)
        place.empty()
    return table


def _bar(place: DeltaGenerator, search: Search) -> Callable[[int, int], None]:
    started = time.perf_counter()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text="Checking every picture in full detail")
        st.button("Stop", icon=":material/stop:", on_click=search.settle_for_the_closest)

    def show(done: int, total: int) -> None:
        rate = done / max(1e-3, time.perf_counter() - started)
        text = f"{done:,} of {total:,} pictures checked, {rate:,.0f} a second, {(total - done) / rate:.0f} s left"
        bar.progress(done / total, text=text)

    return show
