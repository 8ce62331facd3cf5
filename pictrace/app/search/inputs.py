"""The ways in for a query: upload, paste, link, camera, one of the catalog's own, an example."""

from __future__ import annotations

import random

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.components import Tile, paste_button, tiles
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.query_state import QueryState
from pictrace.app.shared.uploads import taken
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import thumbnail
from pictrace.images.reading import load
from pictrace.sample import example_queries
from pictrace.service.pictures import Picture, example_picture, linked_picture, picture_types, upload_limits
from pictrace.service.workspaces import Workspace

__all__ = ["example_tiles", "query_inputs"]


def query_inputs(workspace: Workspace, state: QueryState) -> DeltaGenerator:
    """Upload, paste, link, camera, or one of the catalog's own; the place for what was looked for earlier."""
    key = f"upload_{state.uploads}"
    uploaded = st.file_uploader(
        _("Your picture"),
        type=picture_types(),
        key=key,
        on_change=_on_upload,
        args=(state, key),
        max_upload_size=max(1, upload_limits().max_bytes // 1024**2),
        label_visibility="collapsed",
    )
    del uploaded  # taken by the callback, once, so that later inputs are not overruled at every rerun
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.container(width=108):
            pasted = paste_button(key="paste", max_bytes=upload_limits().max_bytes, label=_("Paste"), words=translated)
        if pasted is not None:
            state.search.look_for(Picture(pasted.data, pasted.name, "paste"))
        with st.popover(_("Link"), icon=":material/link:", key=f"link_{state.uploads}"):  # a new one is closed
            _link_input(state)
        with st.popover(_("Camera"), icon=":material/photo_camera:"):
            _camera_input(state)
        if st.button(
            _("Surprise me"), icon=":material/casino:", help=_("Search with a random picture of the catalog.")
        ):
            _surprise(workspace, state)
        return st.container(width="content")


def _on_upload(state: QueryState, key: str) -> None:
    file = st.session_state.get(key)
    if isinstance(file, UploadedFile):  # not what Streamlit puts in its place once it was let go, which is a change too
        try:
            state.search.look_for(Picture(taken(file), file.name, "upload"))
        except PicTraceError as error:
            state.search.refuse(str(error))


def _link_input(state: QueryState) -> None:
    with st.form("link", border=False):
        address = st.text_input(_("Link to a picture"), placeholder="https://…", key="link_address")
        asked = st.form_submit_button(_("Fetch"), type="primary")
    if asked and address.strip():
        try:
            with st.spinner(_("Fetching the picture")):
                state.search.look_for(linked_picture(address.strip()))
            state.uploads += 1
        except PicTraceError as error:  # told where one looks, over what stands behind
            st.error(for_markdown(translated(str(error))), icon=":material/link_off:")


def _camera_input(state: QueryState) -> None:
    if st.toggle(_("Turn on the camera"), key="camera_on"):
        st.camera_input(_("Take a picture"), key="camera", on_change=_on_camera, args=(state,))
    else:
        st.caption(_("The browser will ask for permission."))


def _on_camera(state: QueryState) -> None:
    shot = st.session_state.get("camera")
    if isinstance(shot, UploadedFile):
        try:
            state.search.look_for(Picture(taken(shot), _("camera picture"), "camera"))
        except PicTraceError as error:
            state.search.refuse(str(error))


def _surprise(workspace: Workspace, state: QueryState) -> None:
    ids = workspace.catalog.ids()
    if not len(ids) and workspace.catalog.silent:
        return  # the page tells of the servers that do not answer
    if not len(ids):
        state.search.refuse(_("The catalog is empty. Add pictures to it first."))
        return
    chosen = int(random.choice(ids))  # noqa: S311 (a surprise, not a secret)
    state.look_for_in(workspace.catalog, chosen)


@st.cache_data(show_spinner=False, max_entries=16)
def _example(name: str) -> tuple[Picture, bytes]:
    """An example, and its thumbnail."""
    picture = example_picture(name)
    return picture, thumbnail(load(picture.data), 160)


def example_tiles(state: QueryState) -> None:
    """Queries one click away."""
    examples = {one.name: one for one in example_queries()}
    picked = tiles(
        [Tile(name, translated(one.title), _example(name)[1]) for name, one in examples.items()],
        label=_("Example queries"),
        key="examples",
    )
    if picked is not None:
        state.search.look_for(_example(picked)[0])
        state.uploads += 1
        st.rerun()
