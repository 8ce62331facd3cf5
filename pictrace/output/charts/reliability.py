"""Figures that tell whether what is said is true."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go

from pictrace.evaluation.reliability import SAID, Alarms, Shown
from pictrace.output.charts.frame import GRAY, chart
from pictrace.told import told

__all__ = ["alarms_said_figure", "shown_figure"]

CURVE_PX = 340
STRANGERS, HELD_OUT, RIGHT = "#4477AA", "#EE6677", "#228833"
LEGEND = {"legend": {"orientation": "h", "y": -0.24, "x": 0}, "margin": {"l": 0, "r": 8, "t": 56, "b": 40}}


def alarms_said_figure(alarms: Alarms, say: Callable[[str], str] = str) -> go.Figure:
    """The share of searches without an answer that raise an alarm, by the share that is accepted; both logarithmic."""
    ends = [SAID[0], 1.0]
    hover = told("said {said}, was {was}", said="%{x:.1%}", was="%{y:.1%}")
    lines: list[dict[str, object]] = [
        {
            "type": "scatter",
            "x": ends,
            "y": ends,
            "mode": "lines",
            "name": say(told("said = real")),
            "line": {"color": GRAY, "dash": "dot", "width": 1.5},
            "hoverinfo": "skip",
        }
    ]
    for name, some, colour in (
        (told("strangers"), alarms.strangers, STRANGERS),
        (told("held out"), alarms.held_out, HELD_OUT),
    ):
        if len(some):
            was = [float((some <= said).mean()) for said in (*SAID, 1.0)]
            lines.append(
                {
                    "type": "scatter",
                    "x": [*SAID, 1.0],
                    "y": [share or None for share in was],  # none has no place on this axis
                    "mode": "lines+markers",
                    "name": f"{say(name)} ({len(some):,})",
                    "line": {"color": colour, "width": 3},
                    "hovertemplate": f"{say(hover)}<extra></extra>",
                }
            )
    axis = {"type": "log", "range": [-3.05, 0.05], "tickformat": ".1~%", "dtick": 1, "fixedrange": True}
    axes = {
        "xaxis": {"title": {"text": say(told("Said"))}, **axis},
        "yaxis": {"title": {"text": say(told("Real"))}, **axis},
    }
    return chart(say(told("False alarms, said and real")), CURVE_PX, lines, {**axes, **LEGEND})


def shown_figure(shown: Shown, say: Callable[[str], str] = str) -> go.Figure:
    """Of the matches that are shown, the share that is right, by score."""
    shares = (shown.right / shown.of).tolist()
    hover = told("from a score of {score}: {right} right", score="%{x:.2f}", right="%{text}")
    steps = {
        "type": "scatter",
        "x": [*shown.lowest.tolist(), 1.0],
        "y": [*shares, shares[-1]],
        "text": [
            say(told("{right:,} of {all:,}", right=int(right), all=int(of)))
            for right, of in zip(shown.right, shown.of, strict=True)
        ]
        + [""],
        "mode": "lines",
        "line": {"color": RIGHT, "width": 3, "shape": "hv"},
        "hovertemplate": f"{say(hover)}<extra></extra>",
        "showlegend": False,
    }
    axes = {
        "xaxis": {"title": {"text": say(told("Score"))}, "range": [0, 1.02], "zeroline": False, "fixedrange": True},
        "yaxis": {"title": {"text": say(told("Right"))}, "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    }
    return chart(say(told("Matches that are right, by their score")), CURVE_PX, [steps], {**axes, **LEGEND})
