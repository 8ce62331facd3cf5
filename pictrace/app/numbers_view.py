"""The part of the catalog page that counts: sizes, formats, features."""

from __future__ import annotations

import streamlit as st

from pictrace.app.state import Session
from pictrace.app.workspaces import Workspace
from pictrace.charts import counts_figure

__all__ = ["numbers"]


def numbers(workspace: Workspace, state: Session) -> None:
    """The whole part."""
    facts, features = workspace.catalog.facts(), workspace.catalog.feature_counts()
    count = workspace.catalog.count()
    with st.container(horizontal=True):
        st.metric("Pictures", f"{count:,}", border=True)
        st.metric("Their originals", f"{facts.byte_count / 1024**2:,.1f} MB", border=True)
        st.metric("With several addresses", f"{facts.repeated:,}", border=True)
    if not count:
        return
    left, right = st.columns(2)
    plain = {"displayModeBar": False}
    left.plotly_chart(
        counts_figure("Which formats?", facts.formats), key="formats", config=plain, alt="Pictures by format"
    )
    sizes = {f"{size} to {size + 1} MP": number for size, number in facts.megapixels.items()}
    right.plotly_chart(counts_figure("How large?", sizes), key="sizes", config=plain, alt="Pictures by size")
    st.subheader("Features", anchor=False)
    rows = {
        "Kind": list(features),
        "Ready": list(features.values()),
        "Missing": [count - number for number in features.values()],
    }
    st.dataframe(rows, hide_index=True)
