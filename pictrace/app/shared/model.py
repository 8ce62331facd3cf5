"""Look-alikes in the app: why they are not ready, and getting their model."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.escape import for_markdown
from pictrace.metrics.base import Metric
from pictrace.models import RUNTIME_COMMAND, Model, runtime_name
from pictrace.service.model_jobs import GetJob, Jobs

__all__ = ["jobs", "not_ready"]


@st.cache_resource
def jobs() -> Jobs:
    """Shared by all sessions, so that nothing is fetched or made twice."""
    return Jobs()


def not_ready(metric: Metric) -> None:
    """Under a slider that cannot be moved: what to do about it."""
    model = metric.remedy()
    if model is None:
        with st.popover(_("Why not?"), icon=":material/info:", width="stretch"):
            st.write(for_markdown(translated(metric.unavailable())))
        return
    job = jobs().getting(model)
    with st.popover(_("Get the model"), icon=":material/download:", width="stretch"):
        if job is not None and job.running:
            _watch_download(job)
            return
        _offer(model)
        if job is not None and job.problem:
            st.error(for_markdown(translated(job.problem)), icon=":material/error:")
    if job is None and runtime_name() != "onnxruntime":
        st.caption(_("Faster with ONNX Runtime: {command}", command=f"`{RUNTIME_COMMAND}`"))


def _offer(model: Model) -> None:
    st.write(
        _(
            "{model}, a network trained on ImageNet, is fetched once for everybody and kept on this server: "
            "**{size:.0f} MB** from {host}, licence {licence}. It is used only if its SHA-256 is right.",
            model=model.title,
            size=model.megabytes,
            host=for_markdown(urlsplit(model.addresses[0]).hostname or ""),
            licence=for_markdown(model.licence),
        )
    )
    st.caption(_("On the command line: {command}", command=f"`python -m pictrace model get {model.name}`"))
    if st.button(_("Get it"), type="primary", icon=":material/download:", key=f"get_{model.name}"):
        jobs().get(model)
        st.rerun()


@st.fragment(run_every=0.5)
def _watch_download(job: GetJob) -> None:
    """How far it has come; only this part is drawn again meanwhile."""
    if not job.running:
        st.rerun()
    so_far = _(
        "{done:.0f} of {total:.0f} MB of {model}", done=job.done / 1e6, total=job.total / 1e6, model=job.model.title
    )
    st.progress(min(1.0, job.done / job.total), text=so_far)
    st.button(_("Stop"), icon=":material/stop:", on_click=job.stop, key="stop_get", help=_("What has arrived is kept."))
