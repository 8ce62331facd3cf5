"""How it works: the metrics on a live example, presets, privacy, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from pictrace import kernels
from pictrace.app.about.live import live_example
from pictrace.escape import for_markdown
from pictrace.metrics import all_metrics
from pictrace.sample import PHOTOGRAPHS
from pictrace.searching.presets import all_presets

__all__ = ["show"]


def show() -> None:
    """The whole page."""
    st.title("How it works", anchor=False)
    st.write(
        "Give PicTrace a picture. It finds the pictures of your catalog that match it, shows why, and lets you change "
        "what counts as a match. Each metric below gives a number of its own, and a fixed line makes a similarity of "
        "it, from 0 to 1; the score is the mean of the similarities by their weights. Change the photograph, and see "
        "which metrics still know it."
    )
    live_example()
    for metric in all_metrics():
        if metric.unavailable():
            st.caption(f"{metric.title}: {for_markdown(metric.unavailable())}")
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
