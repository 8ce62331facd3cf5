"""The family tree of a group, drawn where somebody wants it: for that, originals are read."""

from __future__ import annotations

import streamlit as st

from pictrace.duplicates.documents import tree_as_dot
from pictrace.duplicates.groups import Group
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.reviewing import Review

__all__ = ["family_part"]

FEWEST = 2


def family_part(review: Review, group: Group, count: int) -> None:
    """A switch, and below it the tree with what was done on each way."""
    if count < FEWEST or not st.toggle("Family tree: what was made from what", key="dup_tree"):
        return
    try:
        with st.spinner("Looking at the originals"):
            tree = review.tree(group)
    except PicTraceError as error:
        st.warning(for_markdown(str(error)), icon=":material/warning:")
        return
    if tree is None:
        st.info("The originals do not tell, or cannot be read.", icon=":material/info:")
        return
    names = {image.id: image.record.label for image in group.images}
    st.graphviz_chart(tree_as_dot(tree, names))
    for edge in tree.edges:
        changes = "; ".join(str(one["text"]) for one in edge.note["changes"]) or str(edge.note["text"])
        way = (edge.parent, edge.child) if edge.as_told else (edge.child, edge.parent)
        told = f"{names[way[0]]} → {names[way[1]]}: {changes}" + (
            "" if edge.as_told else " (and so the other way round)"
        )
        st.caption(for_markdown(told))
