"""Pictures of a catalog at the size that a page shows."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.workspaces import Workspace
from pictrace.images.encoding import thumbnail
from pictrace.images.reading import load

__all__ = ["small_thumbnail"]


@st.cache_data(show_spinner=False, max_entries=5000)
def small_thumbnail(location: str, picture_id: int, size_px: int, _workspace: Workspace) -> bytes:
    """A catalog picture's thumbnail at the size shown, as JPEG."""
    kept = _workspace.catalog.thumbnail(picture_id)
    return b"" if kept is None else thumbnail(load(kept), size_px)
