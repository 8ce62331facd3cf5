"""Figures of what other weights would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pictrace.escape import for_plotly
from pictrace.explore.weights.ranges import Held, Takeover, WeightRange
from pictrace.explore.weights.whatif import WhatIf
from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import GRAY, brief_titles, framed, short

__all__ = ["agreement_figure", "ranges_figure", "what_if_figure"]

ROW_PX = 84
FIRST, TOP, TOLD = 0.26, 0.44, 0.64  # of a row's height: its two bars, and the line under them
LINE_LETTERS = 28  # of the names in a line under a bar, that fit on a phone
FEW_RANKS = 12


def ranges_figure(
    ranges: Sequence[WeightRange], metrics: Sequence[Metric], names: Mapping[int, str], *, top: int, most: float
) -> go.Figure:
    """Two bars a metric: the weights over which the first place stays, and over which the best ``top`` do."""
    figure = go.Figure()
    titles = {metric.name: (metric.title, colour_of(metric)) for metric in metrics}
    for row, one in enumerate(ranges):
        title, colour = titles[one.metric]
        bars = [(FIRST, one.first, 12, 1.0, "The first place stays")]
        if top > 1:
            bars.append((TOP, one.top, 7, 0.5, f"The best {top} stay the same"))
        for place, held, width, opacity, what in bars:
            figure.add_scatter(
                x=[0, most], y=[row + place] * 2, mode="lines", line={"color": GRAY, "width": 1}, opacity=0.4,
                hoverinfo="skip",
            )  # fmt: skip
            figure.add_scatter(
                x=[held.low, (held.low + held.high) / 2, held.high],
                y=[row + place] * 3,
                mode="lines",
                line={"color": colour, "width": width},
                opacity=opacity,
                hovertemplate=f"<b>{title}</b>, now {one.weight:.1f}<br>{what} from {held.low:.2f} to {held.high:.2f}"
                f"{_hover(held, names)}<extra></extra>",
            )
        figure.add_scatter(
            x=[one.weight], y=[row + FIRST], mode="markers", hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 17, "line": {"width": 3, "color": GRAY}},
        )  # fmt: skip
        label = {"xref": "x", "yref": "y", "showarrow": False, "yanchor": "middle"}
        figure.add_annotation(text=f"<b>{title}</b>, now {one.weight:.1f}", x=0, y=row, xanchor="left", **label)
        small = {**label, "y": row + TOLD, "font": {"size": 11}}
        if one.first.below is None and one.first.above is None:
            figure.add_annotation(text="the first place stays, whatever it weighs", x=0, xanchor="left", **small)
        letters = LINE_LETTERS if one.first.below is None or one.first.above is None else LINE_LETTERS // 2
        if one.first.below is not None:
            figure.add_annotation(
                text=f"below {_takes_over(one.first.below, names, letters)}", x=0, xanchor="left", **small
            )
        if one.first.above is not None:
            figure.add_annotation(
                text=f"above {_takes_over(one.first.above, names, letters)}", x=most, xanchor="right", **small
            )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(visible=False, range=[len(ranges) - 0.05, -0.35])
    figure.update_xaxes(range=[-0.02, most * 1.01], tickvals=np.arange(0, most + 0.1, 0.5), zeroline=False)
    return framed(figure, "How far can each weight go?", 96 + ROW_PX * max(1, len(ranges)))


def _takes_over(change: Takeover, names: Mapping[int, str], letters: int) -> str:
    who = "nothing ranks" if change.enters is None else for_plotly(short(names[change.enters], letters))
    return f"{change.weight:.2f}: {who}"


def _hover(held: Held, names: Mapping[int, str]) -> str:
    told = ""
    for change, where in ((held.below, "Below"), (held.above, "Above")):
        if change is not None:
            parts = [] if change.enters is None else [f"{for_plotly(names[change.enters])} comes in"]
            parts += [] if change.leaves is None else [f"{for_plotly(names[change.leaves])} goes"]
            told += f"<br>{where} {change.weight:.2f}: {', '.join(parts)}"
    return told


def agreement_figure(correlation: NDArray[np.float64], metrics: Sequence[Metric]) -> go.Figure:
    """A heat map of the rank correlations, each number in its cell; blue agrees, orange disagrees."""
    titles = [metric.title for metric in metrics]
    brief = list(brief_titles(metrics).values())
    known = np.where(np.isnan(correlation), 0.0, correlation)
    texts = [["none" if np.isnan(value) else f"{value:.2f}" for value in row] for row in correlation]
    figure = go.Figure()
    figure.add_heatmap(
        z=known,
        x=brief,
        y=brief,
        zmin=-1,
        zmax=1,
        colorscale=[[0, "#B35806"], [0.5, "#F7F7F7"], [1, "#2C7FB8"]],
        showscale=False,
        xgap=2,
        ygap=2,
        customdata=[[f"{one} and {other}" for other in titles] for one in titles],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
        text=texts,
    )
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            shade = "#1B2430" if abs(known[i, j]) < 0.75 else "#FFFFFF"
            figure.add_annotation(text=text, x=brief[j], y=brief[i], showarrow=False, font={"color": shade, "size": 13})
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    figure.update_xaxes(side="bottom", automargin=True, showgrid=False, tickangle=-30)
    return framed(figure, "Do the metrics agree?", 150 + 44 * max(2, len(metrics)))


def what_if_figure(told: WhatIf, metrics: Sequence[Metric], now: Mapping[str, float], *, most: float) -> go.Figure:
    """A line a metric: the picture's rank against that metric's weight; a dot where the weight is now."""
    figure = go.Figure()
    worst = max((float(np.nanmax(ranks)) for ranks in told.ranks.values() if not np.isnan(ranks).all()), default=1.0)
    few = worst <= FEW_RANKS
    for place, metric in enumerate(metrics):
        ranks, aside = told.ranks[metric.name], place - (len(metrics) - 1) / 2
        apart = ranks + 0.05 * aside if few else ranks * 1.02**aside  # so that equal lines lie side by side
        figure.add_scatter(
            name=metric.title,
            x=told.weights,
            y=apart,
            customdata=ranks,
            mode="lines",
            line={"color": colour_of(metric), "width": 2.5, "shape": "hv"},
            hovertemplate=f"{metric.title} at %{{x:.1f}}: rank %{{customdata:,}}<extra></extra>",
        )
        if told.now is not None:
            figure.add_scatter(
                x=[now.get(metric.name, 0.0)], y=[told.now], mode="markers", showlegend=False, hoverinfo="skip",
                marker={"color": colour_of(metric), "size": 10, "line": {"color": "white", "width": 1}},
            )  # fmt: skip
    ticks = [one for one in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000) if one <= worst * 1.2]
    if few:
        figure.update_yaxes(range=[worst + 0.5, 0.5], tickvals=list(range(1, int(worst) + 1)))
    else:
        figure.update_yaxes(type="log", range=[np.log10(worst * 1.2), np.log10(0.85)], tickvals=ticks)
    figure.update_yaxes(title={"text": "rank"}, tickformat=",", zeroline=False, automargin=True)
    figure.update_xaxes(title={"text": "Weight of one metric, the others unchanged"}, range=[-0.04, most * 1.02])
    figure.update_layout(legend={"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0})
    return framed(figure, "How would its rank change?", 380)
