"""The catalog page, put together: pages/catalog.py only calls ``show``."""

from __future__ import annotations

import streamlit as st

from pictrace.app.catalog.add import add_pictures
from pictrace.app.catalog.downloads import downloads
from pictrace.app.catalog.job import watch
from pictrace.app.catalog.links import links
from pictrace.app.catalog.menu import catalog_menu, warn_of_ephemeral_disk
from pictrace.app.catalog.numbers import numbers
from pictrace.app.catalog.pictures import mapped_pictures, pictures
from pictrace.app.catalog.removal import removal_bar
from pictrace.app.catalog.state import browse_state
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.open_catalog import CatalogState, catalog_state, offer_earlier_catalog
from pictrace.app.shared.query_state import query_state
from pictrace.app.shared.servers import not_over_servers
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.output.keeping import told_keeping
from pictrace.service.workspaces import SHARED, Workspace

__all__ = ["PARTS", "show"]

PARTS = PICTURES, MAP, ADD, LINKS, NUMBERS = "Pictures", "Map", "Add pictures", "Links", "Numbers"


def show() -> None:
    """The whole page."""
    state, search = catalog_state(), query_state().search
    try:
        head, job = st.container(), st.container()  # so that the job stays in its place, and with it what one presses
        with head:
            offer_earlier_catalog(state)
            workspace = state.workspace()
            browsing = browse_state(workspace.catalog.identity)
            _head(workspace, state)
        if not_over_servers(workspace):
            add_pictures(workspace)
            return
        with job:
            watch()
        removal_bar(workspace, browsing)
        part = st.segmented_control(
            _("Part of the page"),
            PARTS,
            default=PICTURES,
            format_func=_,
            required=True,
            key="catalog_part",
            label_visibility="collapsed",
        )
        if search.problem:
            st.error(for_markdown(translated(search.problem)), icon=":material/error:")
            search.refuse("")
        if part == MAP:
            mapped_pictures(workspace, browsing)
        elif part == ADD:
            add_pictures(workspace)
        elif part == LINKS:
            links(workspace)
        elif part == NUMBERS:
            numbers(workspace)
        else:
            pictures(workspace, browsing)
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        if state.choice != SHARED:
            st.button(_("Back to the shared catalog"), icon=":material/undo:", on_click=state.open, args=(SHARED,))


def _head(workspace: Workspace, state: CatalogState) -> None:
    count = workspace.catalog.count()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(for_markdown(translated(workspace.title)), anchor=False, width="content")
        st.badge(n_("{count:,} picture", "{count:,} pictures", count), icon=":material/photo_library:")
        catalog_menu(state)
        if not workspace.is_of_servers:
            downloads(workspace)
    told = told_keeping(workspace.catalog.keeping)
    if told:
        st.caption(translated(told))
    if workspace is state.private:
        st.caption(_("This catalog is yours alone. It is deleted a day after the last change: download it to keep it."))
    elif not workspace.writable:
        st.caption(_("What you add goes to a catalog of your own; this one stays as it is."))
    warn_of_ephemeral_disk(workspace, state)
