"""The family tree of a group, drawn where somebody wants it: for that, originals are read."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.app.shared.open_catalog import catalog_state
from pictrace.app.shared.session import of_session
from pictrace.duplicates.documents import tree_as_dot
from pictrace.duplicates.groups import Group
from pictrace.duplicates.relations import text_of
from pictrace.duplicates.tree import Edge
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.pictures import CATALOG_ADDRESS, catalog_picture
from pictrace.service.reviewing import Review
from pictrace.service.workspaces import SHARED, Workspace

__all__ = ["family_part"]

FEWEST = 2
COMPARE_PAGE = "pages/compare.py"


def family_part(workspace: Workspace, review: Review, group: Group, count: int) -> None:
    """A switch, and below it the tree with what was done on each way, which leads to the comparison of the two."""
    if count < FEWEST or not st.toggle(_("Family tree: what was made from what"), key="dup_tree"):
        return
    try:
        with st.spinner(_("Looking at the originals")):
            tree = review.tree(group)
    except PicTraceError as error:
        st.warning(for_markdown(translated(str(error))), icon=":material/warning:")
        return
    if tree is None:
        st.info(_("The originals do not tell, or cannot be read."), icon=":material/info:")
        return
    names = {image.id: image.record.label for image in group.images}
    # A new tab opens what all visitors have, not one's own catalog.
    st.graphviz_chart(tree_as_dot(tree, names, _address if catalog_state().choice == SHARED else None, translated))
    for edge in tree.edges:
        if st.button(_("{way} · **compare**", way=_told(edge, names)), key=f"dup_edge_{edge.child}", type="tertiary"):
            _compare(workspace, edge)


def _told(edge: Edge, names: Mapping[int, str]) -> str:
    changes = "; ".join(translated(text_of(one)) for one in edge.note["changes"]) or translated(text_of(edge.note))
    way = (edge.parent, edge.child) if edge.as_told else (edge.child, edge.parent)
    told = f"{names[way[0]]} → {names[way[1]]}: {changes}"
    return for_markdown(told if edge.as_told else _("{told} (and so the other way round)", told=told))


def _address(edge: Edge) -> str:
    """Of the comparison with its evidence: what was done to the parent to obtain the child."""
    return "compare?" + urlencode({FIRST: f"{CATALOG_ADDRESS}{edge.child}", SECOND: f"{CATALOG_ADDRESS}{edge.parent}"})


def _compare(workspace: Workspace, edge: Edge) -> None:
    try:
        pair = of_session(Comparison)
        for side, one in ((FIRST, edge.child), (SECOND, edge.parent)):
            pair.put(side, catalog_picture(workspace.catalog, one))
    except PicTraceError as error:
        st.warning(for_markdown(translated(str(error))), icon=":material/warning:")
        return
    st.switch_page(COMPARE_PAGE)
