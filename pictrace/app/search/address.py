"""The query in the page's address: a picture that another visit can have again stands there, and is read from there."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _
from pictrace.app.shared.query_state import QueryState
from pictrace.errors import PicTraceError
from pictrace.images.region import Region
from pictrace.service.pictures import picture_at
from pictrace.service.workspaces import Workspace

__all__ = ["take_query", "write_query"]

QUERY, REGION, OPEN = "q", "region", "match"


def take_query(workspace: Workspace, state: QueryState) -> None:
    """Search with the picture that the address names, once; the search says why not, where that fails."""
    address, part = st.query_params.get(QUERY, ""), st.query_params.get(REGION, "")
    if not address or (address, part) == (state.address, state.region):
        return
    state.address, state.region = address, part
    try:
        with st.spinner(_("Fetching the picture")):
            picture = picture_at(address, workspace.catalog)
            state.search.look_for(picture.part(Region.parse(part) if part else None))
    except PicTraceError as error:
        state.search.refuse(str(error))
        return
    chosen = st.query_params.get(OPEN, "")
    state.wanted = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None


def write_query(state: QueryState) -> None:
    """Name the picture at hand, if anything brings it again, and the match whose details are open."""
    picture = state.search.picture
    state.address = "" if picture is None else picture.address
    state.region = str(picture.region) if picture is not None and picture.region and state.address else ""
    is_open = state.selected is not None and bool(state.address)
    opened = str(state.selected) if is_open else ""
    for name, value in ((QUERY, state.address), (REGION, state.region), (OPEN, opened)):
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]
