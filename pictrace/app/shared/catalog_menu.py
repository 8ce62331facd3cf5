"""Which catalog is open, and coming back to one's own."""

from __future__ import annotations

import streamlit as st

from pictrace.app.components import kept_token
from pictrace.app.shared.state import PRIVATE, SAMPLE, SHARED, Session
from pictrace.app.shared.workspaces import (
    Workspace,
    catalogs_in_folders,
    delete_private,
    open_private,
    open_workspace,
    private_token,
)
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.owner import owner

__all__ = ["catalog_menu", "come_back", "fleeting_note"]

FLEETING_SEEN = "fleeting_seen"


def catalog_menu(state: Session) -> None:
    """Every catalog that this session may open; the open one is marked."""
    choices = _choices(state)
    with st.popover("Open another", icon=":material/folder_open:"):
        for opened, title in choices.items():
            here = opened == state.opened
            st.button(
                for_markdown(title),
                key=f"open_{opened}",
                icon=":material/check:" if here else ":material/photo_library:",
                disabled=here,
                on_click=state.open,
                args=(opened,),
                width="stretch",
            )
        st.caption(
            "To work with a catalog file of your own, upload it under “Add pictures”: its pictures become a catalog "
            "of yours."
        )


def _choices(state: Session) -> dict[str, str]:
    settings = owner()
    choices = {}
    if settings.catalog is not None:
        try:
            choices[SHARED] = open_workspace().title
        except PicTraceError:
            choices[SHARED] = "The shared catalog"  # opening it says what is wrong
        choices[SAMPLE] = "Sample catalog"
    else:
        choices[SHARED] = "Sample catalog"
    if state.private is not None:
        choices[PRIVATE] = "My catalog"
    choices |= {str(path): path.stem for path in catalogs_in_folders() if str(path) != settings.catalog}
    return choices


def come_back(state: Session) -> None:
    """Offer a private catalog of an earlier visit, which only this browser knows of."""
    mine = "" if state.private is None else private_token(state.private)
    with st.container(key="unseen"):
        found = kept_token(mine, forget=state.forgotten, key="kept_token")
    state.forgotten = ""
    if state.private is not None or not found or found in state.declined:
        return
    if state.earlier is None or private_token(state.earlier) != found:  # opened once, not at every rerun
        state.earlier = open_private(found)
    earlier = state.earlier
    if earlier is None:
        state.forgotten = found
        return
    count = earlier.catalog.count()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="come_back"):
        pictures = "1 picture" if count == 1 else f"{count:,} pictures"
        st.markdown(f"Your own catalog of an earlier visit is still here: {pictures}.", width="content")
        if st.button("Open it", type="primary", icon=":material/photo_library:"):
            state.private, state.earlier = earlier, None
            state.open(PRIVATE)
            st.rerun()
        if st.button("Not now", icon=":material/schedule:", help="It stays until a day after its last change."):
            earlier.catalog.close()
            state.earlier = None
            state.declined.add(found)
            st.rerun()
        if st.button("Delete it", icon=":material/delete:"):
            earlier.catalog.close()
            state.earlier = None
            delete_private(found)
            state.forgotten = found
            state.declined.add(found)
            st.rerun()


def fleeting_note(workspace: Workspace) -> None:
    """Once: where this server's disk is lost at its next start, what one adds is lost with it."""
    if not owner().fleeting or not workspace.writable or FLEETING_SEEN in st.session_state:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            "This server forgets its disk whenever it starts again. Download the catalog to keep it.",
            icon=":material/save:",
        )
        if st.button("Understood"):
            st.session_state[FLEETING_SEEN] = True
            st.rerun()
