"""Whether what is said is true: said and real false alarms, and how many matches of a score are right."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.errors import CriteriaError
from pictrace.evaluation.cube import Cube
from pictrace.evaluation.reliability import SAID, Alarms, alarms_of, shown_of
from pictrace.output.charts.reliability import alarms_said_figure, shown_figure
from pictrace.service.workspaces import Workspace
from pictrace.wording import counted

__all__ = ["reliability_part"]

PLAIN = {"displayModeBar": False}


def reliability_part(workspace: Workspace, cube: Cube, wanted: Wanted) -> None:
    """Of the sliders as they stand; nothing where they were not scored."""
    try:
        alarms = alarms_of(cube, wanted.criteria, workspace.calibrating.sources())
        shown = shown_of(cube, wanted.criteria)
    except CriteriaError:  # told above
        return
    if alarms is None and shown is None:
        return
    st.header("Is what is said true?", anchor=False)
    st.caption("By your sliders, on these queries.")
    left, right = st.columns(2, gap="medium")
    if alarms is not None:
        with left:
            st.plotly_chart(
                alarms_said_figure(alarms),
                key="tune_alarms_said",
                config=PLAIN,
                alt="The share of false alarms that there was, by the share that was said",
            )
        _table(alarms)
    if shown is not None:
        with right:
            st.plotly_chart(
                shown_figure(shown), key="tune_shown", config=PLAIN, alt="The share of matches that are right, by score"
            )
            told = [
                f"{one} from a score of {score:.2f} on"
                for one, share in (("half and more are right", 0.5), ("95 of 100 and more", 0.95))
                if (score := shown.reaches(share)) is not None
            ]
            if told:
                st.caption(f"Of the matches that are shown, {'; '.join(told)}.")


def _table(alarms: Alarms) -> None:
    rows = []
    for said in SAID:
        strangers, held_out = alarms.was(said)
        row = {"Said": f"1 in {1 / said:,.0f}"}
        for name, count, some in (
            ("strangers", strangers, alarms.strangers),
            ("held out", held_out, alarms.held_out),
        ):
            if len(some):
                row[f"Was, {name}"] = f"{count:,} of {len(some):,} ({count / len(some):.1%})"
        rows.append(row)
    st.dataframe(rows, hide_index=True, key="tune_said", height="content")
    st.caption(
        "Strangers are your queries that match nothing; held out are the others, as if their right pictures were not "
        f"here. What is said rests on {counted(alarms.searches, 'search', 'searches')} without an answer, and is "
        "of the score alone: a search looks closer before it says that nothing matches. A copy that your table does "
        "not name counts as a false alarm."
    )
