"""Ways in for one of several pictures: upload, paste, link, or one of the open catalog."""

from __future__ import annotations

import streamlit as st

from pictrace.app.components import Tile, paste_button, tiles
from pictrace.app.shared.state import UPLOAD_LIMITS, Picture
from pictrace.app.shared.thumbnails import small_thumbnail
from pictrace.app.shared.workspaces import Workspace
from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.indexing.prepare import original_bytes
from pictrace.service.typed_links import fetch_link

__all__ = ["CATALOG_ADDRESS", "catalog_picture", "linked_picture", "picture_input", "picture_types"]

CATALOG_ADDRESS = "catalog:"
OFFERED = 24
TILE_PX = 144


def picture_types() -> list[str]:
    """Endings of files that an uploader offers; what they hold is looked at later."""
    return sorted(suffix.lstrip(".") for suffix in PICTURE_SUFFIXES)


def catalog_picture(workspace: Workspace, picture_id: int) -> Picture:
    """A picture of the catalog, from its original; PicTraceError where that is gone."""
    record = workspace.catalog.pictures([picture_id]).get(picture_id)
    data = original_bytes(workspace.catalog, picture_id, UPLOAD_LIMITS)
    return Picture(data, record.label if record else "picture", "catalog", f"{CATALOG_ADDRESS}{picture_id}")


def linked_picture(address: str) -> Picture:
    """A picture from the network; PicTraceError where it cannot or must not be fetched."""
    return Picture(fetch_link(address), address, "link", address)


def picture_input(workspace: Workspace, *, key: str, listen: bool) -> Picture | None:
    """A picture that was given in this very run, if one was; PicTraceError where it cannot be had.

    listen: take what is pasted with Ctrl+V anywhere on the page.
    """
    given: list[Picture] = []
    file = st.file_uploader(
        "Picture",
        type=picture_types(),
        key=f"{key}_upload",
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
        label_visibility="collapsed",
    )
    taken = f"{key}_taken"
    if file is not None and st.session_state.get(taken) != file.file_id:
        st.session_state[taken] = file.file_id  # once, so that later inputs are not overruled at every rerun
        given.append(Picture(file.getvalue(), file.name, "upload"))
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.container(width=92):
            pasted = paste_button(key=f"{key}_paste", max_bytes=UPLOAD_LIMITS.max_bytes, listen=listen)
        if pasted is not None:
            given.append(Picture(pasted.data, pasted.name, "paste"))
        with st.popover("Link", icon=":material/link:"), st.form(f"{key}_link", border=False):
            address = st.text_input("Address of a picture", placeholder="https://…", key=f"{key}_address").strip()
            if st.form_submit_button("Fetch", type="primary") and address:
                with st.spinner("Fetching the picture"):
                    given.append(linked_picture(address))
        with st.popover("From the catalog", icon=":material/photo_library:"):
            chosen = _chosen_in_catalog(workspace, key)
        if chosen is not None:
            given.append(catalog_picture(workspace, chosen))
    return given[-1] if given else None


def _chosen_in_catalog(workspace: Workspace, key: str) -> int | None:
    text = st.text_input("Find by title, address or metadata", key=f"{key}_find", placeholder="beach, .png, …")
    ids, total = workspace.catalog.page(text=text, limit=OFFERED)
    records = workspace.catalog.pictures(ids)
    shown = [
        Tile(str(one), record.label, small_thumbnail(workspace.catalog.location, one, TILE_PX, workspace))
        for one, record in records.items()
    ]
    picked = tiles(shown, label="Pictures of the catalog", key=f"{key}_tiles")
    if total > len(shown):
        st.caption(f"{len(shown)} of {total:,}: find the others by their names.")
    return None if picked is None else int(picked)
