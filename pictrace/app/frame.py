"""What every page shares: the logo, and the few rules of style that the theme has no setting for."""

from __future__ import annotations

from importlib import resources

import streamlit as st

from pictrace.metrics import all_metrics

__all__ = ["frame"]

LOGO = resources.files(__package__).joinpath("assets", "logo.svg").read_text("utf-8")


def frame() -> None:
    """Draw it; called once a run, before the page."""
    st.logo(LOGO, size="large")
    rules = [
        "[data-testid='stMainBlockContainer'] {padding-left: 2rem; padding-right: 2rem; max-width: 1500px;}",
        "@media (max-width: 640px) {"
        "[data-testid='stMainBlockContainer'] {padding-left: 1rem; padding-right: 1rem;}"
        ".stButton button, .stPopover button, .stDownloadButton button {min-height: 44px;}}",
    ]
    rules += [
        f".st-key-metric-{metric.name} [data-testid='stWidgetLabel'] p::before "
        "{content: ''; display: inline-block; width: .7em; height: .7em; margin-right: .45em; "
        f"border-radius: 50%; background: {metric.colour};}}"
        for metric in all_metrics()
    ]
    st.html(f"<style>{' '.join(rules)}</style>")
