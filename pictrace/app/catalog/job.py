"""How far work in the background has come, on whatever part of the page one is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.catalog.state import JobState
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.open_catalog import catalog_state
from pictrace.app.shared.session import of_session
from pictrace.escape import for_markdown
from pictrace.indexing.run import Failure
from pictrace.output.documents import failures_csv
from pictrace.service.jobs import Job, RefreshJob

__all__ = ["watch"]

POLL_S = 0.5


def watch() -> None:
    """Draw the session's job, if it has one; only this part is drawn again while it runs."""
    state = of_session(JobState)
    if state.job is not None:
        with st.container(border=True, key="job"):
            st.fragment(_draw, run_every=POLL_S if state.job.running else None)()


def _draw() -> None:
    state = of_session(JobState)
    job = state.job
    if job is None:
        st.rerun()
    running = job.running
    if running:
        _draw_running(job)
    if not job.begun and job.catalog.count():
        job.begun = True  # one's own catalog opens with its first picture
        catalog_state().open_own(job.catalog)
        st.rerun()
    if running:
        return
    if not job.seen:  # the rest of the page counts pictures too
        job.seen = True
        workspace = catalog_state().workspace()
        if workspace.catalog.identity == job.catalog.identity:
            workspace.calibrating.begin()  # so that the first search has an answer that rests on this catalog
        st.rerun()
    _draw_ended(state, job)


def _draw_running(job: Job) -> None:
    now = job.progress
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(min(1.0, now.done / max(1, now.total)), text=_how_far(job))
    pressed = right.button(
        _("Stop"),
        icon=":material/stop:",
        on_click=job.stop,
        help=_("What is done so far is kept."),
        width="stretch",
        disabled=job.stopped,
    )
    if pressed:
        job.stop()


def _how_far(job: Job) -> str:
    now = job.progress
    if isinstance(job, RefreshJob):
        done = _("{done:,} of {total:,} links", done=now.done, total=now.total)
    else:
        done = _("{done:,} of {total:,} pictures", done=now.done, total=now.total)
    if now.total and now.done >= now.total:
        return _("{done}, finishing", done=done)  # storing the last; after merging, making features that are missing
    if not now.done:
        return done
    return _("{done}, {rate:,.0f} a second, {left:,.0f} s left", done=done, rate=now.rate, left=now.left_s)


def _draw_ended(state: JobState, job: Job) -> None:
    summary = translated(job.summary)
    if job.problem:
        st.error(f"{for_markdown(translated(job.problem))} {summary}", icon=":material/error:")
    elif job.stopped:
        st.warning(_("Stopped. {summary}", summary=summary), icon=":material/stop_circle:")
    elif job.failed_wholly:
        st.error(summary, icon=":material/error:")
    elif job.failures:
        st.warning(summary, icon=":material/warning:")
    else:
        st.success(summary, icon=":material/check_circle:")
    failures = job.failures
    if failures:
        _table(failures, _("Reason"))
    if job.notes:
        st.caption(_("Read otherwise than their files say:"))
        _table(job.notes, _("How"))
    with st.container(horizontal=True):
        again = _("Continue") if job.stopped else _("Try these again")
        if job.can_go_on and st.button(again, icon=":material/refresh:"):
            state.job = job.again()
            st.rerun()
        if failures:
            st.download_button(_("Failures"), failures_csv(failures), "failures.csv", "text/csv", on_click="ignore")
        if st.button(_("Done"), type="primary"):
            state.job = None
            catalog_state().drop_own_if_empty()
            st.rerun()


def _table(entries: Sequence[Failure], title: str) -> None:
    rows = {
        _("Picture"): [one.source.label for one in entries],
        title: [translated(one.reason) for one in entries],
    }
    st.dataframe(rows, hide_index=True, height=min(38 * (len(entries) + 1), 220))
