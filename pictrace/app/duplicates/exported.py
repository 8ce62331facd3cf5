"""What was decided, as files to take away: lists, and scripts that move copies into a folder and back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.shared.language import _, n_
from pictrace.duplicates.groups import Group
from pictrace.duplicates.keeping import Rule
from pictrace.service.reviewing import Review

__all__ = ["export_part"]


def export_part(
    review: Review, *, groups: Sequence[Group] = (), rules: Sequence[Rule] = (), writable: bool = False
) -> None:
    """Decide for all that is shown by the rules; download decisions and scripts."""
    with st.expander(_("Decide by rules, and take decisions away"), icon=":material/download:"):
        if groups and writable:
            copies = sum(len(group.images) - 1 for group in groups)
            st.markdown(
                n_(
                    "The rules at the side keep {count:,} picture, and would call {copies:,} copies. "
                    "Look through some groups first: the one to keep is named in each.",
                    "The rules at the side keep {count:,} pictures, and would call {copies:,} copies. "
                    "Look through some groups first: the one to keep is named in each.",
                    len(groups),
                    copies=copies,
                )
            )
            st.button(
                _("Keep by the rules, in all groups shown"),
                icon=":material/done_all:",
                key="dup_all",
                on_click=review.keep_all_by,
                args=(groups, rules),
            )
            if review.can_undo:
                st.button(_("Undo the last decision"), icon=":material/undo:", key="dup_undo", on_click=review.undo)
        with st.container(horizontal=True):
            st.download_button(
                _("Decisions as CSV"), review.decisions_csv, "duplicates.csv", "text/csv", on_click="ignore"
            )
            st.download_button(
                _("Decisions as JSON"), review.decisions_json, "duplicates.json", "application/json", on_click="ignore"
            )
        folder = st.text_input(
            _("Folder to move copies to, on the computer where they lie"),
            key="dup_target",
            placeholder="/home/me/copies",
        )
        if folder.strip():
            st.download_button(
                n_(
                    "Scripts that move {count:,} file, and back",
                    "Scripts that move {count:,} files, and back",
                    len(review.moves()),
                ),
                lambda: review.scripts_zip(folder.strip()),
                "move-copies.zip",
                "application/zip",
                on_click="ignore",
                help=_("For a shell and for PowerShell. Read them before you run them."),
            )
