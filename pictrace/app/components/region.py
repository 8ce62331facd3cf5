"""A picture on which a part is drawn by the pointer or by keys; drawn by the script beside this file."""

from __future__ import annotations

import math

import streamlit as st

from pictrace.app.components import data_address
from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.errors import ImageError
from pictrace.images.region import Region
from pictrace.told import told

__all__ = ["as_region", "draw_region"]

_REGION = st.components.v2.component(
    "pictrace_region",
    html='<div class="stage"><img draggable="false"><div class="part" tabindex="0" role="application"></div></div>'
    '<p aria-live="polite"></p>',
    css=style("region.css"),
    js=script("region.js"),
)


WORDS = {
    "label": told(
        "The part to search. Arrow keys move its edge or itself: Shift with an arrow makes it larger or smaller."
    ),
    "whole": told("Drag over the part to look for."),
    "part": told("{width} % of the width, {height} % of the height.", width="{width}", height="{height}"),
}


def draw_region(jpeg: bytes, alt: str, *, start: Region | None, key: str, words: Words = str) -> Region | None:
    """The part that is drawn on a picture, in percent of it; None while it is the whole.

    Parameters
    ----------
    jpeg
        The picture.
    alt
        What it shows.
    start
        What is drawn at first, in percent.
    key
        Of the widget.
    words
        Say its texts in another language.
    """
    box = [0.0, 0.0, 100.0, 100.0] if start is None else [start.x, start.y, start.width, start.height]
    data = {"words": spoken(WORDS, words), "src": data_address(jpeg), "alt": alt, "box": box}
    return as_region(_REGION(key=key, data=data, default={"box": box}, on_box_change=lambda: None).box)


def as_region(value: object) -> Region | None:
    """What the browser sends, checked as anything else from outside; None of the whole picture."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in value):
        return None
    x, y, width, height = (round(min(100.0, max(0.0, float(one))), 2) for one in value)
    if width >= 99.5 and height >= 99.5:
        return None
    try:
        return Region(x, y, width, height, percent=True)
    except ImageError:
        return None
