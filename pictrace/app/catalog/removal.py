"""Removing pictures: chosen ones are hidden at once, and leave the catalog when that is confirmed."""

from __future__ import annotations

import streamlit as st

from pictrace.app.catalog.state import BrowseState
from pictrace.app.shared.language import _
from pictrace.escape import for_markdown
from pictrace.service.workspaces import Workspace

__all__ = ["removal_bar", "remove_button"]

NAMED = 3


def remove_button(state: BrowseState, chosen: dict[int, str]) -> None:
    """chosen: titles by picture id."""
    st.button(
        _("Remove") if len(chosen) == 1 else _("Remove {number}", number=len(chosen)),
        icon=":material/delete:",
        on_click=_remove,
        args=(state, chosen),
        help=_("Nothing is removed before you confirm."),
    )


def _remove(state: BrowseState, chosen: dict[int, str]) -> None:
    state.removing |= chosen


def removal_bar(workspace: Workspace, state: BrowseState) -> None:
    """What is about to be removed, until that is confirmed or undone."""
    if not state.removing:
        return
    titles = list(state.removing.values())
    named = ", ".join(titles[:NAMED])
    if len(titles) > NAMED:
        named = _("{names} and {number:,} more", names=named, number=len(titles) - NAMED)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="removal"):
        told = _("To be removed: {names}. Original files stay where they are.", names=for_markdown(named))
        st.markdown(told, width="content")
        st.button(_("Undo"), icon=":material/undo:", on_click=state.removing.clear)
        if st.button(_("Remove now"), type="primary", icon=":material/delete_forever:"):
            with st.spinner(_("Removing")):
                workspace.catalog.remove(list(state.removing))
            state.removing.clear()
            st.rerun()
