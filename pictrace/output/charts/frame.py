"""What all figures share: the frame and gray.

Figures say their texts by a function that the page gives them, which knows its language (see ``pictrace.told``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from pictrace.features import Scale
from pictrace.metrics.base import Metric
from pictrace.told import Told, told

__all__ = ["GRAY", "MARGIN", "brief_titles", "chart", "described", "framed", "short"]

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
    """A framed figure, made in one go: a quarter of the time that adding to it takes, for what each slider redraws."""
    return go.Figure(data=list(data), layout={**_frame(title, height), **layout})


def _frame(title: str, height: int) -> dict[str, object]:
    return {
        "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 16}},
        "height": height,
        "margin": MARGIN,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }
