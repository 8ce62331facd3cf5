"""The features that a catalog lacks for a metric that somebody wants: made in the background, and watched."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.model import jobs
from pictrace.catalog.base import Catalog
from pictrace.escape import for_markdown
from pictrace.features import FeatureSpec
from pictrace.metrics.base import Metric
from pictrace.output.keeping import told_keeping
from pictrace.service.jobs import RebuildJob
from pictrace.service.workspaces import Workspace

__all__ = ["left_out", "watch_missing_features"]


@st.cache_data(show_spinner=False, max_entries=64)
def _lacking(identity: str, revision: int, key: str, _catalog: Catalog, _spec: FeatureSpec) -> int:
    """How many pictures of the catalog have no features of this kind."""
    return len(_catalog.missing(_spec))


def watch_missing_features(workspace: Workspace, metric: Metric) -> None:
    """Make what the catalog lacks for this metric, and tell how far it is; nothing where all is there."""
    catalog, running = workspace.catalog, jobs()
    job = running.building(catalog, metric)
    if job is None or not job.running:
        spec = metric.spec
        lacking = _lacking(catalog.identity, catalog.revision(), spec.key, catalog, spec)
        if not lacking:
            return
        if not workspace.completed:
            st.caption(
                n_(
                    "{count:,} picture has no features for {metric} yet. Its owner can make them: {command}",
                    "{count:,} pictures have no features for {metric} yet. Its owner can make them: {command}",
                    lacking,
                    metric=translated(metric.title),
                    command="`python -m pictrace rebuild --catalog FILE`",
                )
            )
            return
        if job is None:  # the first time that somebody wants them: begun at once
            job = running.build(catalog, metric)
        else:
            told = n_(
                "{count:,} picture has no features for {metric} yet.",
                "{count:,} pictures have no features for {metric} yet.",
                lacking,
                metric=translated(metric.title),
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                reason = f" {translated(job.problem)}" if job.problem else ""
                st.caption(f"{told}{for_markdown(reason)}")
                if st.button(
                    _("Continue") if job.stopped else _("Try again"), icon=":material/refresh:", key="build_again"
                ):
                    running.build(catalog, metric)
                    st.rerun()
            return
    _watch_features(job, translated(metric.title))


def left_out(workspace: Workspace) -> None:
    """Tell what pictures of this catalog cannot be compared by, as it was made to keep little."""
    told = told_keeping(workspace.catalog.keeping)
    if told:
        st.caption(translated(told))


@st.fragment(run_every=1.0)
def _watch_features(job: RebuildJob, title: str) -> None:
    """How far it has come; the results take in what is new when it has ended, and at every other change."""
    if not job.running:
        st.rerun()
    now = job.progress
    told = _("{metric}: starting", metric=title)
    if now.total:
        told = _(
            "{metric}: {done:,} of {total:,} pictures, {rate:,.0f} a second, {left:.0f} s left",
            metric=title,
            done=now.done,
            total=now.total,
            rate=now.rate,
            left=now.left_s,
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        share = now.done / now.total if now.total else 0.0
        st.progress(share, text=told)
        st.button(
            _("Stop"),
            icon=":material/stop:",
            on_click=job.stop,
            key="stop_build",
            help=_("What is done so far is kept."),
        )
