"""Two pictures of which one looks closer at the same place; drawn by the script beside this file."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style

__all__ = ["Shown", "closely"]

_FIGURE = '<figure><div class="stage" tabindex="0" role="group"><img></div><figcaption></figcaption></figure>'
_CLOSELY = st.components.v2.component(
    "pictrace_closely",
    html=(
        f'<div class="pair">{_FIGURE}{_FIGURE}</div><div class="tools" role="group" aria-label="Look closer at both">'
        '<button type="button" aria-label="Closer">+</button><button type="button" aria-label="Further">-</button>'
        '<button type="button">Whole</button></div>'
    ),
    css=style("closely.css"),
    js=script("closely.js"),
)


@dataclass(frozen=True)
class Shown:
    """A picture as an address, and what is written below it: strangers' words, which are never read as HTML."""

    src: str
    caption: str


def closely(first: Shown, second: Shown, *, key: str) -> None:
    """Both; one may stand without a picture ("")."""
    _CLOSELY(key=key, data={"pictures": (asdict(first), asdict(second))})
