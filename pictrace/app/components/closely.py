"""Two pictures of which one looks closer at the same place; drawn by the script beside this file."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.told import told

__all__ = ["Shown", "closely"]

_FIGURE = '<figure><div class="stage" tabindex="0" role="group"><img></div><figcaption></figcaption></figure>'
_CLOSELY = st.components.v2.component(
    "pictrace_closely",
    html=(
        f'<div class="pair">{_FIGURE}{_FIGURE}</div><div class="tools" role="group" data-label="tools">'
        '<button type="button" data-label="closer">+</button><button type="button" data-label="further">-</button>'
        '<button type="button" data-text="whole"></button></div>'
    ),
    css=style("closely.css"),
    js=script("closely.js"),
)


WORDS = {
    "tools": told("Look closer at both"),
    "closer": told("Closer"),
    "further": told("Further"),
    "whole": told("Whole"),
    "usage": told("{picture}. Plus and minus look closer and further, arrows move.", picture="{picture}"),
}


@dataclass(frozen=True)
class Shown:
    """A picture as an address, and what is written below it: strangers' words, which are never read as HTML."""

    src: str
    caption: str


def closely(first: Shown, second: Shown, *, key: str, words: Words = str) -> None:
    """Both; one may stand without a picture (""). words: say its texts in another language."""
    _CLOSELY(key=key, data={"words": spoken(WORDS, words), "pictures": (asdict(first), asdict(second))})
