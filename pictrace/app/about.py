"""The about page: the metrics in plain words, privacy, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from pictrace import kernels
from pictrace.escape import for_markdown
from pictrace.features import Scale
from pictrace.metrics import all_metrics
from pictrace.sample import PHOTOGRAPHS
from pictrace.searching.presets import all_presets

__all__ = ["show"]


def _counts(scale: Scale) -> str:
    """Which raw values count, as in "30 matching details or more count fully; 4 or fewer not at all."."""
    best = scale.describe(scale.best)
    if scale.smaller_is_nearer:
        return f"{best}: counts fully; {scale.worst:.0f} or more: not at all."
    if scale.whole:
        return f"{best} or more count fully; {scale.worst:.0f} or fewer not at all."
    return f"{best} counts fully; {scale.worst:.2f} or less not at all."


def show() -> None:
    """The whole page."""
    st.title("About PicTrace", anchor=False)
    st.write(
        "Give PicTrace a picture. It finds the pictures of your catalog that match it, shows why, and lets you change "
        "what counts as a match."
    )
    st.header("What it measures", anchor=False)
    for metric in all_metrics():
        with st.container(border=True):
            st.markdown(f"**{metric.title}**")
            st.write(metric.help)
            st.caption(f"{_counts(metric.scale)} Features: `{metric.feature_key}`")
            if metric.unavailable():
                st.caption(for_markdown(metric.unavailable()))
    st.header("Presets", anchor=False)
    for preset in all_presets():
        st.markdown(f"**{preset.title}**: {preset.help}")
    st.header("Your pictures", anchor=False)
    st.write(
        "Your picture stays in this server's memory for your session only; it is not stored or sent anywhere. Links "
        "are fetched by the server, from public addresses only."
    )
    st.header("The sample catalog", anchor=False)
    st.write(
        f"{len(PHOTOGRAPHS)} photographs that the scikit-image package ships, free to use (their sources are "
        "listed in its README), and changed versions of some of them, made on this machine."
    )
    st.header("Versions", anchor=False)
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
