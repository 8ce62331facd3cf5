"""How far work in the background has come, on whatever part of the page one is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.catalog.state import JobState
from pictrace.app.shared.open_catalog import catalog_state
from pictrace.app.shared.session import of_session
from pictrace.escape import for_markdown
from pictrace.indexing.run import Failure
from pictrace.output.documents import failures_csv
from pictrace.service.jobs import Job

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
    done = f"{now.done:,} of {now.total:,} {job.doing}"
    rate = f", {now.rate:,.0f} a second, {now.left_s:,.0f} s left" if now.done else ""
    if now.total and now.done >= now.total:
        rate = ", finishing"  # storing the last, and after merging, making the features that are missing
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(min(1.0, now.done / max(1, now.total)), text=done + rate)
    pressed = right.button(
        "Stop",
        icon=":material/stop:",
        on_click=job.stop,
        help="What is done so far is kept.",
        width="stretch",
        disabled=job.stopped,
    )
    if pressed:
        job.stop()


def _draw_ended(state: JobState, job: Job) -> None:
    if job.problem:
        st.error(f"{for_markdown(job.problem)} {job.summary}", icon=":material/error:")
    elif job.stopped:
        st.warning(f"Stopped. {job.summary}", icon=":material/stop_circle:")
    elif job.failed_wholly:
        st.error(job.summary, icon=":material/error:")
    elif job.failures:
        st.warning(job.summary, icon=":material/warning:")
    else:
        st.success(job.summary, icon=":material/check_circle:")
    failures = job.failures
    if failures:
        _table(failures, "Reason")
    if job.notes:
        st.caption("Read otherwise than their files say:")
        _table(job.notes, "How")
    with st.container(horizontal=True):
        if job.can_go_on and st.button("Continue" if job.stopped else "Try these again", icon=":material/refresh:"):
            state.job = job.again()
            st.rerun()
        if failures:
            st.download_button("Failures", failures_csv(failures), "failures.csv", "text/csv", on_click="ignore")
        if st.button("Done", type="primary"):
            state.job = None
            catalog_state().drop_own_if_empty()
            st.rerun()


def _table(entries: Sequence[Failure], told: str) -> None:
    rows = {"Picture": [one.source.label for one in entries], told: [one.reason for one in entries]}
    st.dataframe(rows, hide_index=True, height=min(38 * (len(entries) + 1), 220))
