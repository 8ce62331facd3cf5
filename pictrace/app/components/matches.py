"""The ranked list of cards, of which one can be chosen; drawn by the script beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style

__all__ = ["Address", "Card", "Segment", "match_list"]

KEYS = {
    "<kbd>j</kbd> <kbd>k</kbd>": "Next and previous match; with details open, their details",
    "<kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd>": "Move within the matches",
    "<kbd>Enter</kbd>": "Open the details of a match",
    "<kbd>Esc</kbd>": "Back to the matches",
    "<kbd>m</kbd>": "In the details: more like this",
    "<kbd>?</kbd>": "Show these keys",
}
_HELP = "".join(f"<dt>{keys}</dt><dd>{does}</dd>" for keys, does in KEYS.items())

_MATCHES = st.components.v2.component(
    "pictrace_matches",
    html=(
        '<ul></ul><button type="button" class="keys">Keys: <kbd>?</kbd></button>'
        f'<dialog aria-labelledby="keys"><h2 id="keys">Keys</h2><dl>{_HELP}</dl><button type="button">Close</button>'
        "</dialog>"
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


def match_list(items: Sequence[Card], *, selected: str | None, key: str, size_px: int = 0) -> str | None:
    """The ranked cards; the id of the one that was clicked, in that run only.

    size_px: the width of a picture in a grid; 0 for a list with all that is known of each.
    """

    def clicked() -> None:
        """The result has an attribute for what was picked only where somebody listens to it."""

    data = {"items": tuple(asdict(one) for one in items), "selected": selected, "size": size_px}
    picked = _MATCHES(key=key, data=data, on_picked_change=clicked).picked
    return picked if isinstance(picked, str) and picked in {one.id for one in items} else None
