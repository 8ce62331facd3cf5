"""What all figures share: the frame and gray.

Figures say their texts by a function that the page gives them, which knows its language (see ``pictrace.told``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from plotly.basedatatypes import BaseFigure

from pictrace.features import Scale
from pictrace.metrics.base import Metric
from pictrace.told import Told, told

__all__ = ["GRAY", "MARGIN", "Ready", "brief_titles", "chart", "described", "framed", "short"]

GRAY = "#8A8F98"  # readable on light and on dark
MARGIN = {"l": 0, "r": 8, "t": 64, "b": 32}


def short(text: str, most: int = 26) -> str:
    """A text without its middle where it is too long: titles of changed copies differ at their end."""
    if len(text) <= most:
        return text
    end = most // 2
    return f"{text[: most - 1 - end].rstrip()}…{text[-end:].lstrip()}"


def brief_titles(metrics: Sequence[Metric], say: Callable[[str], str] = str) -> dict[str, str]:
    """Metric name to its title without the term in brackets, where that still tells them apart."""
    titles = {metric.name: say(metric.title) for metric in metrics}
    brief = {name: title.split(" (")[0] for name, title in titles.items()}
    given = list(brief.values())
    return {name: brief[name] if given.count(brief[name]) == 1 else title for name, title in titles.items()}


def described(scale: Scale, raw: float) -> Told:
    """What ``Scale.describe`` says, for pages in other languages."""
    if np.isnan(raw):
        return told("not comparable")
    return told("{number} {unit}", number=scale.number(raw), unit=told(scale.unit))


def framed(figure: go.Figure, title: str, height: int) -> go.Figure:
    return figure.update_layout(**_frame(title, height))


def chart(title: str, height: int, data: Sequence[Mapping[str, object]], layout: Mapping[str, object]) -> go.Figure:
    """A framed figure, made in one go: a quarter of the time that adding to it takes."""
    return go.Figure(data=list(data), layout={**_frame(title, height), **layout})


class Ready(BaseFigure):  # type: ignore[misc]  # plotly has no types
    """A figure of parts that nothing checks: plotly's objects took a fifth of the time of what each slider redraws."""

    def __init__(
        self, title: str, height: int, data: Sequence[Mapping[str, object]], layout: Mapping[str, object]
    ) -> None:
        drawn: dict[str, object] = {**_below(pio.templates.default), **_frame(title, height), **layout}
        self._drawn = {"data": list(data), "layout": drawn}

    def to_dict(self) -> dict[str, Any]:
        """All that plotly and Streamlit read of a figure to send it."""
        return self._drawn


@cache
def _below(_name: str | None) -> Mapping[str, object]:
    """What plotly lays under each figure by default: on a page, a template of Streamlit's colours."""
    return dict(go.Figure().to_dict()["layout"])


def _frame(title: str, height: int) -> dict[str, object]:
    return {
        "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 16}},
        "height": height,
        "margin": MARGIN,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }
