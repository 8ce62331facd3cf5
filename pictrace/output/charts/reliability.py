"""Figures that tell whether what is said is true."""

from __future__ import annotations

import plotly.graph_objects as go

from pictrace.evaluation.reliability import SAID, Alarms, Shown
from pictrace.output.charts.frame import GRAY, chart

__all__ = ["alarms_said_figure", "shown_figure"]

CURVE_PX = 340
STRANGERS, HELD_OUT, RIGHT = "#4477AA", "#EE6677", "#228833"
LEGEND = {"legend": {"orientation": "h", "y": -0.24, "x": 0}, "margin": {"l": 0, "r": 8, "t": 56, "b": 40}}


def alarms_said_figure(alarms: Alarms) -> go.Figure:
    """The share of searches without an answer that raise an alarm, by the share that is accepted; both logarithmic."""
    ends = [SAID[0], 1.0]
    lines: list[dict[str, object]] = [
        {
            "type": "scatter",
            "x": ends,
            "y": ends,
            "mode": "lines",
            "name": "said = real",
            "line": {"color": GRAY, "dash": "dot", "width": 1.5},
            "hoverinfo": "skip",
        }
    ]
    for name, some, colour in (("strangers", alarms.strangers, STRANGERS), ("held out", alarms.held_out, HELD_OUT)):
        if len(some):
            was = [float((some <= said).mean()) for said in (*SAID, 1.0)]
            lines.append(
                {
                    "type": "scatter",
                    "x": [*SAID, 1.0],
                    "y": [share or None for share in was],  # none has no place on this axis
                    "mode": "lines+markers",
                    "name": f"{name} ({len(some):,})",
                    "line": {"color": colour, "width": 3},
                    "hovertemplate": "said %{x:.1%}, was %{y:.1%}<extra></extra>",
                }
            )
    axis = {"type": "log", "range": [-3.05, 0.05], "tickformat": ".1~%", "dtick": 1, "fixedrange": True}
    axes = {"xaxis": {"title": {"text": "Said"}, **axis}, "yaxis": {"title": {"text": "Real"}, **axis}}
    return chart("False alarms, said and real", CURVE_PX, lines, {**axes, **LEGEND})


def shown_figure(shown: Shown) -> go.Figure:
    """Of the matches that are shown, the share that is right, by score."""
    shares = (shown.right / shown.of).tolist()
    steps = {
        "type": "scatter",
        "x": [*shown.lowest.tolist(), 1.0],
        "y": [*shares, shares[-1]],
        "text": [f"{right:,} of {of:,}" for right, of in zip(shown.right, shown.of, strict=True)] + [""],
        "mode": "lines",
        "line": {"color": RIGHT, "width": 3, "shape": "hv"},
        "hovertemplate": "from a score of %{x:.2f}: %{text} right<extra></extra>",
        "showlegend": False,
    }
    axes = {
        "xaxis": {"title": {"text": "Score"}, "range": [0, 1.02], "zeroline": False, "fixedrange": True},
        "yaxis": {"title": {"text": "Right"}, "range": [0, 1.02], "tickformat": ".0%", "fixedrange": True},
    }
    return chart("Matches that are right, by their score", CURVE_PX, [steps], {**axes, **LEGEND})
