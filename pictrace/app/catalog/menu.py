"""Which catalog is open: the others that can be, and what becomes of one's own."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.app.shared.open_catalog import PRIVATE, CatalogState, opened
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.owner import owner
from pictrace.service.workspaces import SAMPLE, SHARED, Workspace, catalogs_in_folders

__all__ = ["catalog_menu", "warn_of_ephemeral_disk"]


def catalog_menu(state: CatalogState) -> None:
    """Every catalog that this session may open; the open one is marked."""
    choices = _choices(state)
    with st.popover(_("Open another"), icon=":material/folder_open:"):
        for choice, title in choices.items():
            here = choice == state.choice
            st.button(
                for_markdown(title),
                key=f"open_{choice}",
                icon=":material/check:" if here else ":material/photo_library:",
                disabled=here,
                on_click=state.open,
                args=(choice,),
                width="stretch",
            )
        st.caption(
            _(
                "To work with a catalog file of your own, upload it under “Add pictures”: its pictures become a "
                "catalog of yours."
            )
        )


def _choices(state: CatalogState) -> dict[str, str]:
    settings = owner()
    choices = {}
    if settings.catalog is not None:
        try:
            choices[SHARED] = translated(opened(SHARED).title)
        except PicTraceError:
            choices[SHARED] = _("The shared catalog")  # opening it says what is wrong
        choices[SAMPLE] = _("Sample catalog")
    else:
        choices[SHARED] = _("Sample catalog")
    if state.private is not None:
        choices[PRIVATE] = _("My catalog")
    choices |= {str(path): path.stem for path in catalogs_in_folders() if str(path) != settings.catalog}
    return choices


def warn_of_ephemeral_disk(workspace: Workspace, state: CatalogState) -> None:
    """Until it was read: where this server's disk is lost at its next start, what one adds is lost with it."""
    if not owner().ephemeral or not workspace.writable or state.warned:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            _("Whatever you add is lost when this server restarts. Download the catalog to keep it."),
            icon=":material/save:",
        )
        if st.button(_("OK")):
            state.warned = True
            st.rerun()
