"""Figures of a pair's evidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import Channels
from pictrace.output.charts.frame import GRAY, framed
from pictrace.output.drawing.base import MATCH, QUERY
from pictrace.told import fixed, told

__all__ = ["channels_figure", "unrelated_figure"]

MOST_BARS = 60


def unrelated_figure(
    metric: Metric, raw: float, values: NDArray[np.float32], words: Callable[[str], str] = str
) -> go.Figure:
    """Where a pair's raw value lies among those of unrelated pairs, (k,), in the metric's unit."""
    low, high = min(raw, float(values.min())), max(raw, float(values.max()))
    size = max(1.0, math.ceil((high - low) / MOST_BARS)) if metric.scale.whole else max(1e-3, (high - low) / 40)
    told_count = words(told("{number} unrelated pairs at {value}", number="%{y}", value="%{x}"))
    figure = go.Figure()
    figure.add_histogram(
        x=values,
        xbins={"start": low - size / 2, "end": high + size, "size": size},
        marker={"color": GRAY, "line": {"width": 0}},
        hovertemplate=f"{told_count}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(
        raw,
        line={"color": colour_of(metric), "width": 3},
        annotation={
            "text": words(told("this pair")),
            "yref": "paper",
            "y": 1.0,
            "yanchor": "bottom",
            "xanchor": "right" if raw > (low + high) / 2 else "left",
            "showarrow": False,
        },
    )
    figure.update_yaxes(title={"text": words(told("pairs"))}, nticks=3)
    figure.update_xaxes(title={"text": words(fixed(metric.scale.unit)), "standoff": 12})
    return framed(figure, words(told("How unusual is this?")), 230).update_layout(margin_b=48)


def channels_figure(channels: Channels, words: Callable[[str], str] = str) -> go.Figure:
    """Red, green and blue, one over the other: the query as a line, the match as an area, in the same place."""
    figure = make_subplots(3, 1, shared_xaxes=True, vertical_spacing=0.06)
    highest = 105 * max(float(channels.query.max()), float(channels.match.max()))
    names = told("Red"), told("Green"), told("Blue")
    for row, (channel, query, match) in enumerate(zip(names, channels.query, channels.match, strict=True), start=1):
        for picture, name, shares, style in (
            (MATCH, told("The match (area)"), match, {"fill": "tozeroy", "line": {"color": "#56B4E9", "width": 0}}),
            (QUERY, told("Your picture (line)"), query, {"line": {"color": "#D55E00", "width": 2}}),
        ):
            here = told(
                "{picture}: {share} % of pixels at level {level} ({channel})",
                picture=picture,
                share="%{y:.1f}",
                level="%{x:.0f}",
                channel=channel,
            )
            figure.add_scatter(
                row=row,
                col=1,
                name=words(name),
                x=channels.positions,
                y=100 * shares,
                mode="lines",
                hovertemplate=f"{words(here)}<extra></extra>",
                showlegend=row == 1,
                **style,
            )
        figure.update_yaxes(
            row=row, col=1, title={"text": words(channel)}, ticksuffix=" %", range=[0, highest], nticks=3
        )
    figure.update_xaxes(range=[0, 256], tickvals=[0, 64, 128, 192, 255])
    figure.update_xaxes(row=3, col=1, title={"text": words(told("Level, 0 to 255"))})
    figure.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return framed(figure, words(channels.title), 420)
