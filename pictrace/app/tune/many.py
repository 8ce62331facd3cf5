"""Many pictures looked for at once: a folder, an archive or a table in, a table of answers out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.uploads import refer_to, with_room
from pictrace.app.tune.measure import watch
from pictrace.app.tune.state import TuneState
from pictrace.catalog.records import Source
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.output.documents import failures_csv
from pictrace.service.many_searches import ManySearches, first_cells, typed_queries
from pictrace.service.pictures import picture_types, upload_limits
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item, Skipped
from pictrace.sources.discovery import upload_suffixes

__all__ = ["many_part"]

MOST_TOLD = 5


def many_part(workspace: Workspace, state: TuneState, wanted: Wanted) -> None:
    """Choose queries; see what each finds."""
    st.caption(_("Each is looked for in this catalog as a search alone would, by your sliders and false alarms."))
    items, skipped = _chosen(workspace, state)
    for one in skipped[:MOST_TOLD]:
        st.caption(for_markdown(f"{one.address}: {translated(one.reason)}"))
    if len(skipped) > MOST_TOLD:
        st.caption(_("… and {more:,} more that cannot be looked for.", more=len(skipped) - MOST_TOLD))
    running = state.many is not None and state.many.running
    look = n_("Look for {count:,} picture", "Look for {count:,} pictures", len(items))
    if st.button(look, type="primary", icon=":material/manage_search:", disabled=running or not items):
        try:
            kept = [state.uploads.on_disk(one) for one in items]
            state.many = ManySearches(
                workspace, kept, wanted.criteria, orientations=wanted.orientations, alarms=wanted.alarms
            )
        except PicTraceError as error:
            st.error(for_markdown(translated(str(error))), icon=":material/error:")
    if state.many is None:
        return
    watch(state.many, _("Looked for {done:,} of {total:,} pictures"), "many")
    if not state.many.running:
        _answers(state.many)


def _chosen(workspace: Workspace, state: TuneState) -> tuple[list[Item], list[Skipped]]:
    most = max(1, upload_limits().max_bytes // 1024**2)
    columns = st.columns(3, gap="medium")
    pictures: list[UploadedFile] = []
    kinds: tuple[tuple[str, Literal[True, "directory"]], ...] = (
        (_("Pictures"), True),
        (_("Or a whole folder"), "directory"),
    )
    for column, (label, many) in zip(columns, kinds, strict=False):
        with column:
            pictures += st.file_uploader(
                label,
                type=picture_types(),
                accept_multiple_files=many,
                key="many_pictures" if many is True else "many_folder",
                max_upload_size=most,
            )
    with columns[-1]:
        tables = st.file_uploader(
            _("Archives, tables, lists of links"),
            type=list(upload_suffixes()),
            accept_multiple_files=True,
            key="many_tables",
        )
    refer_to([*pictures, *tables])
    typed = st.text_area(
        _("Links, or ids and names of pictures of this catalog, one per line"), key="many_typed", height=96
    )
    items, skipped = typed_queries(typed.splitlines(), workspace.catalog)
    for file in with_room(pictures):
        items.append(Item.of_bytes(file.getvalue(), Source("upload", file.name, Path(file.name).name)))
    for file in with_room(tables):
        try:
            listing = state.uploads.listing(state.uploads.take(file.file_id, file.name, file.getbuffer()))
        except PicTraceError as error:
            # A table of ids is no listing.
            named, _none = typed_queries(first_cells(file.getvalue()), workspace.catalog)
            items += named
            skipped += [] if named else [Skipped(file.name, str(error))]
        else:
            items += listing.items
            skipped += listing.skipped
    return items, skipped


def _answers(job: ManySearches) -> None:
    if job.problem:
        st.error(for_markdown(translated(job.problem)), icon=":material/error:")
    if job.stopped:
        st.warning(_("Stopped: these are the pictures that were looked for by then."), icon=":material/stop_circle:")
    if job.failures:
        st.warning(
            n_(
                "{count:,} picture could not be looked for.",
                "{count:,} pictures could not be looked for.",
                len(job.failures),
            ),
            icon=":material/warning:",
        )
        st.download_button(_("Failures"), failures_csv(job.failures), "failures.csv", "text/csv", on_click="ignore")
    if not job.answers:
        return
    found = sum(one.good > 0 for one in job.answers)
    st.markdown(
        n_(
            "**{found:,} of {count:,} picture found.**",
            "**{found:,} of {count:,} pictures found.**",
            len(job.answers),
            found=found,
        )
    )
    st.dataframe(
        [
            {
                _("Query"): one.query,
                _("Answer"): translated(one.headline),
                _("Good matches"): one.good,
                _("Nearest"): one.best,
                _("Score"): one.score,
                _("Scores"): one.scores,
            }
            for one in job.answers
        ],
        hide_index=True,
        key="many_answers",
        column_config={
            _("Score"): st.column_config.NumberColumn(format="%.2f"),
            _("Scores"): st.column_config.BarChartColumn(
                help=_("Of the matches that are shown, the best first: one that stands out is seen."),
                y_min=0,
                y_max=1,
            ),
        },
    )
    st.download_button(
        _("Answers as CSV"), job.csv, "answers.csv", "text/csv", icon=":material/download:", on_click="ignore"
    )
