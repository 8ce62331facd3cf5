"""Taking a catalog along: the file itself, its list, its features."""

from __future__ import annotations

import io
import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from pictrace.app.shared.language import _
from pictrace.catalog.base import Catalog
from pictrace.output.exports import write_features, write_list
from pictrace.service.addresses import shown_record
from pictrace.service.workspaces import Workspace

__all__ = ["downloads"]


def downloads(workspace: Workspace) -> None:
    """A popover with every form that the catalog can be had in; each is made when it is asked for."""
    catalog = workspace.catalog
    with st.popover(_("Download"), icon=":material/download:"):
        for label, make, name, mime, what in (
            (
                _("Catalog"),
                _copy_of,
                "catalog.sqlite",
                "application/vnd.sqlite3",
                _(
                    "One SQLite file with everything PicTrace knows about the pictures, where they are included. Open "
                    "it here or on the command line."
                ),
            ),
            (
                _("List"),
                _list_of,
                "catalog.csv",
                "text/csv",
                _("A table with one line per address, and the metadata."),
            ),
            (
                _("Features"),
                _features_of,
                "features.npz",
                "application/octet-stream",
                _("Arrays for numpy, by feature key; about 100 kB per picture."),
            ),
        ):
            st.download_button(
                label,
                partial(make, catalog),
                name,
                mime,
                on_click="ignore",
                icon=":material/download:",
                width="stretch",
            )
            st.caption(what)


def _copy_of(catalog: Catalog) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "catalog.sqlite")
        catalog.copy_to(path)
        return path.read_bytes()


def _list_of(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_list(catalog, stream, shown_record)
    return stream.getvalue()


def _features_of(catalog: Catalog) -> bytes:
    stream = io.BytesIO()
    write_features(catalog, stream)
    return stream.getvalue()
