"""The catalog page: what is in it, add to it, take it along."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.components import Tile, tiles
from pictrace.app.controls import take_from_catalog
from pictrace.app.jobs import LISTING_SUFFIXES, AddJob, listing_of, preview
from pictrace.app.panels import small_thumbnail
from pictrace.app.state import (
    UPLOAD_LIMITS,
    Session,
    Workspace,
    private_workspace,
    session,
    workspace_of,
)
from pictrace.catalog.base import Catalog, Source
from pictrace.catalog.importers import PICTURE_SUFFIXES, Item, Skipped
from pictrace.charts import counts_figure
from pictrace.documents import failures_csv, spreadsheet_text
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
            st.error(state.problem, icon=":material/error:")
            state.problem = ""
        if part == ADD:
            _add(workspace, state)
        elif part == NUMBERS:
            _numbers(workspace)
        else:
            _pictures(workspace, state)
    except PicTraceError as error:
        st.error(str(error), icon=":material/error:")


def _head(workspace: Workspace, state: Session) -> None:
    count = workspace.catalog.count()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(workspace.title, anchor=False)
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
        st.info(f"No picture is called anything with “{text}”. Shorten the text.", icon=":material/search_off:")
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
        st.subheader(record.label, anchor=False)
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
                st.table({name: [value] for name, value in source.metadata.items()})
        with st.container(horizontal=True):
            if st.button("Search with this", type="primary", icon=":material/image_search:"):
                take_from_catalog(workspace, state, record.id)
                if state.picture is not None:
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


# Add ---------------------------------------------------------------------------------------------


def _add(workspace: Workspace, state: Session) -> None:
    if state.job is not None:
        _watch()
        return
    left, right = st.columns(2)
    with left:
        files = [*_chosen_files("Pictures", True, f"add_{state.uploads}")]
    with right:
        files += _chosen_files("Or a whole folder", "directory", f"add_folder_{state.uploads}")
    listings = st.file_uploader(
        "ZIP archives, tables with links (CSV, JSON), lists of links",
        type=list(LISTING_SUFFIXES),
        accept_multiple_files=True,
        key=f"add_listing_{state.uploads}",
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
    )
    links = st.text_area("Links to pictures, one a line", key="add_links", height=96, placeholder="https://…")
    items = [Item.of_bytes(file.getvalue(), Source("upload", file.name, Path(file.name).name)) for file in files]
    items += [Item.of_link(line.strip()) for line in links.splitlines() if line.strip()]
    left_out: list[Skipped] = []
    for file in listings:
        try:
            listing = listing_of(file.name, file.getvalue())
        except PicTraceError as error:
            left_out.append(Skipped(file.name, str(error)))
            continue
        if listing.column is not None:
            st.caption(f"{file.name}: the pictures are taken from the column “{listing.column}”.")
        items += listing.items
        left_out += listing.skipped
    if left_out:
        st.markdown(f"**Left out: {len(left_out)}**")
        rows = {"Entry": [one.address for one in left_out], "Reason": [one.reason for one in left_out]}
        st.dataframe(rows, hide_index=True, height=min(38 * (len(left_out) + 1), 220))
    if state.picture is not None and st.checkbox("The picture that you search with", key="add_query"):
        items.append(Item.of_bytes(state.picture.data, Source(state.picture.kind, state.picture.name)))
    if not items:
        st.caption("Nothing chosen yet.")
        return
    found = preview(workspace.catalog, items, UPLOAD_LIMITS)
    st.markdown(f"**{found.told}**")
    for failure in found.unreadable[:5]:
        st.caption(f"{failure.source.label}: {failure.reason}")
    target = "this catalog" if workspace.writable else "a catalog of my own"
    if st.button(f"Add to {target}", type="primary", icon=":material/add_photo_alternate:"):
        state.job = AddJob(private_workspace(state).catalog, items, UPLOAD_LIMITS)
        state.uploads += 1
        st.rerun()


def _chosen_files(label: str, many: Literal[True, "directory"], key: str) -> list[UploadedFile]:
    return st.file_uploader(
        label,
        type=sorted(suffix.lstrip(".") for suffix in PICTURE_SUFFIXES),
        accept_multiple_files=many,
        key=key,
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
    )


@st.fragment(run_every=0.5)
def _watch() -> None:
    """How far adding has come; only this part is drawn again meanwhile."""
    state = session()
    job = state.job
    if job is None:
        st.rerun()
    now = job.progress
    done = f"{now.done:,} of {now.total:,} pictures"
    if job.running:
        rate = f", {now.rate:,.0f} a second, {now.left_s:.0f} s left" if now.done else ""
        st.progress(now.done / max(1, now.total), text=done + rate)
        st.button("Stop", icon=":material/stop:", on_click=job.stop, help="What is done stays in the catalog.")
        return
    if not job.told:  # the rest of the page counts pictures too
        job.told = True
        st.rerun()
    told = f"{now.added:,} added, {now.known:,} already here, {now.failed:,} failed."
    if job.problem:
        st.error(f"{job.problem} {told}", icon=":material/error:")
    elif job.stopped:
        st.warning(f"Stopped. {told}", icon=":material/stop_circle:")
    else:
        st.success(told, icon=":material/check_circle:")
    failures = job.failures
    if failures:
        rows = {"Picture": [one.source.label for one in failures], "Reason": [one.reason for one in failures]}
        st.dataframe(rows, hide_index=True)
    with st.container(horizontal=True):
        again = job.left_over
        if again and st.button("Go on" if job.stopped else "Try these again", icon=":material/refresh:"):
            state.job = AddJob(private_workspace(state).catalog, again, UPLOAD_LIMITS)
            st.rerun()
        if failures:
            st.download_button("Failures", failures_csv(failures), "failures.csv", "text/csv", on_click="ignore")
        if st.button("Done", type="primary"):
            state.job = None
            st.rerun()


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
