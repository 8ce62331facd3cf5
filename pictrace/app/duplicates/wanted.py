"""What one wants to see of the groups, and by which rules a picture is kept: the controls at the side."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.shared.language import _, translated
from pictrace.duplicates.false_alarms import FalseAlarms
from pictrace.duplicates.groups import SURE
from pictrace.duplicates.keeping import DEFAULT_RULES, RULES, Rule, folder_rule
from pictrace.duplicates.levels import DEFAULT_LEVELS, Level
from pictrace.service.reviewing import Filters

__all__ = ["expected_part", "wanted_filters", "wanted_rules"]

LEVELS = [one for one in reversed(Level) if one is not Level.NONE]
MEGABYTE = 1_000_000


def wanted_filters() -> tuple[Filters, DeltaGenerator]:
    """Which groups are shown; and where to tell, beside the threshold, what it makes of them."""
    with st.sidebar:
        st.subheader(_("Show"), anchor=False)
        levels = st.pills(
            _("What pictures have in common"),
            [one.word for one in LEVELS],
            selection_mode="multi",
            default=[one.word for one in LEVELS if one in DEFAULT_LEVELS],
            format_func=lambda word: translated(Level.of(word).title),
            key="dup_levels",
            persist_state="session",
        )
        threshold = st.slider(
            _("How well copies must agree"),
            0.5,
            1.0,
            SURE,
            0.01,
            key="dup_threshold",
            help=_("Moving it deals the pictures out anew; nothing is compared again."),
            persist_state="session",
        )
        beside = st.empty()
        folder = st.text_input(_("Address contains"), key="dup_folder", max_chars=200, persist_state="session")
        least = st.number_input(
            _("Megabytes to be won, at least"), 0.0, 1e6, 0.0, 1.0, key="dup_least", persist_state="session"
        )
        across = st.toggle(_("Hide groups within one folder"), key="dup_across", persist_state="session")
        still_open = st.toggle(_("Hide what was decided"), value=True, key="dup_open", persist_state="session")
    chosen = frozenset(Level.of(word) for word in levels or [])
    return Filters(chosen, threshold, folder.strip(), int(least * MEGABYTE), across, still_open), beside


def expected_part(beside: DeltaGenerator, alarms: FalseAlarms) -> None:
    """How many false copies are expected at this threshold."""
    if alarms.copies:
        beside.caption(
            _(
                "Changed copies: {count:,}, of them expected to be false: {expected}",
                count=alarms.copies,
                expected=alarms.words,
            ),
            help=_(
                "By how many other pictures of this catalog look as much alike without being copies, and how often "
                "such pairs passed for copies where it was known. The same pixels are never false."
            ),
        )


def wanted_rules() -> list[Rule]:
    """The rules, the first that tells two pictures apart decides."""
    with st.sidebar:
        st.subheader(_("Keep"), anchor=False)
        names = st.multiselect(
            _("Rules, the first decides"),
            list(RULES),
            default=list(DEFAULT_RULES),
            format_func=lambda name: translated(RULES[name].title),
            key="dup_rules",
            persist_state="session",
        )
        folder = st.text_input(
            _("Before all others, what lies in"), key="dup_keep_folder", max_chars=500, persist_state="session"
        )
    rules = [RULES[name] for name in names]
    return [folder_rule(folder.strip()), *rules] if folder.strip() else rules
