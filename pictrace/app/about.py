"""The about page: the metrics in plain words, privacy, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from pictrace import kernels
from pictrace.escape import for_markdown
from pictrace.metrics import all_metrics
from pictrace.sample import PHOTOGRAPHS
from pictrace.searching.presets import all_presets

__all__ = ["show"]


def show() -> None:
    """The whole page."""
    st.title("About PicTrace", anchor=False)
    st.write(
        "Give PicTrace a picture; it finds the pictures in your catalog that match it, shows why, and lets you "
        "change what “match” means while you watch."
    )
    st.subheader("What it measures", anchor=False)
    for metric in all_metrics():
        with st.container(border=True):
            st.markdown(f"**{metric.title}**")
            st.write(metric.help)
            best, worst = metric.scale.describe(metric.scale.best), metric.scale.describe(metric.scale.worst)
            st.caption(f"Counts fully at {best}, not at all at {worst}. Features: `{metric.feature_key}`.")
            if metric.unavailable():
                st.caption(for_markdown(metric.unavailable()))
    st.subheader("Presets", anchor=False)
    for preset in all_presets():
        st.markdown(f"**{preset.title}**: {preset.help}")
    st.subheader("Your pictures", anchor=False)
    st.write(
        "The picture that you search with stays in this server's memory for your session only; it is neither "
        "stored nor sent anywhere. A link is fetched by the server, from public addresses only."
    )
    st.subheader("The sample catalog", anchor=False)
    st.write(
        f"{len(PHOTOGRAPHS)} photographs that the scikit-image package ships, free to use (their sources are "
        "listed in its README), and changed versions of some of them, made on this machine."
    )
    st.subheader("Versions", anchor=False)
    names = ("pictrace", "streamlit", "numpy", "opencv-python-headless", "scikit-image", "numba", "onnxruntime")
    st.dataframe(
        {"Package": ["Python", *names], "Version": [platform.python_version(), *map(_version, names)]},
        hide_index=True,
    )
    st.caption(f"Kernels: {kernels.backend()}. Licence: MIT. EfficientNet-Lite0, which comes along: Apache-2.0.")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
