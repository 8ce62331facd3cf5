"""Thousands of points to look at and to choose from; drawn by the scripts beside this file.

The browser holds the points alone. What a point is called and looks like is asked for when it is hovered, or drawn as
a picture: the component then runs its part of the page again, which tells it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.told import told

__all__ = ["RAMP_STEPS", "Group", "Looks", "PointText", "QueryMark", "point_map", "points_sent", "wanted_points"]

RAMP_STEPS = 16  # as in the script
MOST_ASKED = 64


_POINTS = st.components.v2.component(
    "pictrace_pointmap",
    html=(
        '<figure><div class="tools">'
        '<button type="button" class="nearer" data-label="nearer" data-title="nearer">+</button>'
        '<button type="button" class="farther" data-label="farther" data-title="farther">&minus;</button>'
        '<button type="button" class="whole" data-title="show_whole" data-text="whole"></button>'
        '<button type="button" class="pictures" data-title="draw" data-text="pictures"></button></div>'
        '<div class="stage"><canvas tabindex="0" role="application"></canvas>'
        '<div class="tip" hidden><img alt=""><span></span><small></small></div></div>'
        '<figcaption aria-live="polite"></figcaption>'
        '<div class="legend"></div><div class="ramp"><small data-text="ramp"></small><i></i>'
        "<small>1</small></div></figure>"
    ),
    css=style("pointmap.css"),
    js=script("pointmap.js"),
)


WORDS = {
    "nearer": told("Zoom in"),
    "farther": told("Zoom out"),
    "whole": told("Whole"),
    "show_whole": told("Show the whole map"),
    "pictures": told("Pictures"),
    "draw": told("Draw pictures where there is room"),
    "ramp": told("Score 0"),
}


@dataclass(frozen=True)
class Group:
    """Points that look alike. colour: "" for the theme's gray."""

    name: str
    colour: str
    count: int


@dataclass(frozen=True)
class Looks:
    """What the points are coloured by. codes: (n,) uint8, each the place of a group; with ``ramp`` a step of
    RAMP_STEPS, larger is nearer, and RAMP_STEPS itself for a point without a score."""

    name: str
    codes: NDArray[np.uint8]
    groups: Sequence[Group] = ()
    ramp: bool = False


@dataclass(frozen=True)
class QueryMark:
    """A picture that is on the map as a guest. src: its thumbnail as an address."""

    x: float
    y: float
    name: str
    src: str


@dataclass(frozen=True)
class PointText:
    """What a point is: strangers' words, which are never read as HTML."""

    title: str
    note: str
    src: str


def wanted_points(key: str, version: str, count: int) -> list[int]:
    """The points of which the browser asked, in this run, what they are. What it sends is checked."""
    return points_sent(st.session_state.pop(f"{key}_wanted", None), version, count)


def point_map(
    *,
    key: str,
    version: str,
    label: str,
    usage: str,
    action: str,
    positions: NDArray[np.float32],
    looks: Looks,
    marks: Mapping[int, str],
    query: QueryMark | None,
    selected: int | None,
    texts: Mapping[int, PointText],
    on_picked: Callable[[int], None],
    words: Words = str,
) -> None:
    """Draw n points at positions (n, 2) in [0, 1], to the right and up; ``on_picked`` is called, before the next run,
    with the number of the point that was chosen.

    version: names the points, so that an answer to former ones is not taken for one to these. usage: how it is used;
    action: what choosing the hovered point does. marks: short texts on points. texts: what points are, see
    wanted_points. words: say its own texts in another language.
    """

    def picked() -> None:
        sent = st.session_state[key].get("picked")
        value = {**sent, "points": [sent.get("point")]} if isinstance(sent, dict) else None
        for number in points_sent(value, version, len(positions)):
            on_picked(number)

    def wanted() -> None:
        st.session_state[f"{key}_wanted"] = st.session_state[key].get("wanted")

    coded = np.round(positions * 65535).astype("<u2")
    data = {
        "words": spoken(WORDS, words),
        "version": version,
        "count": len(positions),
        "label": label,
        "help": usage,
        "action": action,
        "points": base64.b64encode(coded.tobytes()).decode("ascii"),
        "codes": base64.b64encode(looks.codes.tobytes()).decode("ascii"),
        "look": looks.name,
        "ramp": looks.ramp,
        "groups": [asdict(one) for one in looks.groups],
        "marks": [[number, text] for number, text in marks.items()],
        "query": None if query is None else asdict(query),
        "selected": selected,
        "texts": [[number, asdict(one)] for number, one in texts.items()],
    }
    _POINTS(key=key, data=data, on_picked_change=picked, on_wanted_change=wanted)


def points_sent(value: object, version: str, count: int) -> list[int]:
    """The points' numbers in what the browser sent for this very map; none where it is anything else."""
    if not isinstance(value, dict) or value.get("version") != version or not isinstance(value.get("points"), list):
        return []
    numbers = [one for one in value["points"] if isinstance(one, int) and not isinstance(one, bool)]
    return [one for one in numbers if 0 <= one < count][:MOST_ASKED]
