"""Figures of a stress test: what is still found after which change, and how it goes down as changes grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import plotly.graph_objects as go

from pictrace.evaluation.stress import Case
from pictrace.output.charts.frame import GRAY, chart, short
from pictrace.output.stress import first_shares
from pictrace.told import told

__all__ = ["heat_figure", "shown_title", "strength_figure"]

ROW_PX = 30
LINES = ("#EE6677", "#4477AA", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB")
"""Paul Tol's scheme "bright"."""


def heat_figure(ranks: Mapping[str, Mapping[Case, int]], say: Callable[[str], str] = str) -> go.Figure:
    """The share of originals that come first: a row for each change, a column for each way of ranking."""
    shares = {name: _by_change(some) for name, some in ranks.items()}
    changes = list(next(iter(shares.values()), {}))
    hover = told("{share} of the originals come first", share="%{z:.2f}")
    values = [[shares[name][change] for name in shares] for change in changes]
    data = {
        "type": "heatmap",
        "z": values,
        "x": [shown_title(say(name)) for name in shares],
        "y": [say(change) for change in changes],
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Cividis",
        "text": [[f"{value:.2f}" for value in row] for row in values],
        "texttemplate": "%{text}",
        "hovertemplate": f"<b>%{{y}}</b>, %{{x}}<br>{say(hover)}<extra></extra>",
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    layout = {
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True},
        "xaxis": {"side": "top", "tickangle": -35, "automargin": True, "fixedrange": True},
        "margin": {"l": 0, "r": 8, "t": 150, "b": 8},
    }
    return chart(say(told("Originals that come first")), 170 + ROW_PX * len(changes), [data], layout)


def shown_title(name: str) -> str:
    """A way's title as it stands over its column."""
    return short(name, 18)


def strength_figure(ranks: Mapping[str, Mapping[Case, int]], change: str, say: Callable[[str], str] = str) -> go.Figure:
    """The same for one change as its strength grows, a line for each way."""
    lines = []
    hover = told("strength {strength}: {share}", strength="%{x}", share="%{y:.2f}")
    for number, (name, some) in enumerate(ranks.items()):
        by_strength = first_shares(some).get(change, {})
        lines.append(
            {
                "type": "scatter",
                "x": list(by_strength),
                "y": list(by_strength.values()),
                "name": short(say(name), 24),
                "mode": "lines+markers",
                "line": {"color": LINES[number % len(LINES)], "width": 3 if number == 0 else 1.5},
                "hovertemplate": f"<b>%{{fullData.name}}</b><br>{say(hover)}<extra></extra>",
            }
        )
    layout = {
        "xaxis": {"title": {"text": say(told("Strength"))}, "range": [0, 1], "zeroline": False, "fixedrange": True},
        "yaxis": {"range": [-0.02, 1.04], "zeroline": False, "fixedrange": True, "gridcolor": GRAY, "gridwidth": 0.3},
        "legend": {"orientation": "h", "y": -0.25, "x": 0},
        "margin": {"l": 0, "r": 8, "t": 56, "b": 40},
    }
    title = told("{change}: originals that come first, by strength", change=say(change))
    return chart(say(title), 400, lines, layout)


def _by_change(ranks: Mapping[Case, int]) -> dict[str, float]:
    firsts: dict[str, list[bool]] = {}
    for case, rank in ranks.items():
        firsts.setdefault(case.change, []).append(rank == 1)
    return {change: sum(some) / len(some) for change, some in firsts.items()}
