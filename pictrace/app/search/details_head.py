"""What stands above the details of a match: its name, the way back, to its neighbours and onwards from it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.shared.language import _
from pictrace.app.shared.query_state import QueryState
from pictrace.escape import for_markdown
from pictrace.searching.find import Found
from pictrace.service.workspaces import Workspace

__all__ = ["details_head"]


def details_head(workspace: Workspace, state: QueryState, one: Found, shown: Sequence[int]) -> None:
    """shown: the ids of the matches in the order of the list."""
    at = shown.index(one.match.id) if one.match.id in shown else 0
    before = shown[at - 1] if at > 0 else None
    after = shown[at + 1] if at + 1 < len(shown) else None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="details-head"):
        st.button(
            _("Back to matches"),
            icon=":material/arrow_back:",
            key="close_details",
            shortcut="Esc",
            on_click=state.open,
            args=(None,),
        )
        for name, label, target, key in (
            ("previous", _("Previous"), before, "k"),
            ("next", _("Next"), after, "j"),
        ):
            st.button(
                label,
                key=f"details_{name}",
                shortcut=key,
                disabled=target is None,
                on_click=state.open,
                args=(target,),
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{one.match.rank}. {for_markdown(one.picture.label)}", anchor=False)
        st.button(
            _("More like this"),
            icon=":material/image_search:",
            shortcut="m",
            help=_("Search with this picture of the catalog."),
            on_click=state.look_for_in,
            args=(workspace.catalog, one.match.id),
        )
