"""The catalog page: what is in it, add to it, take it along."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import streamlit as st

from pictrace.app.add_view import add_pictures
from pictrace.app.components import Tile, tiles
from pictrace.app.controls import take_from_catalog
from pictrace.app.panels import small_thumbnail
from pictrace.app.state import (
    Session,
    Workspace,
    session,
    workspace_of,
)
from pictrace.app.text import literal
from pictrace.catalog.base import Catalog
from pictrace.charts import counts_figure
from pictrace.documents import spreadsheet_text
from pictrace.errors import PicTraceError

__all__ = ["show"]

PAGE_PICTURES = 24
PICTURES, ADD, NUMBERS = "Pictures", "Add pictures", "Numbers"
SEARCH_PAGE = "pages/search.py"


def show() -> None:
    """The whole page."""
    state = session()
    try:
        workspace = workspace_of(state)
        _head(workspace, state)
        part = st.segmented_control(
            "Part of the page",
            [PICTURES, ADD, NUMBERS],
            default=PICTURES,
            required=True,
            key="catalog_part",
            label_visibility="collapsed",
        )
        if state.problem:
            st.error(literal(state.problem), icon=":material/error:")
            state.problem = ""
        if part == ADD:
            add_pictures(workspace, state)
        elif part == NUMBERS:
            _numbers(workspace)
        else:
            _pictures(workspace, state)
    except PicTraceError as error:
        st.error(literal(str(error)), icon=":material/error:")


def _head(workspace: Workspace, state: Session) -> None:
    count = workspace.catalog.count()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(literal(workspace.title), anchor=False)
        st.badge(f"{count:,} {'picture' if count == 1 else 'pictures'}", icon=":material/photo_library:")
        if state.private is not None and st.button("Back to the shared catalog", icon=":material/undo:"):
            state.private = None
            state.clear()
            st.rerun()
    if state.private is not None:
        st.caption("This catalog is yours alone. It is deleted a day after the last change: download it to keep it.")
    elif not workspace.writable:
        st.caption("What you add goes to a catalog of your own; this one stays as it is.")


# Pictures ----------------------------------------------------------------------------------------


def _pictures(workspace: Workspace, state: Session) -> None:
    catalog = workspace.catalog
    if not catalog.count():
        st.info("The catalog is empty. Add pictures to it first.", icon=":material/inbox:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find by title, address or metadata", key="catalog_text", placeholder="beach, .png, …")
        _, total = catalog.page(text=text, limit=0)
        pages = max(1, -(-total // PAGE_PICTURES))
        number = min(st.number_input(f"Page, of {pages}", 1, pages, key=f"page_{pages}", width=140), pages)
    ids, _ = catalog.page(text=text, offset=(number - 1) * PAGE_PICTURES, limit=PAGE_PICTURES)
    if not ids:
        st.info(
            f"No picture is called anything with “{literal(text)}”. Shorten the text.", icon=":material/search_off:"
        )
        return
    records = catalog.pictures(ids)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.caption(f"{total:,} {'picture' if total == 1 else 'pictures'}, newest first")
        picked = tiles(
            [
                Tile(str(one), record.label, small_thumbnail(catalog.location, one, 216, workspace))
                for one, record in records.items()
            ],
            label="Pictures of the catalog",
            key="catalog_tiles",
            large=True,
        )
    if picked is not None:
        st.session_state["catalog_picked"] = int(picked)
    with right:
        _one_picture(workspace, state, st.session_state.get("catalog_picked"))
        _downloads(catalog)


def _one_picture(workspace: Workspace, state: Session, picture_id: int | None) -> None:
    record = None if picture_id is None else workspace.catalog.pictures([picture_id]).get(picture_id)
    if record is None:
        st.caption("Choose a picture to see what the catalog knows of it.")
        return
    with st.container(border=True):
        st.subheader(literal(record.label), anchor=False)
        kept = workspace.catalog.thumbnail(record.id)
        if kept is not None:
            st.image(kept, alt=record.label, width="stretch")
        st.markdown(
            f"{record.width} × {record.height} pixels, {record.format}, {record.byte_count / 1024:,.0f} KB, "
            f"added {record.added_at[:10]}"
        )
        for source in record.sources:
            st.text(f"{source.kind}: {source.address}")
            if source.metadata:
                st.dataframe({name: [value] for name, value in source.metadata.items()}, hide_index=True)
        with st.container(horizontal=True):
            if st.button("Search with this", type="primary", icon=":material/image_search:"):
                take_from_catalog(workspace, state, record.id)
                if state.asked is not None:
                    st.switch_page(SEARCH_PAGE)
            if workspace.writable:
                with st.popover("Remove", icon=":material/delete:"):
                    st.write("The picture and its features leave the catalog. The original file stays where it is.")
                    st.button("Remove it", on_click=_remove, args=(workspace, record.id), type="primary")


def _remove(workspace: Workspace, picture_id: int) -> None:
    workspace.catalog.remove([picture_id])
    st.session_state["catalog_picked"] = None


def _downloads(catalog: Catalog) -> None:
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


# Numbers -----------------------------------------------------------------------------------------


def _numbers(workspace: Workspace) -> None:
    facts, features = workspace.catalog.facts(), workspace.catalog.feature_counts()
    count = workspace.catalog.count()
    with st.container(horizontal=True):
        st.metric("Pictures", f"{count:,}", border=True)
        st.metric("Their originals", f"{facts.byte_count / 1024**2:,.1f} MB", border=True)
        st.metric("With several addresses", f"{facts.repeated:,}", border=True)
    if not count:
        return
    left, right = st.columns(2)
    plain = {"displayModeBar": False}
    left.plotly_chart(
        counts_figure("Which formats?", facts.formats), key="formats", config=plain, alt="Pictures by format"
    )
    sizes = {f"{size} to {size + 1} MP": number for size, number in facts.megapixels.items()}
    right.plotly_chart(counts_figure("How large?", sizes), key="sizes", config=plain, alt="Pictures by size")
    st.subheader("Features", anchor=False)
    rows = {
        "Kind": list(features),
        "Ready": list(features.values()),
        "Missing": [count - number for number in features.values()],
    }
    st.dataframe(rows, hide_index=True)
