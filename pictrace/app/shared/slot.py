"""Places for what is on a page only sometimes."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

__all__ = ["slot"]


def slot(name: str) -> DeltaGenerator:
    """A place that takes no room while nothing is in it, and is there even so.

    Streamlit knows what is on a page by its place. Were something put before them only sometimes, all that follows
    would be drawn anew, and lose what it shows: an open dialog, the picture that is zoomed, what is focused.
    """
    return st.container(key=f"slot-{name}")
