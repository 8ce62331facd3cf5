"""The ranked list of cards, of which one can be chosen; drawn by the script beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.told import told

__all__ = ["Address", "Card", "Segment", "match_list"]

KEYS = {
    "<kbd>j</kbd> <kbd>k</kbd>": "next",
    "<kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd>": "move",
    "<kbd>Enter</kbd>": "open",
    "<kbd>Esc</kbd>": "back",
    "<kbd>m</kbd>": "more",
    "<kbd>?</kbd>": "show",
}
WORDS = {
    "next": told("Next and previous match; with details open, their details"),
    "move": told("Move within the matches"),
    "open": told("Open the details of a match"),
    "back": told("Back to the matches"),
    "more": told("In the details: more like this"),
    "show": told("Show these keys"),
    "keys": told("Keys:"),
    "heading": told("Keys"),
    "close": told("Close"),
    "adds": told("{metric} adds {value}", metric="{metric}", value="{value}"),
}
_HELP = "".join(f'<dt>{keys}</dt><dd data-text="{does}"></dd>' for keys, does in KEYS.items())

_MATCHES = st.components.v2.component(
    "pictrace_matches",
    html=(
        '<ul></ul><button type="button" class="keys"><span data-text="keys"></span> <kbd>?</kbd></button>'
        f'<dialog aria-labelledby="keys"><h2 id="keys" data-text="heading"></h2><dl>{_HELP}</dl>'
        '<button type="button" data-text="close"></button></dialog>'
    ),
    css=style("matches.css"),
    js=script("matches.js"),
)


@dataclass(frozen=True)
class Segment:
    """A metric's part of the bar. share: of the whole bar, 0 to 1."""

    colour: str
    label: str
    share: float


@dataclass(frozen=True)
class Address:
    """Where a picture is. href: "" where a browser cannot follow it."""

    text: str
    href: str


@dataclass(frozen=True)
class Card:
    """One match: strangers' words, which are never read as HTML. src: its thumbnail as an address.

    level: how sure it is that it shows the same: "certain", "likely" or "weak"; level_told: how the page says that.
    """

    id: str
    rank: str
    score: str
    title: str
    src: str
    note: str
    level: str
    level_told: str
    segments: Sequence[Segment]
    facts: Sequence[str]
    sources: Sequence[Address]


def match_list(
    items: Sequence[Card], *, selected: str | None, key: str, size_px: int = 0, words: Words = str
) -> str | None:
    """The ranked cards; the id of the one that was clicked, in that run only.

    size_px: the width of a picture in a grid; 0 for a list with all that is known of each.
    words: say its texts in another language.
    """

    def clicked() -> None:
        """The result has an attribute for what was picked only where somebody listens to it."""

    shown = tuple(asdict(one) for one in items)
    data = {"words": spoken(WORDS, words), "items": shown, "selected": selected, "size": size_px}
    picked = _MATCHES(key=key, data=data, on_picked_change=clicked).picked
    return picked if isinstance(picked, str) and picked in {one.id for one in items} else None
