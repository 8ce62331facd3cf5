"""What every page shares: the logo, and the few rules of style that the theme has no setting for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pictrace.app.pages import pages_in
from pictrace.app.shared.language import language_menu, translated
from pictrace.app.shared.parts import begin_page, end_page, part
from pictrace.app.shared.uploads import begin_run, let_go
from pictrace.images.budget import give_up_when
from pictrace.metrics import all_metrics, colour_of
from pictrace.precedence import answering
from pictrace.service.memory import leave_modules_to_themselves

__all__ = ["frame", "in_frame", "route"]

ASSETS = resources.files(__package__).joinpath("assets")
LOGO, STYLE = (ASSETS.joinpath(name).read_text("utf-8") for name in ("logo.svg", "frame.css"))

FRAMED = "pictrace_framed"
RUNS = "pictrace_runs"


def route() -> None:
    """The frame, the navigation, and the page that was asked for."""
    _give_up_when_left()
    st.set_page_config(page_title="PicTrace", page_icon=LOGO, layout="wide")
    frame()
    pages = [
        st.Page(f"pages/{one.file}", title=translated(one.title), icon=one.icon, default=not number)
        for number, one in enumerate(pages_in(_folder()))
    ]
    page = st.navigation(pages, position="top")
    with st.container(key="phone-nav", horizontal=True, gap=None):  # seen on phones only
        for one in pages:
            st.page_link(one, width="content")
    with answering():
        page.run()
    language_menu()
    _count_run()
    leave_modules_to_themselves()


def _give_up_when_left() -> None:
    """Have what this run decodes end as soon as its page is closed."""
    context = get_script_run_ctx()
    if context is not None and runtime.exists():
        is_open = runtime.get_instance().is_active_session
        give_up_when(lambda: not is_open(context.session_id))


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
        begin_run()
        begin_page()
        show()
        end_page()
        let_go()
    else:
        route()


@part("runs")
def _count_run() -> None:
    """Say, unseen, how many runs of this session have drawn all they had to: what drives a browser waits for it."""
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    with st.container(key="runs"):
        st.html(f'<span data-runs="{st.session_state[RUNS]}"></span>')


def frame() -> None:
    """Draw it; called once a run, before the page."""
    st.session_state[FRAMED] = True
    st.logo(LOGO, size="large")
    dots = [
        f".st-key-metric-{metric.name} [data-testid='stWidgetLabel'] p::before "
        "{content: ''; display: inline-block; width: .7em; height: .7em; margin-right: .45em; "
        f"border-radius: 50%; background: {colour_of(metric)};}}"
        for metric in all_metrics()
    ]
    st.html(f"<style>{STYLE}{' '.join(dots)}</style>")
