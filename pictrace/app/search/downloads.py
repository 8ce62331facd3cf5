"""The matches as files: a report for people, tables and documents for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, language, translated_to
from pictrace.output.documents import matches_csv, search_document
from pictrace.output.search_report import SearchReport, search_report
from pictrace.searching.find import Found
from pictrace.searching.verdict import Verdict
from pictrace.service.addresses import shown_address
from pictrace.service.answer import Answer
from pictrace.service.workspaces import Workspace
from pictrace.told import fixed, told_of

__all__ = ["downloads"]


def downloads(workspace: Workspace, answer: Answer, wanted: Wanted, found: Sequence[Found], said: Verdict) -> None:
    """The matches that are shown, as files; each is made when it is asked for."""

    def as_json() -> str:
        document = search_document(
            answer.picture.name,
            answer.query,
            workspace.catalog,
            answer.table,
            wanted.criteria,
            found,
            answer.timing_ms,
            said=said,
            held=answer.held,
            only=wanted.filters,
        )
        document["catalog"]["location"] = shown_address(workspace.catalog.location)
        return json.dumps(document, indent=2)

    code = language()
    words = partial(translated_to, code)

    def as_page() -> bytes:
        searched = told_of(
            "Searched {count:,} picture of {catalog}.",
            "Searched {count:,} pictures of {catalog}.",
            answer.table.catalog_size,
            catalog=fixed(workspace.title),
        )
        name, shown = words(answer.picture.name), answer.thumbnail  # an example has a name of ours
        get = workspace.catalog.thumbnail
        metrics = answer.table.metrics
        return search_report(
            SearchReport(name, shown, searched, said, found, metrics, wanted.criteria, get, code, words)
        )

    with st.container(horizontal=True):
        st.download_button(
            _("Report"),
            as_page,
            "search.html",
            "text/html",
            icon=":material/description:",
            help=_("The answer, the pictures and the numbers as one file to send to somebody."),
            on_click="ignore",
        )
        st.download_button(
            "CSV",
            partial(matches_csv, found, answer.table.names),  # made when it is asked for
            "matches.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            as_json,
            "matches.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
