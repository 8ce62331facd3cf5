"""One pair's similarity by every metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go

from pictrace.metrics import colour_of
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import brief_titles, chart
from pictrace.searching.table import ScoreTable
from pictrace.told import told

__all__ = ["similarities_figure"]

ROW_PX = 30


def similarities_figure(table: ScoreTable, metrics: Sequence[Metric], say: Callable[[str], str] = str) -> go.Figure:
    """A bar for each metric, of the table's only candidate at the default settings; the first on top."""
    ordered = list(reversed(metrics))
    values = [float(table.similarity[0, table.names.index(one.name)]) for one in ordered]
    titles = brief_titles(metrics, say)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": np.nan_to_num(values).tolist(),
        "y": [titles[one.name] for one in ordered],
        "marker": {"color": [colour_of(one) for one in ordered]},
        "text": [say(told("not comparable")) if np.isnan(one) else f"{one:.2f}" for one in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "<b>%{y}</b>: %{text}<extra></extra>",
    }
    layout = {
        "xaxis": {"range": [0, 1.15], "tickvals": [0, 0.5, 1], "zeroline": False},
        "yaxis": {"automargin": True},
        "showlegend": False,
    }
    return chart(say(told("Similarity")), 110 + ROW_PX * len(ordered), [bars], layout)
