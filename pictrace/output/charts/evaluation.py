"""Figures of an evaluation: the measures side by side, and what a threshold trades."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from pictrace.evaluation.curves import found_against_alarms, precision_recall
from pictrace.evaluation.ways import Result
from pictrace.metrics import all_metrics, colour_of
from pictrace.output.charts.frame import GRAY, chart, short
from pictrace.told import told

__all__ = ["alarms_figure", "intervals_figure", "precision_figure"]

PRESET_COLOURS = ("#4477AA", "#AA3377", "#228833", "#CCBB44")
"""Of Paul Tol's scheme "bright", beside which the metrics' own colours stand as thin lines."""

CURVE_PX, ROW_PX = 380, 30


def precision_figure(results: Sequence[Result], say: Callable[[str], str] = str) -> go.Figure:
    """Precision by recall over all pairs, a line each."""
    lines = []
    hover = told("recall {recall}, precision {precision}", recall="%{x:.3f}", precision="%{y:.3f}")
    for one in results:
        curve = precision_recall(one.standing)
        lines.append(_line(one, curve.x.tolist(), curve.y.tolist(), say(hover), say))
    axes = {"xaxis": _axis(say(told("Recall"))), "yaxis": _axis(say(told("Precision")))}
    return chart(say(told("Precision and recall")), CURVE_PX, lines, {**axes, **_legend()})


def alarms_figure(results: Sequence[Result], say: Callable[[str], str] = str) -> go.Figure:
    """What is found by the share of searches that raise a false alarm (ROC of searches), a line each."""
    lines = []
    hover = told("false alarms {alarms}, found {found}", alarms="%{x:.3f}", found="%{y:.3f}")
    for one in results:
        curve = found_against_alarms(one.standing)
        lines.append(_line(one, curve.x.tolist(), curve.y.tolist(), say(hover), say))
    axes = {"xaxis": _axis(say(told("Searches with a false alarm"))), "yaxis": _axis(say(told("Queries found")))}
    return chart(say(told("Found, by false alarms (ROC)")), CURVE_PX, lines, {**axes, **_legend()})


def intervals_figure(results: Sequence[Result], measure: str, say: Callable[[str], str] = str) -> go.Figure:
    """A point with its interval for each way, the best on top."""
    ordered = sorted(results, key=lambda one: one.figures[measure].value)
    figures = [one.figures[measure] for one in ordered]
    points = {
        "type": "scatter",
        "x": [one.value for one in figures],
        "y": [short(say(one.way.title), 24) for one in ordered],
        "mode": "markers",
        "marker": {"size": 11, "color": [_colour(one) for one in ordered]},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for one in figures],
            "arrayminus": [one.value - one.low for one in figures],
            "color": GRAY,
            "thickness": 1.5,
        },
        "hovertemplate": "<b>%{y}</b>: %{x:.3f}<extra></extra>",
        "showlegend": False,
    }
    layout = {"xaxis": {"range": [0, 1.02], "zeroline": False}, "yaxis": {"automargin": True}}
    title = told("{measure}, and where 95 % of samples lie", measure=say(measure))
    return chart(say(title), 110 + ROW_PX * len(ordered), [points], layout)


def _line(
    one: Result, x: Sequence[float], y: Sequence[float], hover: str, say: Callable[[str], str]
) -> dict[str, object]:
    thin = one.way.kind == "metric"
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "name": short(say(one.way.title), 24),
        "mode": "lines",
        "line": {"color": _colour(one), "width": 1.5 if thin else 3, "dash": "dot" if thin else "solid", "shape": "hv"},
        "hovertemplate": f"<b>%{{fullData.name}}</b><br>{hover}<extra></extra>",
    }


def _colour(one: Result) -> str:
    by_name = {metric.name: colour_of(metric) for metric in all_metrics()}
    if one.way.kind == "metric":
        return by_name[one.way.name]
    if one.way.kind == "given":
        return "#EE6677"
    return PRESET_COLOURS[sum(map(ord, one.way.name)) % len(PRESET_COLOURS)]


def _axis(title: str) -> dict[str, object]:
    return {"title": {"text": title}, "range": [0, 1.02], "zeroline": False, "fixedrange": True}


def _legend() -> dict[str, object]:
    return {"legend": {"orientation": "h", "y": -0.22, "x": 0}, "margin": {"l": 0, "r": 8, "t": 56, "b": 40}}
