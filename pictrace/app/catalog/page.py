"""The catalog page, put together: pages/catalog.py only calls ``show``."""

from __future__ import annotations

import streamlit as st

from pictrace.app.catalog.add import add_pictures
from pictrace.app.catalog.downloads import downloads
from pictrace.app.catalog.job import watch
from pictrace.app.catalog.links import links
from pictrace.app.catalog.numbers import numbers
from pictrace.app.catalog.pictures import mapped_pictures, pictures
from pictrace.app.catalog.removal import removal_bar
from pictrace.app.shared.catalog_menu import catalog_menu, come_back, fleeting_note
from pictrace.app.shared.state import SHARED, Session, session, workspace_of
from pictrace.app.shared.workspaces import Workspace
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown

__all__ = ["show"]

PICTURES, MAP, ADD, LINKS, NUMBERS = "Pictures", "Map", "Add pictures", "Links", "Numbers"


def show() -> None:
    """The whole page."""
    state = session()
    try:
        come_back(state)
        workspace = workspace_of(state)
        _head(workspace, state)
        watch(state)
        removal_bar(workspace, state)
        part = st.segmented_control(
            "Part of the page",
            [PICTURES, MAP, ADD, LINKS, NUMBERS],
            default=PICTURES,
            required=True,
            key="catalog_part",
            label_visibility="collapsed",
        )
        if state.problem:
            st.error(for_markdown(state.problem), icon=":material/error:")
            state.problem = ""
        if part == MAP:
            mapped_pictures(workspace, state)
        elif part == ADD:
            add_pictures(workspace, state)
        elif part == LINKS:
            links(workspace, state)
        elif part == NUMBERS:
            numbers(workspace, state)
        else:
            pictures(workspace, state)
    except PicTraceError as error:
        st.error(for_markdown(str(error)), icon=":material/error:")
        if state.opened != SHARED and st.button("Back to the shared catalog", icon=":material/undo:"):
            state.open(SHARED)
            st.rerun()


def _head(workspace: Workspace, state: Session) -> None:
    count = workspace.catalog.count()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(for_markdown(workspace.title), anchor=False, width="content")
        st.badge(f"{count:,} {'picture' if count == 1 else 'pictures'}", icon=":material/photo_library:")
        catalog_menu(state)
        downloads(workspace)
    if workspace is state.private:
        st.caption("This catalog is yours alone. It is deleted a day after the last change: download it to keep it.")
    elif not workspace.writable:
        st.caption("What you add goes to a catalog of your own; this one stays as it is.")
    fleeting_note(workspace)
