"""How it works: the metrics on a live example, presets, privacy, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from pictrace import kernels
from pictrace.app.about.live import live_example
from pictrace.app.shared.language import _, translated
from pictrace.escape import for_markdown
from pictrace.metrics import all_metrics
from pictrace.sample import PHOTOGRAPHS
from pictrace.searching.presets import all_presets

__all__ = ["show"]


def show() -> None:
    """The whole page."""
    st.title(_("How it works"), anchor=False)
    st.write(
        _(
            "Give PicTrace a picture. It finds the pictures of your catalog that match it, shows why, and lets "
            "you change what counts as a match. Each metric below gives a number of its own, and a fixed line "
            "makes a similarity of it, from 0 to 1; the score is the mean of the similarities by their weights. "
            "Change the photograph, and see which metrics still know it."
        )
    )
    live_example()
    for metric in all_metrics():
        if metric.unavailable():
            st.caption(f"{translated(metric.title)}: {for_markdown(translated(metric.unavailable()))}")
    st.header(_("Presets"), anchor=False)
    for preset in all_presets():
        st.markdown(f"**{translated(preset.title)}**: {translated(preset.help)}")
    st.header(_("Your pictures"), anchor=False)
    st.write(
        _(
            "Your picture stays in this server's memory for your session only; it is not stored or sent anywhere. "
            "Links are fetched by the server, from public addresses only."
        )
    )
    st.header(_("The sample catalog"), anchor=False)
    st.write(
        _(
            "{count} photographs that the scikit-image package ships, free to use (their sources are "
            "listed in its README), and changed versions of some of them, made on this machine.",
            count=len(PHOTOGRAPHS),
        )
    )
    st.header(_("Versions"), anchor=False)
    names = ("pictrace", "streamlit", "numpy", "opencv-python-headless", "scikit-image", "numba", "onnxruntime")
    st.dataframe(
        {_("Package"): ["Python", *names], _("Version"): [platform.python_version(), *map(_version, names)]},
        hide_index=True,
    )
    st.caption(
        _(
            "Kernels: {backend}. Licence: MIT. EfficientNet-Lite0, which comes along: Apache-2.0.",
            backend=kernels.backend(),
        )
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return _("not installed")
