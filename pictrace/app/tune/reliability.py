"""Whether what is said is true: said and real false alarms, and how many matches of a score are right."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
from pictrace.errors import CriteriaError
from pictrace.evaluation.cube import Cube
from pictrace.evaluation.reliability import SAID, Alarms, alarms_of, shown_of
from pictrace.output.charts.reliability import alarms_said_figure, shown_figure
from pictrace.service.workspaces import Workspace
from pictrace.told import told

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
    st.header(_("Is what is said true?"), anchor=False)
    st.caption(_("By your sliders, on these queries."))
    left, right = st.columns(2, gap="medium")
    if alarms is not None:
        with left:
            st.plotly_chart(
                alarms_said_figure(alarms, translated),
                key="tune_alarms_said",
                config=PLAIN,
                alt=_("The share of false alarms that there was, by the share that was said"),
            )
        _table(alarms)
    if shown is not None:
        with right:
            st.plotly_chart(
                shown_figure(shown, translated),
                key="tune_shown",
                config=PLAIN,
                alt=_("The share of matches that are right, by score"),
            )
            half = _("half and more are right from a score of {score:.2f} on")
            most = _("95 of 100 and more from a score of {score:.2f} on")
            shares = [
                one.format(score=score)
                for one, share in ((half, 0.5), (most, 0.95))
                if (score := shown.reaches(share)) is not None
            ]
            if shares:
                st.caption(_("Of the matches that are shown, {shares}.", shares="; ".join(shares)))


def _table(alarms: Alarms) -> None:
    rows = []
    for said in SAID:
        strangers, held_out = alarms.was(said)
        row = {_("Said"): _("1 in {one_in:,.0f}", one_in=1 / said)}
        for name, count, some in (
            (told("Was, strangers"), strangers, alarms.strangers),
            (told("Was, held out"), held_out, alarms.held_out),
        ):
            if len(some):
                row[translated(name)] = _(
                    "{count:,} of {all:,} ({share:.1%})", count=count, all=len(some), share=count / len(some)
                )
        rows.append(row)
    st.dataframe(rows, hide_index=True, key="tune_said", height="content")
    st.caption(
        _(
            "Strangers are your queries that match nothing; held out are the others, as if their right pictures were "
            "not here."
        )
        + " "
        + n_(
            "What is said rests on {count:,} search without an answer, and is of the score alone: a search looks "
            "closer before it says that nothing matches.",
            "What is said rests on {count:,} searches without an answer, and is of the score alone: a search looks "
            "closer before it says that nothing matches.",
            alarms.searches,
        )
        + " "
        + _("A copy that your table does not name counts as a false alarm.")
    )
