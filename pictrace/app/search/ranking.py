"""What the scores at hand say where the sliders are: ranked once, for all parts of the page that show it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pictrace.app.shared.controls import Wanted, as_moved
from pictrace.app.shared.parts import running_alone
from pictrace.app.shared.session import of_session
from pictrace.errors import CriteriaError
from pictrace.searching.find import Found, find, leading
from pictrace.searching.verdict import Verdict
from pictrace.service.addresses import shown_record
from pictrace.service.answer import Answer
from pictrace.service.search import Search
from pictrace.service.workspaces import Workspace
from pictrace.told import told

__all__ = ["Ranking", "current_ranking", "rank"]

MOST_PARTS = 60
"""Pictures within the query that are shown, though less were asked for."""


@dataclass(frozen=True)
class Ranking:
    """of: what was ranked; answer: the same with the time that it took. found: nothing where no weight is set."""

    of: Answer
    answer: Answer
    wanted: Wanted
    found: Sequence[Found]
    said: Verdict


@dataclass
class _Kept:
    """The session's last one."""

    ranking: Ranking | None = None


def rank(workspace: Workspace, answer: Answer, wanted: Wanted) -> Ranking:
    """Rank anew."""
    started, table = time.perf_counter(), answer.table
    try:
        parts = min(MOST_PARTS, len(leading(table, answer.held, wanted.criteria)))
        criteria = replace(wanted.criteria, top=max(wanted.criteria.top, parts))
        ranked = find(workspace.catalog, table, criteria, answer.held)
        found = [replace(one, picture=shown_record(one.picture)) for one in ranked]
        said = answer.judge.verdict(
            workspace.catalog,
            table,
            found,
            wanted.criteria,
            answer.held,
            sources=workspace.calibrating.sources(),
            alarms=wanted.alarms,
        )
    except CriteriaError as error:
        made = Ranking(answer, answer, wanted, (), Verdict(told("All weights are zero"), str(error), frozenset()))
    else:
        timing_ms = {**answer.timing_ms, "rank": (time.perf_counter() - started) * 1e3}
        made = Ranking(answer, replace(answer, timing_ms=timing_ms), wanted, found, said)
    of_session(_Kept).ranking = made
    return made


def current_ranking(workspace: Workspace, search: Search, wanted: Wanted) -> Ranking:
    """The ranking by the sliders as they are now; the whole page runs where more than that has changed.

    wanted: as the whole page had it.
    """
    answer, now = search.answer, as_moved(wanted)
    current = search.is_current(workspace.cache, now.criteria, now.filters, orientations=now.orientations)
    if answer is None or (running_alone() and not current):
        st.rerun()
    kept = of_session(_Kept).ranking
    if kept is None or kept.of is not answer or kept.wanted != now:
        kept = rank(workspace, answer, now)
    if running_alone() and not kept.found:
        st.rerun()
    return kept
