"""Taking a catalog along: the file itself, its list, its features."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import streamlit as st

from pictrace.app.workspaces import Workspace
from pictrace.catalog.base import Catalog
from pictrace.documents import spreadsheet_text

__all__ = ["downloads"]


def downloads(workspace: Workspace) -> None:
    """A popover with every form that the catalog can be had in; each is made when it is asked for."""
    catalog = workspace.catalog
    with st.popover("Download", icon=":material/download:"):
        st.caption("The catalog with all features is a SQLite file; the list is a table of its pictures.")
        st.download_button(
            "Catalog", lambda: _copy_of(catalog), "catalog.sqlite", "application/vnd.sqlite3", on_click="ignore"
        )
        st.download_button("List", lambda: _list_of(catalog), "catalog.csv", "text/csv", on_click="ignore")


def _copy_of(catalog: Catalog) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "catalog.sqlite")
        catalog.copy_to(path)
        return path.read_bytes()


def _list_of(catalog: Catalog) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "title", "kind", "address", "width", "height", "format", "bytes", "added_at"])
    for record in catalog.pictures(catalog.ids().tolist()).values():
        for source in record.sources:
            words = [spreadsheet_text(one) for one in (source.label, source.kind, source.address)]
            facts = [record.width, record.height, record.format, record.byte_count, record.added_at]
            writer.writerow([record.id, *words, *facts])
    return text.getvalue().encode("utf-8")
