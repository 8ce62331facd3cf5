"""Look-alikes in the app: why they are not ready, getting their model, and the features that a catalog lacks."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pictrace.app.shared.workspaces import Workspace
from pictrace.catalog.base import Catalog
from pictrace.escape import for_markdown
from pictrace.features import FeatureSpec
from pictrace.metrics.base import Metric
from pictrace.metrics.embedding import Embedding
from pictrace.models import RUNTIME_COMMAND, Model, is_here, runtime_name
from pictrace.service.jobs import RebuildJob
from pictrace.service.model_jobs import GetJob, Jobs

__all__ = ["missing_features", "not_ready"]


@st.cache_resource
def _jobs() -> Jobs:
    """Shared by all sessions, so that nothing is fetched or made twice."""
    return Jobs()


def not_ready(metric: Metric) -> None:
    """Under a slider that cannot be moved: what to do about it."""
    model = metric.model if isinstance(metric, Embedding) and not metric.problem else None
    if model is None or is_here(model) or not model.addresses:
        with st.popover("Why not?", icon=":material/info:", width="stretch"):
            st.write(for_markdown(metric.unavailable()))
        return
    job = _jobs().getting(model)
    with st.popover("Get the model", icon=":material/download:", width="stretch"):
        if job is not None and job.running:
            _watch_download(job)
            return
        _offer(model)
        if job is not None and job.problem:
            st.error(for_markdown(job.problem), icon=":material/error:")
    if job is None and isinstance(metric, Embedding) and runtime_name() != "onnxruntime":
        st.caption(f"Faster with ONNX Runtime: `{RUNTIME_COMMAND}`")


def _offer(model: Model) -> None:
    st.write(
        f"{model.title}, a network trained on ImageNet, is fetched once for everybody and kept on this server: "
        f"**{model.megabytes:.0f} MB** from {for_markdown(urlsplit(model.addresses[0]).hostname or '')}, licence "
        f"{for_markdown(model.licence)}. It is used only if its SHA-256 is right."
    )
    st.caption(f"On the command line: `python -m pictrace model get {model.name}`")
    if st.button("Get it", type="primary", icon=":material/download:", key=f"get_{model.name}"):
        _jobs().get(model)
        st.rerun()


@st.fragment(run_every=0.5)
def _watch_download(job: GetJob) -> None:
    """How far it has come; only this part is drawn again meanwhile."""
    if not job.running:
        st.rerun()
    told = f"{job.done / 1e6:.0f} of {job.total / 1e6:.0f} MB of {job.model.title}"
    st.progress(min(1.0, job.done / job.total), text=told)
    st.button("Stop", icon=":material/stop:", on_click=job.stop, key="stop_get", help="What has arrived is kept.")


@st.cache_data(show_spinner=False, max_entries=64)
def _lacking(location: str, revision: int, key: str, _catalog: Catalog, _spec: FeatureSpec) -> int:
    """How many pictures of the catalog have no features of this kind."""
    return len(_catalog.missing(_spec))


def missing_features(workspace: Workspace, metric: Metric) -> None:
    """Make what the catalog lacks for this metric, and tell how far it is; nothing where all is there."""
    catalog, jobs = workspace.catalog, _jobs()
    job = jobs.building(catalog, metric)
    if job is None or not job.running:
        spec = metric.spec
        lacking = _lacking(catalog.location, catalog.revision(), spec.key, catalog, spec)
        if not lacking:
            return
        if not workspace.completed:
            st.caption(
                f"{lacking:,} pictures have no features for {metric.title} yet. The owner of this catalog makes them "
                "with: `python -m pictrace rebuild --catalog FILE`"
            )
            return
        if job is None:  # the first time that somebody wants them: begun at once
            job = jobs.build(catalog, metric)
        else:
            pictures = "1 picture has" if lacking == 1 else f"{lacking:,} pictures have"
            with st.container(horizontal=True, vertical_alignment="center"):
                reason = f" {job.problem}" if job.problem else ""
                st.caption(f"{pictures} no features for {metric.title} yet.{for_markdown(reason)}")
                if st.button("Go on" if job.stopped else "Try again", icon=":material/refresh:", key="build_again"):
                    jobs.build(catalog, metric)
                    st.rerun()
            return
    _watch_features(job, metric.title)


@st.fragment(run_every=1.0)
def _watch_features(job: RebuildJob, title: str) -> None:
    """How far it has come; the results take in what is new when it has ended, and at every other change."""
    if not job.running:
        st.rerun()
    now = job.progress
    told = f"{now.done:,} of {now.total:,} pictures, {now.rate:,.0f} a second, {now.left_s:.0f} s left"
    with st.container(horizontal=True, vertical_alignment="center"):
        share = now.done / now.total if now.total else 0.0
        st.progress(share, text=f"{title}: {told if now.total else 'beginning'}")
        st.button("Stop", icon=":material/stop:", on_click=job.stop, key="stop_build", help="What is made is kept.")
