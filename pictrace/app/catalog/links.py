"""The part of the catalog page for its links: what vanished, what changed."""

from __future__ import annotations

import streamlit as st

from pictrace.app.catalog.state import JobState
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.session import of_session
from pictrace.catalog.links import LINK_STATES
from pictrace.service.jobs import RefreshJob
from pictrace.service.pictures import upload_limits
from pictrace.service.workspaces import Workspace
from pictrace.told import told

__all__ = ["links"]

SHOWN = 500
WORTH_SHOWING = ("gone", "changed", "failed")
TITLES = {"ok": told("Working"), "changed": told("Changed"), "gone": told("Gone"), "failed": told("Failed")}


def links(workspace: Workspace) -> None:
    """How the links stood when they were last asked; ask them again."""
    counts = workspace.catalog.link_counts()
    total = sum(counts.values())
    if not total:
        st.info(_("No picture of this catalog came from a link."), icon=":material/link_off:")
        return
    with st.container(horizontal=True):
        st.metric(_("Links"), f"{total:,}", border=True)
        for name, title in TITLES.items():
            st.metric(translated(title), f"{counts.get(name, 0):,}", border=True, help=translated(LINK_STATES[name]))
    if workspace.writable:
        _refresh_button(workspace)
    else:
        st.caption(_("This catalog cannot be changed here, so its links cannot be refreshed."))
    found = workspace.catalog.links_found(*WORTH_SHOWING, limit=SHOWN)
    if not found:
        return
    states = [(one.source, one.source.link) for one in found if one.source.link is not None]
    st.dataframe(
        {
            _("Link"): [source.address for source, link in states],
            _("Title"): [source.title for source, link in states],
            _("State"): [translated(TITLES[link.state]) for source, link in states],
            _("Last checked"): [link.checked_at[:16].replace("T", " ") for source, link in states],
        },
        hide_index=True,
    )
    noteworthy = sum(counts.get(name, 0) for name in WORTH_SHOWING)
    if noteworthy > SHOWN:
        st.caption(_("{shown} of {all:,} are shown.", shown=SHOWN, all=noteworthy))


def _refresh_button(workspace: Workspace) -> None:
    state = of_session(JobState)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            _("Refresh links"),
            type="primary",
            icon=":material/sync:",
            disabled=state.job is not None,
            help=_(
                "Asks each server whether its picture changed, and downloads only those that did. Pictures that are "
                "gone there stay in the catalog."
            ),
        ):
            state.job = RefreshJob(workspace.catalog, upload_limits())
            st.rerun()
        replaced = workspace.catalog.link_counts().get("changed", 0)
        if replaced:
            with st.popover(_("Remove replaced pictures"), icon=":material/delete_sweep:"):
                st.write(_("Removes pictures whose only links now lead to a different picture."))
                if st.button(_("Remove them"), type="primary"):
                    removed = workspace.catalog.remove_replaced()
                    st.toast(_("{number:,} removed.", number=removed))
                    st.rerun()
