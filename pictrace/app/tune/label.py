"""Labelling on the page: is this match the same? By mouse and by keys."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.tune.state import TuneState
from pictrace.escape import for_markdown
from pictrace.evaluation.labels import NOT_SAME, NOTHING, SAME, UNSURE, labels_csv, labels_of
from pictrace.service.labelling import Labelling, Question
from pictrace.service.workspaces import Workspace
from pictrace.told import told
from pictrace.wording import percent

__all__ = ["label_part"]

FEWEST = 2
ANSWERS = (
    (SAME, "Same", ":material/check:", "s", told("The match shows the same picture or thing.")),
    (NOT_SAME, "Not the same", ":material/close:", "n", told("It shows something else; searches will say so.")),
    (UNSURE, "Unsure", ":material/question_mark:", "u", told("It counts neither right nor wrong.")),
)


def label_part(workspace: Workspace, state: TuneState, wanted: Wanted) -> None:
    """Queries one after the other; each label is in the catalog at once."""
    if not workspace.writable:
        st.info(
            _(
                "Labels are kept in the catalog, and this one cannot be written. Add pictures on the Catalog page: "
                "they make a catalog of your own."
            ),
            icon=":material/lock:",
        )
        return
    if workspace.catalog.count() < FEWEST:
        st.info(_("There are too few pictures to compare. Add some on the Catalog page."), icon=":material/inbox:")
        return
    if state.labelling is None:
        state.labelling = Labelling(workspace.cache)
        with st.spinner(_("Looking for the first pair")):
            state.labelling.begin(wanted.criteria)
    work = state.labelling
    if work.question is None:
        st.success(_("Every picture of this catalog was asked about."), icon=":material/done_all:")
    else:
        _question(workspace, work, work.question, wanted)
    _kept(workspace, work)


def _question(workspace: Workspace, work: Labelling, asked: Question, wanted: Wanted) -> None:
    records = workspace.catalog.pictures([asked.query_id, asked.match_id])
    with st.container(key="label-pair", horizontal=True):
        for key, title, picture_id in (
            ("query", _("Query"), asked.query_id),
            ("match", _("Match"), asked.match_id),
        ):
            label = records[picture_id].label if picture_id in records else _("a removed picture")
            thumbnail = workspace.catalog.thumbnail(picture_id)
            with st.container(key=f"label-{key}"):
                if thumbnail is not None:
                    st.image(thumbnail, alt=f"{title}: {label}", width="stretch")
                st.caption(f"**{title}**: {for_markdown(label)}")
    with st.container(key="label-answers", horizontal=True):
        for decision, title, icon, key, meaning in ANSWERS:
            st.button(
                translated(title),
                icon=icon,
                key=f"label_{key}",
                shortcut=key,
                help=translated(meaning),
                type="primary" if decision == SAME else "secondary",
                on_click=partial(work.answer, decision, wanted.criteria),
            )
    with st.container(horizontal=True):
        st.button(
            _("Nothing here matches"),
            icon=":material/block:",
            key="label_nothing",
            shortcut="x",
            on_click=partial(work.nothing, wanted.criteria),
        )
        st.button(
            _("Next query"),
            icon=":material/skip_next:",
            key="label_next",
            shortcut="j",
            on_click=partial(work.begin, wanted.criteria),
        )
        st.button(
            _("Undo"),
            icon=":material/undo:",
            key="label_undo",
            shortcut="z",
            on_click=work.undo,
            disabled=not work.given,
        )


def _kept(workspace: Workspace, work: Labelling) -> None:
    labels = labels_of(workspace.catalog)
    counts = {one: sum(label.decision == one for label in labels) for one in (SAME, NOT_SAME, UNSURE, NOTHING)}
    given = ", ".join(
        _("{count} {decision}", count=count, decision=translated(name)) for name, count in counts.items() if count
    )
    st.caption(_("Labels in this catalog: {given}.", given=given or _("none yet")))
    if work.given:
        weights = sorted(work.titles.items(), key=lambda one: -one[1])
        middle = ", ".join(f"{for_markdown(translated(title))} {percent(weight)}" for title, weight in weights)
        st.caption(
            n_(
                "{count:,} label now: {share} of all weights are still possible; on average they are {weights}.",
                "{count:,} labels now: {share} of all weights are still possible; on average they are {weights}.",
                work.given,
                share=percent(work.possible.share),
                weights=middle,
            )
        )
    if labels:
        st.download_button(
            _("Labels as CSV"),
            labels_csv(workspace.catalog, labels),
            "labels.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
