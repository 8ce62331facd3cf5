"""Ways in for one of several pictures: upload, paste, link, or one of the open catalog."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pictrace.app.components import paste_button, tiles
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.session import of_session
from pictrace.app.shared.thumbnails import picture_tiles
from pictrace.app.shared.uploads import taken
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.pictures import Picture, catalog_picture, linked_picture, picture_types, upload_limits
from pictrace.service.workspaces import Workspace

__all__ = ["picture_input"]

OFFERED = 24
TILE_PX = 144


@dataclass
class _Taken:
    """The uploads that were taken already, by the uploader's key."""

    file_ids: dict[str, str] = field(default_factory=dict)


def picture_input(workspace: Workspace, label: str, *, key: str, listen: bool) -> Picture | None:
    """A picture that was given in this very run, if one was; PicTraceError where it cannot be had.

    listen: take what is pasted with Ctrl+V anywhere on the page.
    """
    given: list[Picture] = []
    file = st.file_uploader(
        label,
        type=picture_types(),
        key=f"{key}_upload",
        max_upload_size=max(1, upload_limits().max_bytes // 1024**2),
        label_visibility="collapsed",
    )
    known = of_session(_Taken).file_ids
    if file is not None and known.get(key) != file.file_id:
        known[key] = file.file_id  # once, so that later inputs are not overruled at every rerun
        given.append(Picture(taken(file), file.name, "upload"))
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.container(width=108):
            pasted = paste_button(
                key=f"{key}_paste",
                max_bytes=upload_limits().max_bytes,
                listen=listen,
                label=_("Paste"),
                words=translated,
            )
        if pasted is not None:
            given.append(Picture(pasted.data, pasted.name, "paste"))
        with st.popover(_("Link"), icon=":material/link:"), st.form(f"{key}_link", border=False):
            address = st.text_input(_("Link to a picture"), placeholder="https://…", key=f"{key}_address").strip()
            if st.form_submit_button(_("Fetch"), type="primary") and address:
                try:
                    with st.spinner(_("Fetching the picture")):
                        given.append(linked_picture(address))
                except PicTraceError as error:  # told where one looks, over what stands behind
                    st.error(for_markdown(translated(str(error))), icon=":material/link_off:")
        with st.popover(_("From the catalog"), icon=":material/photo_library:"):
            chosen = _chosen_in_catalog(workspace, key)
        if chosen is not None:
            given.append(catalog_picture(workspace.catalog, chosen))
    return given[-1] if given else None


def _chosen_in_catalog(workspace: Workspace, key: str) -> int | None:
    text = st.text_input(_("Find by title, address or metadata"), key=f"{key}_find", placeholder=_("beach, .png, …"))
    ids, total = workspace.catalog.page(text=text, limit=OFFERED)
    shown = picture_tiles(workspace.catalog, workspace.catalog.pictures(ids), TILE_PX)
    picked = tiles(shown, label=_("Pictures of the catalog"), key=f"{key}_tiles")
    if total > len(shown):
        st.caption(_("Showing {shown} of {total:,}. Type a name to find the others.", shown=len(shown), total=total))
    return None if picked is None else int(picked)
