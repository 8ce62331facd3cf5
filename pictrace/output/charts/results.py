"""Figures of a search's results, and of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pictrace.escape import for_plotly
from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import GRAY, framed, short
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["contributions_figure", "counts_figure", "distribution_figure"]

STRIP_BINS = 60
LABEL_ROOM = 0.05  # of the similarity axis, that one rank takes


def contributions_figure(found: Sequence[Found], metrics: Sequence[Metric], criteria: Criteria) -> go.Figure:
    """Stacked bars: each match's score, made of its metrics' contributions."""
    figure = go.Figure()
    labels = [f"{one.match.rank}  {for_plotly(short(one.picture.label))}" for one in found]
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
            marker={"color": colour_of(metric), "line": {"width": 0}},
            customdata=[
                [for_plotly(one.picture.label), scale.describe(part.raw), part.similarity]
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
    return framed(figure, "Which metric found them?", 170 + 34 * max(3, len(found)))


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
            marker={"color": colour_of(metric), "size": 11, "line": {"color": "white", "width": 1}},
            customdata=[
                [one.match.rank, for_plotly(one.picture.label), scale.describe(part.raw)]
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
    return framed(figure, "Do they stand out from the catalog?", 130 + 58 * len(shown))


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
        y=[for_plotly(short(name)) for name in counts],
        x=list(counts.values()),
        orientation="h",
        text=[f"{count:,}" for count in counts.values()],
        textposition="auto",
        marker={"color": "#0072B2"},
        hovertemplate="%{y}: %{x:,} pictures<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(visible=False)
    return framed(figure, title, 110 + 30 * max(2, len(counts)))
