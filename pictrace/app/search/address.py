"""The query in the page's address: a picture that another visit can have again stands there, and is read from there."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.query_state import QueryState
from pictrace.errors import PicTraceError
from pictrace.service.pictures import picture_at
from pictrace.service.workspaces import Workspace

__all__ = ["take_query", "write_query"]

QUERY = "q"


def take_query(workspace: Workspace, state: QueryState) -> None:
    """Search with the picture that the address names, once; the search says why not, where that fails."""
    address = st.query_params.get(QUERY, "")
    if not address or address == state.address:
        return
    state.address = address
    try:
        with st.spinner("Fetching the picture"):
            state.search.look_for(picture_at(address, workspace.catalog))
    except PicTraceError as error:
        state.search.refuse(str(error))


def write_query(state: QueryState) -> None:
    """Name the picture at hand, if anything brings it again."""
    picture = state.search.picture
    state.address = "" if picture is None else picture.address
    if state.address:
        if st.query_params.get(QUERY) != state.address:
            st.query_params[QUERY] = state.address
    elif QUERY in st.query_params:
        del st.query_params[QUERY]
