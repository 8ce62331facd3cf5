"""What pages say of a catalog that other servers hold."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.escape import for_markdown
from pictrace.service.workspaces import Workspace

__all__ = ["not_over_servers", "tell_silent"]


def not_over_servers(workspace: Workspace) -> bool:
    """Whether nothing more is to be drawn, as several servers hold the catalog; then it says so."""
    if not workspace.is_of_servers:
        return False
    st.info(
        _(
            "This catalog lies on other servers ({servers}), which are searched together here. What is done with all "
            "pictures of a catalog is done on each of them.",
            servers=for_markdown(workspace.title),
        ),
        icon=":material/lan:",
    )
    tell_silent(workspace)
    return True


def tell_silent(workspace: Workspace) -> None:
    """Each server that does not answer, and why; nothing where all do."""
    for name, reason in workspace.catalog.silent.items():
        told = _("{server} is silent: {reason}.", server=for_markdown(name), reason=for_markdown(translated(reason)))
        st.warning(told, icon=":material/lan:")
