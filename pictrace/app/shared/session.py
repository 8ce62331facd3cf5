"""What one person's session keeps between the runs of a page: an object of each kind."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

__all__ = ["of_session", "session_key"]

Kept = TypeVar("Kept")


def session_key(kind: type[object]) -> str:
    """Under which name Streamlit keeps the session's object of this kind."""
    return f"pictrace_{kind.__name__}"


def of_session(kind: type[Kept]) -> Kept:
    """This session's object of this kind, made at its first use."""
    key = session_key(kind)
    if key not in st.session_state:
        st.session_state[key] = kind()
    found: Kept = st.session_state[key]
    return found
