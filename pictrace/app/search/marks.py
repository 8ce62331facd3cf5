"""What was said of the query and its matches before: marked on the list, and hidden where that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from pictrace.app.shared.language import _, n_, translated
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Decision
from pictrace.evaluation.labels import NOT_SAME, SAME, UNSURE, labels_of
from pictrace.searching.find import Found
from pictrace.service.workspaces import Workspace

__all__ = ["hides_wrong", "hiding_switch", "mark_buttons", "marks_of", "without_hidden"]

HIDE = "hide_not_same"


def marks_of(catalog: Catalog, query_id: int) -> dict[int, str]:
    """By the id of the other picture, what was said last of it and the query, whichever was asked with."""
    said = labels_of(catalog, [query_id])
    return {sum(one.pair) - query_id: one.decision for one in said if one.first_id != one.second_id}


def hides_wrong() -> bool:
    """Whether matches that are marked "not the same" are hidden."""
    return bool(st.session_state.get(HIDE, False))


def without_hidden(found: Sequence[Found], marks: Mapping[int, str]) -> list[Found]:
    """The matches that are shown."""
    return [one for one in found if not (hides_wrong() and marks.get(one.match.id) == NOT_SAME)]


def hiding_switch(found: Sequence[Found], marks: Mapping[int, str]) -> None:
    """Where any match is marked "not the same", a switch that says whether such are hidden."""
    wrong = sum(marks.get(one.match.id) == NOT_SAME for one in found)
    if wrong:
        label = n_("Hide {count:,} match marked “not the same”", "Hide {count:,} matches marked “not the same”", wrong)
        st.toggle(label, key=HIDE, persist_state="session")


def mark_buttons(workspace: Workspace, query_id: int, match_id: int, said: str | None) -> None:
    """Say of a match whether it is the same; said: what was said before, which a second press takes back."""
    if not workspace.writable or query_id == match_id:
        return
    with st.container(horizontal=True, key="mark"):
        for decision, icon in ((SAME, "check"), (NOT_SAME, "close"), (UNSURE, "question_mark")):
            st.button(
                translated(decision.capitalize()),
                icon=f":material/{icon}:",
                key=f"mark_{icon}",
                type="primary" if said == decision else "secondary",
                on_click=partial(_mark, workspace.catalog, query_id, match_id, "" if said == decision else decision),
                help=_("Kept in the catalog: shown on this page, and used to measure and to learn on the Tune page."),
            )


def _mark(catalog: Catalog, query_id: int, match_id: int, decision: str) -> None:
    if decision:
        catalog.decide([Decision(query_id, match_id, decision)])
    else:
        catalog.forget_decisions([(query_id, match_id)])
