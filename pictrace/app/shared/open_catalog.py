"""Which catalog this session has open, and coming back to one's own."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pictrace.app.components import kept_token
from pictrace.app.shared.language import _, n_
from pictrace.app.shared.session import of_session
from pictrace.catalog.base import Catalog
from pictrace.service.workspaces import (
    SAMPLE,
    SHARED,
    Workspace,
    Workspaces,
    delete_private,
    new_private,
    open_private,
)

__all__ = ["PRIVATE", "CatalogState", "catalog_state", "offer_earlier_catalog", "opened", "workspaces"]

PRIVATE = "private"


@st.cache_resource(show_spinner=False)
def workspaces() -> Workspaces:
    """The catalogs that are open on this server."""
    return Workspaces()


def opened(choice: str) -> Workspace:
    """What all may open; see Workspaces.open."""
    found = workspaces()
    if found.is_open(choice):
        return found.open(choice)
    with st.spinner(_("Making the sample catalog") if choice == SAMPLE else _("Opening the catalog")):
        return found.open(choice)


@dataclass
class CatalogState:
    """choice: SHARED, SAMPLE, PRIVATE, or the address of a catalog in the owner's folders.

    private: what this person added pictures to; earlier: the same of an earlier visit, while it is offered.
    declined: earlier ones that were offered, and not wanted. forgotten: what the browser shall not remember any more.
    warned: whether the warning of a disk that is lost was seen.
    """

    choice: str = SHARED
    private: Workspace | None = None
    earlier: Workspace | None = None
    declined: set[str] = field(default_factory=set)
    forgotten: str = ""
    warned: bool = False

    def open(self, choice: str) -> None:
        """Another catalog."""
        self.choice = choice

    def take(self, earlier: Workspace) -> None:
        """Go on with the catalog of an earlier visit."""
        self.private, self.earlier = earlier, None
        self.open(PRIVATE)

    def decline(self, earlier: Workspace) -> None:
        """Not to be offered again in this visit."""
        earlier.catalog.close()
        self.earlier = None
        self.declined.add(earlier.token)

    def workspace(self) -> Workspace:
        """What is open; PicTraceError where it cannot be opened."""
        if self.private is not None and not self.private.catalog.in_place():
            self.private.catalog.close()
            self.private = open_private(self.private.token)
        if self.choice == PRIVATE and self.private is not None:
            return self.private
        return opened(SHARED if self.choice == PRIVATE else self.choice)

    def workspace_to_add_to(self) -> Workspace:
        """What is open where one may add to that, else one's own catalog, which is made where there is none.

        It opens with its first picture: until then one goes on looking at what is open.
        """
        here = self.workspace()
        if here.writable:
            return here
        if self.private is None:
            self.private = new_private()
        self.open_own(self.private.catalog)
        return self.private

    def open_own(self, catalog: Catalog) -> None:
        """Open one's own catalog, if it is this one and holds anything."""
        if self.private is not None and self.private.catalog is catalog and catalog.count():
            self.choice = PRIVATE

    def drop_own_if_empty(self) -> None:
        """Nothing came of it."""
        mine = self.private
        if mine is not None and self.choice != PRIVATE and not mine.catalog.count():
            mine.catalog.close()
            delete_private(mine.token)
            self.private, self.forgotten = None, mine.token


def catalog_state() -> CatalogState:
    """This session's."""
    return of_session(CatalogState)


def offer_earlier_catalog(state: CatalogState) -> None:
    """Offer a private catalog of an earlier visit, which only this browser knows of."""
    mine = "" if state.private is None else state.private.token
    with st.container(key="unseen"):
        found = kept_token(mine, forget=state.forgotten, key="kept_token")
    state.forgotten = ""
    if state.private is not None or not found or found in state.declined:
        return
    if state.earlier is None or state.earlier.token != found:  # opened once, not at every rerun
        state.earlier = open_private(found)
    earlier = state.earlier
    if earlier is None:
        state.forgotten = found
        return
    count = earlier.catalog.count()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="earlier"):
        told = n_(
            "Your own catalog of an earlier visit is still here: {count:,} picture.",
            "Your own catalog of an earlier visit is still here: {count:,} pictures.",
            count,
        )
        st.markdown(told, width="content")
        st.button(_("Open it"), type="primary", icon=":material/photo_library:", on_click=state.take, args=(earlier,))
        st.button(
            _("Not now"),
            icon=":material/schedule:",
            on_click=state.decline,
            args=(earlier,),
            help=_("It stays until a day after its last change."),
        )
        st.button(_("Delete it"), icon=":material/delete:", on_click=_delete, args=(state, earlier))


def _delete(state: CatalogState, earlier: Workspace) -> None:
    state.decline(earlier)
    delete_private(earlier.token)
    state.forgotten = earlier.token
