"""A triangle whose point a click or the arrow keys move; drawn by the script beside this file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.told import told

__all__ = ["Entry", "are_steps", "triangle"]


_TRIANGLE = st.components.v2.component(
    "pictrace_triangle",
    html=(
        '<figure><svg tabindex="0" role="application"></svg><figcaption aria-live="polite"></figcaption></figure>'
        "<ul></ul>"
    ),
    css=style("triangle.css"),
    js=script("triangle.js"),
)


@dataclass(frozen=True)
class Entry:
    """A region: its colour, what stands in it, and its line in the legend.

    centre: three shares, where the mark stands. room: around it, as a share of the triangle's height.
    """

    mark: str
    name: str
    colour: str
    share: str
    src: str
    centre: tuple[float, float, float]
    room: float


WORDS = {
    "now": told("Now: {weights}. First: {picture}.", weights="{weights}", picture="{picture}"),
    "here": told("Here: {weights}. First: {picture}.", weights="{weights}", picture="{picture}"),
    "now_nothing": told("Now: {weights}. Nothing can be compared here.", weights="{weights}"),
    "here_nothing": told("Here: {weights}. Nothing can be compared here.", weights="{weights}"),
}


def triangle(
    *,
    key: str,
    label: str,
    corners: Sequence[str],
    rows: Sequence[str],
    entries: Sequence[Entry],
    point: tuple[int, int, int] | None,
    without_point: str,
    steps: int,
    total: float,
    on_moved: Callable[[tuple[int, int, int]], None],
    words: Words = str,
) -> None:
    """Draw it; ``on_moved`` is called, before the next run, with whole steps (top, left, right) that sum to ``steps``.

    rows: from the base up, a digit for each point from left to right: the place of its entry; "-" for none.
    words: say its texts in another language.
    """

    def moved() -> None:
        value = st.session_state[key].get("moved")
        if are_steps(value, steps):
            top, left, right = (int(one) for one in value)
            on_moved((top, left, right))

    data = {
        "words": spoken(WORDS, words),
        "label": label,
        "corners": list(corners),
        "rows": list(rows),
        "entries": [asdict(one) for one in entries],
        "point": point,
        "without_point": without_point,
        "steps": steps,
        "total": total,
    }
    _TRIANGLE(key=key, data=data, on_moved_change=moved)


def are_steps(value: object, steps: int) -> bool:
    """What the browser sends is checked as anything else from outside."""
    if not isinstance(value, list) or len(value) != 3:
        return False
    whole = all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in value)
    return whole and sum(value) == steps
