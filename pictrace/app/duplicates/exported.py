"""What was decided, as files to take away: lists, and scripts that move copies into a folder and back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.duplicates.groups import Group
from pictrace.duplicates.keeping import Rule
from pictrace.service.reviewing import Review
from pictrace.wording import counted

__all__ = ["export_part"]


def export_part(
    review: Review, *, groups: Sequence[Group] = (), rules: Sequence[Rule] = (), writable: bool = False
) -> None:
    """Decide for all that is shown by the rules; download decisions and scripts."""
    with st.expander("Decide by rules, and take decisions away", icon=":material/download:"):
        if groups and writable:
            copies = sum(len(group.images) - 1 for group in groups)
            st.markdown(
                f"The rules at the side keep {counted(len(groups), 'picture')}, and would call {copies:,} copies. "
                "Look through some groups first: the one to keep is named in each."
            )
            st.button(
                "Keep by the rules, in all groups shown",
                icon=":material/done_all:",
                key="dup_all",
                on_click=review.keep_all_by,
                args=(groups, rules),
            )
            if review.can_undo:
                st.button("Undo the last decision", icon=":material/undo:", key="dup_undo", on_click=review.undo)
        with st.container(horizontal=True):
            st.download_button(
                "Decisions as CSV", review.decisions_csv, "duplicates.csv", "text/csv", on_click="ignore"
            )
            st.download_button(
                "Decisions as JSON", review.decisions_json, "duplicates.json", "application/json", on_click="ignore"
            )
        folder = st.text_input(
            "Folder to move copies to, on the computer where they lie", key="dup_target", placeholder="/home/me/copies"
        )
        if folder.strip():
            st.download_button(
                f"Scripts that move {counted(len(review.moves()), 'file')}, and back",
                lambda: review.scripts_zip(folder.strip()),
                "move-copies.zip",
                "application/zip",
                on_click="ignore",
                help="For a shell and for PowerShell. Read them before you run them.",
            )
