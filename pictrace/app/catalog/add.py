"""The part of the catalog page that adds pictures: choose them, see what adding would do."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.catalog.page_links import from_web_page
from pictrace.app.shared.picture_input import picture_types
from pictrace.app.shared.state import UPLOAD_LIMITS, Session, workspace_to_add_to
from pictrace.app.shared.workspaces import Workspace
from pictrace.catalog.records import Source
from pictrace.errors import ColumnError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.jobs import AddJob, Preview, preview
from pictrace.service.owner import owner
from pictrace.service.typed_links import item_of_link
from pictrace.service.uploads import Handed
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.discovery import upload_suffixes
from pictrace.sources.listing import list_source
from pictrace.sources.text import ENCODINGS

__all__ = ["add_pictures"]


def add_pictures(workspace: Workspace, state: Session) -> None:
    """Choose pictures from anywhere, and begin to add them in the background."""
    if state.job is not None:
        st.caption("One thing at a time: when what is shown above has ended, more can be added.")
        return
    left, right = st.columns(2)
    with left:
        files = [*_chosen_files("Pictures", True, f"add_{state.uploads}")]
    with right:
        files += _chosen_files("Or a whole folder", "directory", f"add_folder_{state.uploads}")
    items = [Item.of_bytes(file.getvalue(), Source("upload", file.name, Path(file.name).name)) for file in files]
    left_out: list[Skipped] = []
    listings, catalogs = _uploaded(state)
    for listing in (*listings, _owners_folder()):
        items += listing.items
        left_out += listing.skipped
    links = st.text_area("Links to pictures, one a line", key="add_links", height=96, placeholder="https://…")
    for line in filter(None, map(str.strip, links.splitlines())):
        entry = item_of_link(line)
        if isinstance(entry, Item):
            items.append(entry)
        else:
            left_out.append(entry)
    items += from_web_page(state)
    if state.picture is not None and st.checkbox("The picture that you search with", key="add_query"):
        items.append(Item.of_bytes(state.picture.data, Source(state.picture.kind, state.picture.name)))
    _show_left_out(left_out)
    if not items and not catalogs:
        st.caption("Nothing chosen yet.")
        return
    if items:
        _show_preview(preview(workspace.catalog, items, UPLOAD_LIMITS))
    for name, handed in catalogs.items():
        pictures = state.intake.kind(handed).pictures
        st.markdown(
            f"**{for_markdown(name)}: a PicTrace catalog of {pictures:,} pictures**, taken over with its features"
        )
    target = "this catalog" if workspace.writable else "a catalog of my own"
    if st.button(f"Add to {target}", type="primary", icon=":material/add_photo_alternate:"):
        paths = {name: handed.path for name, handed in catalogs.items()}
        try:
            target_catalog = workspace_to_add_to(state).catalog
            state.job = AddJob(target_catalog, items, UPLOAD_LIMITS, catalogs=paths, keep=state.intake)
        except PicTraceError as error:
            st.error(for_markdown(str(error)), icon=":material/error:")
            return
        state.forget_chosen()
        st.rerun()


def _chosen_files(label: str, many: Literal[True, "directory"], key: str) -> list[UploadedFile]:
    return st.file_uploader(
        label,
        type=picture_types(),
        accept_multiple_files=many,
        key=key,
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
    )


def _show_left_out(left_out: list[Skipped]) -> None:
    if left_out:
        st.markdown(f"**Left out: {len(left_out):,}**")
        rows = {"Entry": [one.address for one in left_out], "Reason": [one.reason for one in left_out]}
        st.dataframe(rows, hide_index=True, height=min(38 * (len(left_out) + 1), 220))


def _show_preview(found: Preview) -> None:
    st.markdown(f"**{found.summary}**")
    for failure in found.unreadable[:5]:
        st.caption(for_markdown(f"{failure.source.label}: {failure.reason}"))
    if len(found.unreadable) > 5:
        st.caption(f"… and {len(found.unreadable) - 5:,} more, which are listed when the rest has been added.")


# Archives, tables, lists, databases --------------------------------------------------------------


def _uploaded(state: Session) -> tuple[list[Listing], dict[str, Handed]]:
    """(what the uploads list, PicTrace's own catalogs among them by name)."""
    uploads = st.file_uploader(
        "Archives, tables, lists of links, databases, catalogs",
        type=list(upload_suffixes()),
        accept_multiple_files=True,
        key=f"add_listing_{state.uploads}",
    )
    listings: list[Listing] = []
    catalogs: dict[str, Handed] = {}
    for one in uploads:
        handed = state.intake.take(one.file_id, one.name, one.getbuffer())
        kind = state.intake.kind(handed) if handed.is_database else None
        if kind is not None and kind.kind == "catalog":
            catalogs[handed.name] = handed
        elif kind is not None and kind.kind != "foreign":
            listings.append(Listing((), (Skipped(handed.name, kind.reason),)))
        else:
            listings.append(_listing(state, handed))
    return listings, catalogs


def _listing(state: Session, handed: Handed) -> Listing:
    """What an upload names; its table, encoding and column are guessed, shown, and corrected here."""
    table: str | None = None
    encoding: str | None = None
    guessed: Listing | None = None
    try:
        table = _chosen_table(state, handed)
        guessed = state.intake.listing(handed, table=table)
        if guessed.encoding is not None and guessed.encoding_is_guess:
            encoding = _chosen_encoding(handed, guessed.encoding)
            guessed = state.intake.listing(handed, table=table, encoding=encoding)
        columns = guessed.columns
    except ColumnError as error:
        columns = error.columns
    except PicTraceError as error:
        return Listing((), (Skipped(handed.name, str(error)),))
    chosen = _column_choice(handed, table, guessed, columns) if columns else None
    if guessed is not None and chosen in {None, guessed.column}:
        return guessed
    if chosen is None:
        return Listing((), (Skipped(handed.name, "None of its columns looks like pictures. Choose one above."),))
    try:
        return state.intake.listing(handed, column=chosen, table=table, encoding=encoding)
    except PicTraceError as error:
        return Listing((), (Skipped(handed.name, str(error)),))


def _chosen_table(state: Session, handed: Handed) -> str | None:
    """Of a file that has several; None where there is no choice."""
    tables = state.intake.tables(handed)
    if not tables:
        return None
    rows = {one.name: one.rows for one in tables}
    return st.selectbox(
        f"Table of {for_markdown(handed.name)}",
        list(rows),
        format_func=lambda name: name if rows[name] is None else f"{name}, {rows[name]:,} rows",
        key=f"table_{handed.id}",
        help="Where the pictures are: as bytes, as links or as paths.",
    )


def _chosen_encoding(handed: Handed, guess: str) -> str | None:
    """How a text was saved that does not say so by itself; None for the guess."""
    chosen = st.selectbox(
        f"Encoding of {for_markdown(handed.name)}",
        sorted({guess, *ENCODINGS}),
        index=sorted({guess, *ENCODINGS}).index(guess),
        key=f"encoding_{handed.id}",
        help="Guessed, as the file is no Unicode. Choose another one where names look wrong.",
    )
    return None if chosen == guess else chosen


def _column_choice(handed: Handed, table: str | None, guessed: Listing | None, columns: tuple[str, ...]) -> str | None:
    """Which column the pictures are taken from."""
    return st.selectbox(
        f"Column of {for_markdown(handed.name)} that holds the pictures",
        columns,
        index=None if guessed is None or guessed.column is None else columns.index(guessed.column),
        key=f"column_{handed.id}_{table}",
        placeholder="Choose the column",
        help="Guessed by its name and by what it holds. The other columns are kept as metadata.",
    )


def _owners_folder() -> Listing:
    """Pictures that lie on the server, in a folder that its owner has named."""
    folders = [one for one in owner().folders if one.is_dir()]
    if not folders:
        return Listing(())
    chosen = st.selectbox(
        "A folder of this server",
        [folder.as_posix() for folder in folders],
        index=None,
        placeholder="None",
        key="add_server_folder",
        help="The folders that the owner of this app has named, with all that lies in them.",
    )
    if chosen is None:
        return Listing(())
    try:
        return list_source(chosen)
    except PicTraceError as error:
        return Listing((), (Skipped(chosen, str(error)),))
