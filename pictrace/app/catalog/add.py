"""The part of the catalog page that adds pictures: choose them, see what adding would do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.catalog.page_links import from_web_page
from pictrace.app.catalog.state import AddState, JobState
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.open_catalog import catalog_state
from pictrace.app.shared.query_state import query_state
from pictrace.app.shared.session import of_session
from pictrace.app.shared.uploads import refer_to, with_room
from pictrace.catalog.keeping import COMPACT
from pictrace.catalog.records import Source
from pictrace.errors import ColumnError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.jobs import AddJob, Preview, preview
from pictrace.service.owner import owner
from pictrace.service.pictures import picture_types, upload_limits
from pictrace.service.typed_links import listing_of_links
from pictrace.service.uploads import Upload
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.discovery import upload_suffixes
from pictrace.sources.listing import list_source
from pictrace.sources.sequences import Joined
from pictrace.sources.text import ENCODINGS

__all__ = ["add_pictures"]


def add_pictures(workspace: Workspace) -> None:
    """Choose pictures from anywhere, and begin to add them in the background."""
    state, work, picture = of_session(AddState), of_session(JobState), query_state().search.picture
    if work.job is not None:
        running = work.job.running
        st.caption(_("You can add more when this has finished.") if running else _("Choose “Done” above to add more."))
        return
    left, right = st.columns(2)
    with left:
        files = [*_chosen_files(_("Pictures"), True, f"add_{state.emptied}")]
    with right:
        files += _chosen_files(_("Or a whole folder"), "directory", f"add_folder_{state.emptied}")
    refer_to(files)
    files = with_room(files)
    chosen = [Item.of_bytes(file.getvalue(), Source("upload", file.name, Path(file.name).name)) for file in files]
    left_out: list[Skipped] = []
    listings, catalogs = _uploaded(state)
    covers: list[str] = []
    parts: list[Sequence[Item]] = []
    for listing in (*listings, _owners_folder()):
        covers += [listing.covers] if listing.covers is not None else []
        parts.append(listing.items)
        left_out += listing.skipped
    links = st.text_area(
        _("Links to pictures or IIIF manifests, one per line"), key="add_links", height=96, placeholder="https://…"
    )
    linked = listing_of_links(links.splitlines(), state.manifests)
    chosen += linked.items
    left_out += linked.skipped
    chosen += from_web_page(state)
    if picture is not None and st.checkbox(_("The picture that you search with"), key="add_query"):
        chosen.append(Item.of_bytes(picture.data, Source(picture.kind, picture.name)))
    items: Sequence[Item] = Joined(chosen, *parts)
    _show_left_out(left_out)
    if not items and not catalogs:
        st.caption(_("Nothing chosen yet."))
        return
    if items:
        found = preview(workspace.catalog, items, upload_limits())
        _show_preview(found)
        if found.is_hopeless and not catalogs:
            return
    for name, upload in catalogs.items():
        pictures = state.uploads.kind(upload).pictures
        st.markdown(
            n_(
                "**{name}: a PicTrace catalog of {count:,} picture**, added with its features",
                "**{name}: a PicTrace catalog of {count:,} pictures**, added with its features",
                pictures,
                name=for_markdown(name),
            )
        )
    compact = _is_new(workspace) and st.checkbox(
        _("Compact catalog"),
        key="add_compact",
        help=_(
            "For small databases, less than 25 KB a picture. Structure, Keypoints (ORB) and Colours are then not "
            "comparable, and copies cannot be looked for. It cannot be changed later."
        ),
    )
    label = _("Add to this catalog") if workspace.writable else _("Add to a catalog of my own")
    if st.button(label, type="primary", icon=":material/add_photo_alternate:"):
        paths = {name: upload.path for name, upload in catalogs.items()}
        try:
            target_catalog = catalog_state().workspace_to_add_to().catalog
            if compact:
                target_catalog.keep(COMPACT)
            items = Joined([state.uploads.on_disk(one) for one in chosen], *parts)
            work.job = AddJob(target_catalog, items, upload_limits(), catalogs=paths, covers=covers, keep=state.uploads)
        except PicTraceError as error:
            st.error(for_markdown(translated(str(error))), icon=":material/error:")
            return
        state.forget_chosen()
        st.rerun()


def _is_new(workspace: Workspace) -> bool:
    """Whether nothing was ever written to the catalog that pictures are added to."""
    target = workspace if workspace.writable else catalog_state().private
    return target is None or target.catalog.revision() == 0


def _chosen_files(label: str, many: Literal[True, "directory"], key: str) -> list[UploadedFile]:
    return st.file_uploader(
        label,
        type=picture_types(),
        accept_multiple_files=many,
        key=key,
        max_upload_size=max(1, upload_limits().max_bytes // 1024**2),
    )


def _show_left_out(left_out: list[Skipped]) -> None:
    if left_out:
        count = len(left_out)
        st.markdown(n_("**{count:,} entry cannot be added**", "**{count:,} entries cannot be added**", count))
        rows = {
            _("Entry"): [one.address for one in left_out],
            _("Reason"): [translated(one.reason) for one in left_out],
        }
        st.dataframe(rows, hide_index=True, height=min(38 * (count + 1), 220))


def _show_preview(found: Preview) -> None:
    st.markdown(f"**{translated(found.summary)}**")
    for failures in (found.refused, found.unreadable):
        for failure in failures[:5]:
            st.caption(for_markdown(f"{failure.source.label}: {translated(failure.reason)}"))
        if len(failures) > 5:
            more = len(failures) - 5
            st.caption(_("… and {number:,} more, which are listed when the rest has been added.", number=more))


# Archives, tables, lists, databases --------------------------------------------------------------


def _uploaded(state: AddState) -> tuple[list[Listing], dict[str, Upload]]:
    """(what the uploads list, PicTrace's own catalogs among them by name)."""
    uploads = st.file_uploader(
        _("Archives, tables, lists of links, databases, catalogs"),
        type=list(upload_suffixes()),
        accept_multiple_files=True,
        key=f"add_listing_{state.emptied}",
    )
    listings: list[Listing] = []
    catalogs: dict[str, Upload] = {}
    refer_to(uploads)
    for one in with_room(uploads):
        upload = state.uploads.take(one.file_id, one.name, one.getbuffer())
        kind = state.uploads.kind(upload) if upload.is_database else None
        if kind is not None and kind.kind == "catalog":
            catalogs[upload.name] = upload
        elif kind is not None and kind.kind != "foreign":
            listings.append(Listing((), (Skipped(upload.name, kind.reason),)))
        else:
            listings.append(_listing(state, upload))
    return listings, catalogs


def _listing(state: AddState, upload: Upload) -> Listing:
    """What an upload names; its table, encoding and column are guessed, shown, and corrected here."""
    table: str | None = None
    encoding: str | None = None
    guessed: Listing | None = None
    try:
        table = _chosen_table(state, upload)
        guessed = state.uploads.listing(upload, table=table)
        if guessed.encoding is not None and guessed.encoding_is_guess:
            encoding = _chosen_encoding(upload, guessed.encoding)
            guessed = state.uploads.listing(upload, table=table, encoding=encoding)
        columns = guessed.columns
    except ColumnError as error:
        columns = error.columns
    except PicTraceError as error:
        return Listing((), (Skipped(upload.name, str(error)),))
    chosen = _column_choice(upload, table, guessed, columns) if columns else None
    if guessed is not None and chosen in {None, guessed.column}:
        return guessed
    if chosen is None:
        return Listing((), (Skipped(upload.name, _("None of its columns looks like pictures. Choose one above.")),))
    try:
        return state.uploads.listing(upload, column=chosen, table=table, encoding=encoding)
    except PicTraceError as error:
        return Listing((), (Skipped(upload.name, str(error)),))


def _chosen_table(state: AddState, upload: Upload) -> str | None:
    """Of a file that has several; None where there is no choice."""
    tables = state.uploads.tables(upload)
    if not tables:
        return None
    titles = {one.name: one.name if one.rows is None else _sized(one.name, one.rows) for one in tables}
    return st.selectbox(
        _("Table of {name}", name=for_markdown(upload.name)),
        list(titles),
        format_func=titles.__getitem__,
        key=f"table_{upload.id}",
        help=_("The table that holds the pictures, their links or their paths."),
    )


def _sized(name: str, rows: int) -> str:
    return n_("{name}, {count:,} row", "{name}, {count:,} rows", rows, name=name)


def _chosen_encoding(upload: Upload, guess: str) -> str | None:
    """How a text was saved that does not say so by itself; None for the guess."""
    chosen = st.selectbox(
        _("Encoding of {name}", name=for_markdown(upload.name)),
        sorted({guess, *ENCODINGS}),
        index=sorted({guess, *ENCODINGS}).index(guess),
        key=f"encoding_{upload.id}",
        help=_("Guessed, because the file is not Unicode. Change it if names look wrong."),
    )
    return None if chosen == guess else chosen


def _column_choice(upload: Upload, table: str | None, guessed: Listing | None, columns: tuple[str, ...]) -> str | None:
    """Which column the pictures are taken from."""
    return st.selectbox(
        _("Column of {name} that holds the pictures", name=for_markdown(upload.name)),
        columns,
        index=None if guessed is None or guessed.column is None else columns.index(guessed.column),
        key=f"column_{upload.id}_{table}",
        placeholder=_("Choose the column"),
        help=_("Guessed. The other columns are kept as metadata."),
    )


def _owners_folder() -> Listing:
    """Pictures that lie on the server, in a folder that its owner has named."""
    folders = [one for one in owner().folders if one.is_dir()]
    if not folders:
        return Listing(())
    chosen = st.selectbox(
        _("A folder of this server"),
        [folder.as_posix() for folder in folders],
        index=None,
        placeholder=_("None"),
        key="add_server_folder",
        help=_("Folders that this app's owner has listed, with everything in them."),
    )
    if chosen is None:
        return Listing(())
    try:
        return list_source(chosen)
    except PicTraceError as error:
        return Listing((), (Skipped(chosen, str(error)),))
