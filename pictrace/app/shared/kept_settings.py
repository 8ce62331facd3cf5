"""Controls that stay where they are while one looks at another page, on which Streamlit forgets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from pictrace.app.shared.state import Session

__all__ = ["kept"]


@contextmanager
def kept(state: Session, keys: Sequence[str]) -> Iterator[None]:
    """Draw the widgets of these keys within it. What the address says goes before what is remembered."""
    for key in keys:
        if key in state.settings and key not in st.session_state and key not in st.query_params:
            st.session_state[key] = state.settings[key]
    yield
    state.settings |= {key: st.session_state[key] for key in keys if key in st.session_state}
