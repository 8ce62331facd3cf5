"""What every page shares: the logo, and the few rules of style that the theme has no setting for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pictrace.app.pages import pages_in
from pictrace.metrics import all_metrics, colour_of

__all__ = ["frame", "in_frame", "route"]

LOGO = resources.files(__package__).joinpath("assets", "logo.svg").read_text("utf-8")

FRAMED = "pictrace_framed"
RUNS = "pictrace_runs"


def route() -> None:
    """The frame, the navigation, and the page that was asked for."""
    st.set_page_config(page_title="PicTrace", page_icon=":material/image_search:", layout="wide")
    frame()
    st.navigation(
        [
            st.Page(f"pages/{one.file}", title=one.title, icon=one.icon, default=not number)
            for number, one in enumerate(pages_in(_folder()))
        ],
        position="top",
    ).run()
    _count_run()


def _folder() -> Path:
    """Where the pages are: beside the script that was started."""
    context = get_script_run_ctx()
    return Path(context.main_script_path if context else "streamlit_app.py").parent / "pages"


def in_frame(show: Callable[[], None]) -> None:
    """Draw a page; where the router has not run, run it instead.

    The very first request to a fresh server finds Streamlit's older rule in force, by which each file in
    ``pages/`` is an app of its own: if it asks for another page than the first, only that file is run. The
    navigation ends that rule.
    """
    if FRAMED in st.session_state:
        show()
    else:
        route()


def _count_run() -> None:
    """Say, unseen, how many runs of this session have drawn a whole page: what drives a browser waits for it."""
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    with st.container(key="runs"):
        st.html(f'<span data-runs="{st.session_state[RUNS]}"></span>')


def frame() -> None:
    """Draw it; called once a run, before the page."""
    st.session_state[FRAMED] = True
    st.logo(LOGO, size="large")
    rules = [
        ".st-key-unseen, .st-key-runs {display: none;}",  # scripts that have nothing to show, and the count of runs
        "[data-testid='stMainBlockContainer'] {padding-left: 2rem; padding-right: 2rem; max-width: 1500px;}",
        "@media (max-width: 640px) {"
        "[data-testid='stMainBlockContainer'] {padding-left: 1rem; padding-right: 1rem;}"
        ".stButton button, .stPopover button, .stDownloadButton button {min-height: 44px;}}",
    ]
    rules += [
        f".st-key-metric-{metric.name} [data-testid='stWidgetLabel'] p::before "
        "{content: ''; display: inline-block; width: .7em; height: .7em; margin-right: .45em; "
        f"border-radius: 50%; background: {colour_of(metric)};}}"
        for metric in all_metrics()
    ]
    st.html(f"<style>{' '.join(rules)}</style>")
