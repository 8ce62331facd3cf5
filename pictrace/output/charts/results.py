"""Figures of a search's results, and of counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pictrace.escape import for_plotly
from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import GRAY, MARGIN, Ready, brief_titles, described, framed, short
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.told import told

__all__ = ["contributions_figure", "counts_figure", "distribution_figure"]

STRIP_BINS = 60
LETTER = 0.022  # of an axis from 0 to 1, that a letter takes on a narrow page
GAP = 0.02
NAME_PX = (26, 44)  # over the middle of the first bar, in turns
BAR_PX = 11  # from its middle to its edge
LETTER_PX = 8  # from the middle of a name to below it


def contributions_figure(
    found: Sequence[Found], metrics: Sequence[Metric], criteria: Criteria, say: Callable[[str], str] = str
) -> Ready:
    """Stacked bars: each match's score, made of its metrics' contributions."""
    labels = [f"{one.match.rank}  {for_plotly(short(one.picture.label))}" for one in found]
    bars = []
    adds = say(told("adds {share} to the score", share="%{x:.2f}"))
    for metric in metrics:
        if not criteria.weights.get(metric.name, 0.0):
            continue
        parts = [one.match.metrics[metric.name] for one in found]
        scale = metric.scale_for(criteria.settings.get(metric.name, {}))
        bars.append(
            {
                "type": "bar",
                "name": say(metric.title),
                "y": labels,
                "x": [part.contribution for part in parts],
                "orientation": "h",
                "marker": {"color": colour_of(metric), "line": {"width": 0}},
                "customdata": [
                    [for_plotly(one.picture.label), say(described(scale, part.raw)), part.similarity]
                    for one, part in zip(found, parts, strict=True)
                ],
                "hovertemplate": f"<b>%{{customdata[0]}}</b><br>{say(metric.title)}: %{{customdata[1]}}"
                f"<br>{adds}<extra></extra>",
            }
        )
    names, lines = _names(found, metrics, say)
    layout = {
        "barmode": "stack",
        "bargap": 0.35,
        "showlegend": False,
        "annotations": names,
        "shapes": lines,
        "margin": {**MARGIN, "t": 96},
        "yaxis": {"autorange": "reversed", "ticklabelposition": "outside", "automargin": True},
        "xaxis": {"range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1]},
    }
    return Ready(say(told("Which metric found them?")), 150 + 34 * max(3, len(found)), bars, layout)


def _names(
    found: Sequence[Found], metrics: Sequence[Metric], say: Callable[[str], str]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The metrics' names over the first bar, and lines to their parts where they have one.

    Plotly would draw the lines with the names, as arrows; a browser then lays the page out anew for each of them.
    """
    if not found:
        return [], []
    brief, parts = brief_titles(metrics, say), found[0].match.metrics
    weighted = [metric for metric in metrics if parts[metric.name].weight > 0]
    shares = np.nan_to_num([parts[metric.name].contribution for metric in weighted])
    middles = np.cumsum(shares) - shares / 2
    widths = [LETTER * (_letters(brief[metric.name]) + 2) for metric in weighted]
    starts = _apart(middles - np.array(widths) / 2, widths, len(NAME_PX))
    names: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for place, (metric, middle) in enumerate(zip(weighted, middles.tolist(), strict=True)):
        at, up = starts[place], NAME_PX[place % len(NAME_PX)]
        names.append(
            {
                "text": f"<span style='color:{colour_of(metric)}'>■</span> {brief[metric.name]}",
                "x": at,
                "y": 0,  # the first bar
                "yshift": up,
                "xanchor": "left",
                "showarrow": False,
                "font": {"size": 12},
            }
        )
        if shares[place]:
            lines.append(
                {
                    "type": "line",
                    "x0": middle,
                    "x1": min(max(middle, at), at + widths[place]),
                    "ysizemode": "pixel",
                    "yanchor": 0,
                    "y0": BAR_PX,
                    "y1": up - LETTER_PX,
                    "line": {"width": 1, "color": colour_of(metric)},
                }
            )
    return names, lines


def _letters(text: str) -> int:
    """Its width in Latin letters: those of Chinese, Japanese and Korean are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _apart(wanted: NDArray[np.float64], widths: Sequence[float], rows: int) -> list[float]:
    """Where names begin that take turns in so many rows, as near to where they should as the chart's width allows."""
    starts: list[float] = wanted.tolist()
    for row in range(rows):
        places = range(row, len(starts), rows)
        end = 0.0
        for one in places:
            starts[one] = max(starts[one], end)
            end = starts[one] + widths[one] + GAP
        end = 1.0
        for one in reversed(places):
            starts[one] = min(starts[one], end - widths[one])
            end = starts[one] - GAP
    return starts


def distribution_figure(
    table: ScoreTable,
    found: Sequence[Found],
    metrics: Sequence[Metric],
    criteria: Criteria,
    say: Callable[[str], str] = str,
) -> Ready:
    """A strip a metric: how the whole catalog is spread over its similarity, the matches marked."""
    _, similarity = table.under(criteria)
    shown = [metric for metric in metrics if metric.name in table.names]
    edges = np.linspace(0, 1, STRIP_BINS + 1)
    marks = []
    for row, metric in enumerate(shown):
        values = similarity[:, table.names.index(metric.name)]
        marks.append(_strip(values[~np.isnan(values)], edges, row, metric, say))
    for row, metric in enumerate(shown):
        parts = [one.match.metrics[metric.name] for one in found]
        scale = metric.scale_for(criteria.settings.get(metric.name, {}))
        marks.append(
            {
                "type": "scatter",
                "x": [part.similarity for part in parts],
                "y": [row] * len(found),
                "mode": "markers+text",
                "text": _labels([part.similarity for part in parts]),
                "textposition": "top center",
                "textfont": {"size": 11},
                "marker": {"color": colour_of(metric), "size": 11, "line": {"color": "white", "width": 1}},
                "customdata": [
                    [one.match.rank, for_plotly(one.picture.label), say(described(scale, part.raw))]
                    for one, part in zip(found, parts, strict=True)
                ],
                "hovertemplate": "<b>%{customdata[0]}. %{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
                "showlegend": False,
            }
        )
    layout = {
        "yaxis": {
            "tickvals": list(range(len(shown))),
            "ticktext": [say(metric.title) for metric in shown],
            "range": [len(shown) - 0.4, -0.7],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        "xaxis": {
            "range": [-0.03, 1.03],
            "title": {"text": say(told("Similarity")), "standoff": 4},
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
        },
    }
    return Ready(say(told("Do they stand out from the catalog?")), 130 + 58 * len(shown), marks, layout)


def _strip(
    values: NDArray[np.float32], edges: NDArray[np.float64], row: int, metric: Metric, say: Callable[[str], str]
) -> dict[str, object]:
    """One mark per occupied slice of the strip, the more pictures the larger."""
    title = say(metric.title)
    near = say(told("{metric}: {count} pictures near {value}", metric=title, count="%{customdata}", value="%{x:.2f}"))
    counts, _ = np.histogram(values, edges)
    occupied = np.flatnonzero(counts)
    some = counts[occupied]
    sizes = 4 + 16 * np.sqrt(some / max(1, counts.max(initial=1)))
    return {
        "type": "scatter",
        "x": ((edges[occupied] + edges[occupied + 1]) / 2).tolist(),
        "y": [row] * len(occupied),
        "mode": "markers",
        "marker": {"color": GRAY, "opacity": 0.35, "size": sizes.tolist(), "line": {"width": 0}},
        "customdata": some.tolist(),
        "hovertemplate": f"{near}<extra></extra>",
        "showlegend": False,
    }


def _labels(similarities: Sequence[float]) -> list[str]:
    """The rank over each marker; those that would overlap share a label over the middle one of them: "1-3, 5"."""
    order = [index for index in np.argsort(similarities).tolist() if not np.isnan(similarities[index])]
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _overlap(groups[-2], groups[-1], similarities):
            last = groups.pop()
            groups[-1] += last
    labels = [""] * len(similarities)
    for group in groups:
        labels[_middle(group)] = _ranks(group)
    return labels


def _middle(group: Sequence[int]) -> int:
    return group[len(group) // 2]


def _overlap(left: Sequence[int], right: Sequence[int], similarities: Sequence[float]) -> bool:
    room = LETTER * (len(_ranks(left)) + len(_ranks(right))) / 2
    return similarities[_middle(right)] - similarities[_middle(left)] < room


def _ranks(group: Sequence[int]) -> str:
    """Ranks from 1, those that follow one another as a range."""
    runs: list[list[int]] = []
    for rank in sorted(index + 1 for index in group):
        if runs and rank == runs[-1][-1] + 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


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
