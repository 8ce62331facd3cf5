"""Lines from keypoint to keypoint, of which one is told when it is pointed at; drawn by the script beside this file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st

from pictrace.app.components import data_address
from pictrace.app.components.scripts import script, style
from pictrace.images.encoding import encode_jpeg
from pictrace.metrics.evidence import Lines
from pictrace.output.drawing.pairs import arranged, lines_caption
from pictrace.told import joined, told

__all__ = ["Line", "keypoint_lines", "lines_of"]

GAP_PX = 12
DESCRIPTOR_BITS = 256

_LINES = st.components.v2.component(
    "pictrace_keypoint_lines",
    html='<svg tabindex="0" role="group"></svg><p role="status"></p>',
    css=style("keypoint_lines.css"),
    js=script("keypoint_lines.js"),
)


@dataclass(frozen=True)
class Line:
    """From a point of the query to one of the match, in pixels of the drawing; told: what it says when chosen."""

    x: float
    y: float
    to_x: float
    to_y: float
    agrees: bool
    told: str


def lines_of(part: Lines, left: int, top: int, words: Callable[[str], str]) -> tuple[Line, ...]:
    """Those that agree last, above the others. left, top: where the match lies."""
    moved = np.array([left, top], np.float32)
    ends = np.hstack([part.query_points, part.match_points + moved]).round(1).tolist()
    lines = []
    for one in part.consistent.argsort(kind="stable").tolist():
        x, y, to_x, to_y = ends[one]
        lines.append(Line(x, y, to_x, to_y, bool(part.consistent[one]), words(_told(part, one))))
    return tuple(lines)


def _told(part: Lines, one: int) -> str:
    (x, y), (to_x, to_y) = part.query_points[one].round().astype(int), part.match_points[one].round().astype(int)
    agrees = told("It agrees with the others.") if part.consistent[one] else told("It does not agree with the others.")
    differ = told(
        "Your picture at {x}, {y} px; the match at {to_x}, {to_y} px: {bits} of {all} bits differ.",
        x=x,
        y=y,
        to_x=to_x,
        to_y=to_y,
        bits=part.distance_bits[one],
        all=DESCRIPTOR_BITS,
    )
    return joined(differ, agrees)


def keypoint_lines(part: Lines, *, key: str, words: Callable[[str], str]) -> None:
    """Both pictures, and all lines."""
    at = arranged(part.query.shape, part.match.shape, GAP_PX)
    pictures = tuple(
        {"src": data_address(encode_jpeg(one)), "x": x, "y": y, "width": one.shape[1], "height": one.shape[0]}
        for one, x, y in ((part.query, 0, 0), (part.match, at.left, at.top))
    )
    shown = tuple(asdict(one) for one in lines_of(part, at.left, at.top, words))
    label = words(joined(told("{sentence}.", sentence=part.title), lines_caption(part)))
    usage = words(told("Point at a line, or choose it by arrow keys."))
    data = {"pictures": pictures, "width": at.width, "height": at.height, "lines": shown, "label": label, "help": usage}
    _LINES(key=key, data=data)
