"""Figures of what other weights would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pictrace.escape import for_plotly
from pictrace.explore.weights.ranges import Held, Takeover, WeightRange
from pictrace.explore.weights.whatif import WhatIf
from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import GRAY, brief_titles, framed, short
from pictrace.told import told

__all__ = ["agreement_figure", "ranges_figure", "what_if_figure"]

ROW_PX = 84
FIRST, TOP, TOLD = 0.26, 0.44, 0.64  # of a row's height: its two bars, and the line under them
LINE_LETTERS = 28  # of the names in a line under a bar, that fit on a phone
FEW_RANKS = 12


def ranges_figure(
    ranges: Sequence[WeightRange],
    metrics: Sequence[Metric],
    names: Mapping[int, str],
    *,
    top: int,
    most: float,
    say: Callable[[str], str] = str,
) -> go.Figure:
    """Two bars a metric: the weights over which the first place stays, and over which the best ``top`` do."""
    figure = go.Figure()
    titles = {metric.name: (say(metric.title), colour_of(metric)) for metric in metrics}
    for row, one in enumerate(ranges):
        title, colour = titles[one.metric]
        heading = say(told("<b>{metric}</b>, now {weight:.1f}", metric=title, weight=one.weight))
        first, best = one.first, one.top
        stays = told("The first place stays from {low:.2f} to {high:.2f}", low=first.low, high=first.high)
        bars = [(FIRST, first, 12, 1.0, stays)]
        if top > 1:
            stay = told(
                "The best {top} stay the same from {low:.2f} to {high:.2f}", top=top, low=best.low, high=best.high
            )
            bars.append((TOP, best, 7, 0.5, stay))
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
                hovertemplate=f"{heading}<br>{say(what)}{_hover(held, names, say)}<extra></extra>",
            )
        figure.add_scatter(
            x=[one.weight], y=[row + FIRST], mode="markers", hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 17, "line": {"width": 3, "color": GRAY}},
        )  # fmt: skip
        label = {"xref": "x", "yref": "y", "showarrow": False, "yanchor": "middle"}
        figure.add_annotation(text=heading, x=0, y=row, xanchor="left", **label)
        small = {**label, "y": row + TOLD, "font": {"size": 11}}
        if one.first.below is None and one.first.above is None:
            always = told("the first place stays, whatever it weighs")
            figure.add_annotation(text=say(always), x=0, xanchor="left", **small)
        letters = LINE_LETTERS if one.first.below is None or one.first.above is None else LINE_LETTERS // 2
        if one.first.below is not None:
            who = _takes_over(one.first.below, names, letters, say)
            text = told("below {weight:.2f}: {picture}", weight=one.first.below.weight, picture=who)
            figure.add_annotation(text=say(text), x=0, xanchor="left", **small)
        if one.first.above is not None:
            who = _takes_over(one.first.above, names, letters, say)
            text = told("above {weight:.2f}: {picture}", weight=one.first.above.weight, picture=who)
            figure.add_annotation(text=say(text), x=most, xanchor="right", **small)
    figure.update_layout(showlegend=False)
    figure.update_yaxes(visible=False, range=[len(ranges) - 0.05, -0.35])
    figure.update_xaxes(range=[-0.02, most * 1.01], tickvals=np.arange(0, most + 0.1, 0.5), zeroline=False)
    return framed(figure, say(told("How far can each weight go?")), 96 + ROW_PX * max(1, len(ranges)))


def _takes_over(change: Takeover, names: Mapping[int, str], letters: int, say: Callable[[str], str]) -> str:
    if change.enters is None:
        return say(told("nothing ranks"))
    return for_plotly(short(names[change.enters], letters))


def _hover(held: Held, names: Mapping[int, str], say: Callable[[str], str]) -> str:
    lines = ""
    if held.below is not None:
        who = _change(held.below, names, say)
        lines += "<br>" + say(told("Below {weight:.2f}: {change}", weight=held.below.weight, change=who))
    if held.above is not None:
        who = _change(held.above, names, say)
        lines += "<br>" + say(told("Above {weight:.2f}: {change}", weight=held.above.weight, change=who))
    return lines


def _change(change: Takeover, names: Mapping[int, str], say: Callable[[str], str]) -> str:
    parts = []
    if change.enters is not None:
        parts.append(say(told("{picture} comes in", picture=for_plotly(names[change.enters]))))
    if change.leaves is not None:
        parts.append(say(told("{picture} goes", picture=for_plotly(names[change.leaves]))))
    return ", ".join(parts)


def agreement_figure(
    correlation: NDArray[np.float64], metrics: Sequence[Metric], say: Callable[[str], str] = str
) -> go.Figure:
    """A heat map of the rank correlations, each number in its cell; blue agrees, orange disagrees."""
    titles = [say(metric.title) for metric in metrics]
    brief = list(brief_titles(metrics, say).values())
    known = np.where(np.isnan(correlation), 0.0, correlation)
    none = say(told("none"))
    texts = [[none if np.isnan(value) else f"{value:.2f}" for value in row] for row in correlation]
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
        customdata=[[say(told("{one} and {other}", one=one, other=other)) for other in titles] for one in titles],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
        text=texts,
    )
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            shade = "#1B2430" if abs(known[i, j]) < 0.75 else "#FFFFFF"
            figure.add_annotation(text=text, x=brief[j], y=brief[i], showarrow=False, font={"color": shade, "size": 13})
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    figure.update_xaxes(side="bottom", automargin=True, showgrid=False, tickangle=-30)
    return framed(figure, say(told("Do the metrics agree?")), 150 + 44 * max(2, len(metrics)))


def what_if_figure(
    found: WhatIf, metrics: Sequence[Metric], now: Mapping[str, float], *, most: float, say: Callable[[str], str] = str
) -> go.Figure:
    """A line a metric: the picture's rank against that metric's weight; a dot where the weight is now."""
    figure = go.Figure()
    worst = max((float(np.nanmax(ranks)) for ranks in found.ranks.values() if not np.isnan(ranks).all()), default=1.0)
    few = worst <= FEW_RANKS
    for place, metric in enumerate(metrics):
        ranks, aside = found.ranks[metric.name], place - (len(metrics) - 1) / 2
        apart = ranks + 0.05 * aside if few else ranks * 1.02**aside  # so that equal lines lie side by side
        title = say(metric.title)
        hover = told("{metric} at {weight}: rank {rank}", metric=title, weight="%{x:.1f}", rank="%{customdata:,}")
        figure.add_scatter(
            name=title,
            x=found.weights,
            y=apart,
            customdata=ranks,
            mode="lines",
            line={"color": colour_of(metric), "width": 2.5, "shape": "hv"},
            hovertemplate=f"{say(hover)}<extra></extra>",
        )
        if found.now is not None:
            figure.add_scatter(
                x=[now.get(metric.name, 0.0)], y=[found.now], mode="markers", showlegend=False, hoverinfo="skip",
                marker={"color": colour_of(metric), "size": 10, "line": {"color": "white", "width": 1}},
            )  # fmt: skip
    ticks = [one for one in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000) if one <= worst * 1.2]
    if few:
        figure.update_yaxes(range=[worst + 0.5, 0.5], tickvals=list(range(1, int(worst) + 1)))
    else:
        figure.update_yaxes(type="log", range=[np.log10(worst * 1.2), np.log10(0.85)], tickvals=ticks)
    figure.update_yaxes(title={"text": say(told("rank"))}, tickformat=",", zeroline=False, automargin=True)
    weight = say(told("Weight of one metric, the others unchanged"))
    figure.update_xaxes(title={"text": weight}, range=[-0.04, most * 1.02])
    figure.update_layout(legend={"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0})
    return framed(figure, say(told("How would its rank change?")), 380)
