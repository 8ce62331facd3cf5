"""Data to Plotly figures; no streamlit, no state. Each figure answers the question that is its title."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from pictrace.metrics.base import Channels, Metric
from pictrace.scores import Criteria, ScoreTable
from pictrace.search import Found

__all__ = ["channels_figure", "contributions_figure", "counts_figure", "distribution_figure", "unrelated_figure"]

GRAY = "#8A8F98"  # readable on light and on dark
STRIP_BINS = 60
LABEL_ROOM = 0.05  # of the similarity axis, that one rank takes


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _plain(text: str) -> str:
    """Plotly reads a few HTML tags in its texts: titles of pictures must not be read so."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _framed(figure: go.Figure, title: str, height: int) -> go.Figure:
    return figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 16}},
        height=height,
        margin={"l": 0, "r": 8, "t": 64, "b": 32},
        hoverlabel={"align": "left"},
        dragmode=False,
    )


def contributions_figure(found: Sequence[Found], metrics: Sequence[Metric], criteria: Criteria) -> go.Figure:
    """Stacked bars: each match's score, made of its metrics' contributions."""
    figure = go.Figure()
    labels = [f"{one.match.rank}  {_plain(_short(one.picture.label))}" for one in found]
    for metric in metrics:
        if not criteria.weights.get(metric.name, 0.0):
            continue
        parts = [one.match.metrics[metric.name] for one in found]
        scale = metric.scale_for(criteria.settings.get(metric.name, {}))
        figure.add_bar(
            name=metric.title,
            y=labels,
            x=[part.contribution for part in parts],
            orientation="h",
            marker={"color": metric.colour, "line": {"width": 0}},
            customdata=[
                [_plain(one.picture.label), scale.describe(part.raw), part.similarity]
                for one, part in zip(found, parts, strict=True)
            ],
            hovertemplate=(
                f"<b>%{{customdata[0]}}</b><br>{metric.title}: %{{customdata[1]}}"
                "<br>adds %{x:.2f} to the score<extra></extra>"
            ),
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.35,
        legend={"orientation": "h", "y": -0.16, "yanchor": "top", "x": 0, "traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", ticklabelposition="outside", automargin=True)
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.25, 0.5, 0.75, 1], side="top")
    return _framed(figure, "Which metric found them?", 170 + 34 * max(3, len(found)))


def distribution_figure(
    table: ScoreTable, found: Sequence[Found], metrics: Sequence[Metric], criteria: Criteria
) -> go.Figure:
    """A strip a metric: how the whole catalog is spread over its similarity, the matches marked."""
    figure = go.Figure()
    _, similarity = table.under(criteria)
    shown = [metric for metric in metrics if metric.name in table.names]
    edges = np.linspace(0, 1, STRIP_BINS + 1)
    for row, metric in enumerate(shown):
        values = similarity[:, table.names.index(metric.name)]
        figure.add_scatter(**_strip(values[~np.isnan(values)], edges, row, metric))
    for row, metric in enumerate(shown):
        parts = [one.match.metrics[metric.name] for one in found]
        scale = metric.scale_for(criteria.settings.get(metric.name, {}))
        figure.add_scatter(
            x=[part.similarity for part in parts],
            y=[row] * len(found),
            mode="markers+text",
            text=_labels([part.similarity for part in parts]),
            textposition="top center",
            textfont={"size": 11},
            marker={"color": metric.colour, "size": 11, "line": {"color": "white", "width": 1}},
            customdata=[
                [one.match.rank, _plain(one.picture.label), scale.describe(part.raw)]
                for one, part in zip(found, parts, strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}. %{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
            showlegend=False,
        )
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[metric.title for metric in shown],
        range=[len(shown) - 0.4, -0.7],
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    figure.update_xaxes(range=[-0.03, 1.03], title={"text": "similarity"}, tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_xaxes(title={"standoff": 4})
    return _framed(figure, "Do they stand out from the catalog?", 130 + 58 * len(shown))


def _strip(values: NDArray[np.float32], edges: NDArray[np.float64], row: int, metric: Metric) -> dict[str, object]:
    """One mark per occupied slice of the strip, the more pictures the larger."""
    counts, _ = np.histogram(values, edges)
    occupied = np.flatnonzero(counts)
    some = counts[occupied]
    sizes = 4 + 16 * np.sqrt(some / max(1, counts.max(initial=1)))
    return {
        "x": (edges[occupied] + edges[occupied + 1]) / 2,
        "y": [row] * len(occupied),
        "mode": "markers",
        "marker": {"color": GRAY, "opacity": 0.35, "size": sizes, "line": {"width": 0}},
        "customdata": some,
        "hovertemplate": f"{metric.title}: %{{customdata}} pictures near %{{x:.2f}}<extra></extra>",
        "showlegend": False,
    }


def _labels(similarities: Sequence[float]) -> list[str]:
    """The rank over each marker, those that would overlap joined over the first of them: "1, 3"."""
    labels = [""] * len(similarities)
    places = {index: value for index, value in enumerate(similarities) if not np.isnan(value)}
    taken: list[tuple[float, int]] = []
    for index, value in places.items():
        near = next((first for other, first in taken if abs(other - value) < LABEL_ROOM), None)
        if near is None:
            taken.append((value, index))
            labels[index] = str(index + 1)
        elif labels[near].count(",") < 2:
            labels[near] += f", {index + 1}"
        elif not labels[near].endswith("…"):
            labels[near] += " …"
    return labels


def counts_figure(title: str, counts: Mapping[str, int]) -> go.Figure:
    """Bars of how many there are of each, labelled with the number."""
    figure = go.Figure()
    figure.add_bar(
        y=[_plain(_short(name)) for name in counts],
        x=list(counts.values()),
        orientation="h",
        text=[f"{count:,}" for count in counts.values()],
        textposition="auto",
        marker={"color": "#0072B2"},
        hovertemplate="%{y}: %{x:,} pictures<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(visible=False)
    return _framed(figure, title, 110 + 30 * max(2, len(counts)))


def unrelated_figure(metric: Metric, raw: float, values: NDArray[np.float32]) -> go.Figure:
    """Where a pair's raw value lies among those of unrelated pairs, (k,), in the metric's unit."""
    low, high = min(raw, float(values.min())), max(raw, float(values.max()))
    size = max(1.0, math.ceil((high - low) / STRIP_BINS)) if metric.scale.whole else max(1e-3, (high - low) / 40)
    figure = go.Figure()
    figure.add_histogram(
        x=values,
        xbins={"start": low - size / 2, "end": high + size, "size": size},
        marker={"color": GRAY, "line": {"width": 0}},
        hovertemplate="%{y} unrelated pairs at %{x}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(
        raw,
        line={"color": metric.colour, "width": 3},
        annotation={
            "text": "this pair",
            "yref": "paper",
            "y": 1.0,
            "yanchor": "bottom",
            "xanchor": "right" if raw > (low + high) / 2 else "left",
            "showarrow": False,
        },
    )
    figure.update_yaxes(title={"text": "pairs"}, nticks=3)
    figure.update_xaxes(title={"text": metric.scale.unit, "standoff": 12})
    return _framed(figure, "How unusual is that?", 230).update_layout(margin_b=48)


def channels_figure(channels: Channels) -> go.Figure:
    """Red, green and blue, one over the other: the query as a line, the match as an area, in the same place."""
    figure = make_subplots(3, 1, shared_xaxes=True, vertical_spacing=0.06)
    highest = 1.05 * max(float(channels.query.max()), float(channels.match.max()))
    rows = zip(("Red", "Green", "Blue"), channels.query, channels.match, strict=True)
    for row, (channel, query, match) in enumerate(rows, start=1):
        for name, shares, style in (
            ("The match", match, {"fill": "tozeroy", "line": {"color": "#56B4E9", "width": 0}}),
            ("Your picture", query, {"line": {"color": "#D55E00", "width": 2}}),
        ):
            figure.add_scatter(
                row=row,
                col=1,
                name=f"{name} ({'line' if name == 'Your picture' else 'area'})",
                x=channels.positions,
                y=shares,
                mode="lines",
                hovertemplate=f"{name}: %{{y:.1%}} of the pixels, {channel.lower()} near %{{x:.0f}}<extra></extra>",
                showlegend=row == 1,
                **style,
            )
        figure.update_yaxes(row=row, col=1, title={"text": channel}, tickformat=".0%", range=[0, highest], nticks=3)
    figure.update_xaxes(range=[0, 256], tickvals=[0, 64, 128, 192, 255])
    figure.update_xaxes(row=3, col=1, title={"text": "level, 0 to 255"})
    figure.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    return _framed(figure, channels.title, 420)
