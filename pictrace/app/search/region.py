"""A part of the query, drawn on it, to be looked for alone."""

from __future__ import annotations

import streamlit as st

from pictrace.app.components.region import draw_region
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.query_state import QueryState
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import encode_jpeg
from pictrace.images.loading import load_picture
from pictrace.service.pictures import Picture, upload_limits

__all__ = ["region_buttons"]


def region_buttons(state: QueryState, picture: Picture) -> None:
    """To search a part of the picture, and to come back to the whole."""
    if st.button(_("Search a part"), icon=":material/crop:", key="search-part"):
        st.dialog(_("Which part?"), width="medium")(_draw)(state, picture.whole or picture, picture)
    if picture.whole is not None:
        st.button(
            _("Search the whole picture"),
            icon=":material/crop_free:",
            key="whole",
            on_click=state.search.look_for,
            args=(picture.whole,),
        )


def _draw(state: QueryState, whole: Picture, now: Picture) -> None:
    try:
        shown = _shown(state, whole)
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        return
    start = now.region if now.region is not None and now.region.percent else None
    region = draw_region(
        shown,
        _("Your picture: {name}", name=translated(whole.name)),
        start=start,
        key=f"region-{whole.sha256[:12]}",
        words=translated,
    )
    st.caption(_("Drag to draw, drag the part to move it. By keys: arrows move it, with Shift they change its size."))
    if st.button(
        _("Search this part"), type="primary", icon=":material/search:", disabled=region is None, key="search-it"
    ):
        state.search.look_for(whole.part(region))
        st.rerun()


def _shown(state: QueryState, whole: Picture) -> bytes:
    """JPEG bytes, made once while somebody draws."""
    if state.drawn_on[0] != whole.sha256:
        state.drawn_on = whole.sha256, encode_jpeg(load_picture(whole.data, upload_limits())[1])
    return state.drawn_on[1]
