"""The few things that Streamlit has no widget for, each a small script beside this file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pictrace.app.components.scripts import script, style
from pictrace.app.components.words import Words, spoken
from pictrace.told import told

__all__ = [
    "Overlay",
    "Pasted",
    "Tile",
    "copy_link",
    "data_address",
    "kept_token",
    "paste_button",
    "registered",
    "tiles",
]


_TILES = st.components.v2.component("pictrace_tiles", html="<ul></ul>", css=style("tiles.css"), js=script("tiles.js"))
_PASTE = st.components.v2.component(
    "pictrace_paste",
    html=(
        '<button type="button" data-title="title">'
        '<i aria-hidden="true">content_paste</i><span></span></button>'
        '<span role="status"></span>'
    ),
    css=style("button.css"),
    js=script("paste.js"),
)
_COPY = st.components.v2.component(
    "pictrace_copy",
    html='<button type="button"></button><span role="status"></span>',
    css=style("button.css"),
    js=script("copy.js"),
)

_REGISTERED = st.components.v2.component(
    "pictrace_registered",
    html=(
        '<div class="stage"><img><img><div class="edge"></div></div>'
        '<input type="range" min="0" max="100" value="50" data-label="range">'
        '<fieldset><label><input type="radio" name="look" value="slider" checked>'
        '<span data-text="slider"></span></label>'
        '<label><input type="radio" name="look" value="blink"><span data-text="blink"></span></label>'
        '<label><input type="radio" name="look" value="difference"><span data-text="difference"></span></label>'
        "</fieldset><p></p>"
    ),
    css=style("registered.css"),
    js=script("registered.js"),
)
_KEEP = st.components.v2.component("pictrace_keep", html="<span hidden></span>", js=script("keep.js"))


_PASTE_WORDS = {
    "title": told("Paste a picture from the clipboard (Ctrl+V)"),
    "name": told("pasted picture"),
    "unread": told("The picture could not be read. Copy it again."),
    "none": told("The clipboard holds no picture."),
    "denied": told("The browser does not allow it here. Press Ctrl+V instead."),
}
_COPY_WORDS = {"copied": told("Copied."), "denied": told("Copy it from the browser's address bar.")}
_REGISTERED_WORDS = {
    "range": told("Where the second picture begins"),
    "slider": told("Slider"),
    "blink": told("Blink"),
    "difference": told("Difference"),
}


def _ignore() -> None:
    """A result has an attribute for each value that somebody listens to: named as a listener, this gives it one."""


def data_address(jpeg: bytes) -> str:
    """JPEG bytes as an address that an image element can show."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


@dataclass(frozen=True)
class Tile:
    """A picture to choose: what it is called, and what one sees."""

    id: str
    label: str
    jpeg: bytes


def tiles(items: Sequence[Tile], *, label: str, key: str, large: bool = False) -> str | None:
    """A row of pictures; the id of the one that was clicked, in that run only."""
    # A tuple: to find out that a list is no data frame, Streamlit imports pandas, half a second of the app's start.
    shown = tuple({"id": one.id, "label": one.label, "src": data_address(one.jpeg)} for one in items)
    result = _TILES(key=key, data={"items": shown, "label": label, "large": large}, on_picked_change=_ignore)
    picked = result.picked
    return picked if isinstance(picked, str) and picked in {one.id for one in items} else None


@dataclass(frozen=True)
class Pasted:
    """A picture from the clipboard, as the browser sent it: hostile until decoded."""

    name: str
    data: bytes


def paste_button(*, key: str, max_bytes: int, label: str, listen: bool = True, words: Words = str) -> Pasted | None:
    """A button that pastes, and (listen) Ctrl+V anywhere; the picture, in that run only.

    words: say its texts in another language.
    """
    large = told("The picture is larger than {most} MB.", most=round(max_bytes / 1024**2))
    said = spoken({**_PASTE_WORDS, "large": large}, words)
    shown = {"words": said, "label": label, "max_bytes": max_bytes, "listen": listen}
    value = _PASTE(key=key, data=shown, on_picture_change=_ignore).picture
    if not isinstance(value, dict):
        return None
    name, encoded = value.get("name"), value.get("data")
    if not isinstance(name, str) or not isinstance(encoded, str):
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        data = b""  # the decoder will say that it is empty
    return Pasted(name[:200], data[: max_bytes + 1])


@dataclass(frozen=True)
class Overlay:
    """Two pictures of one size that lie on each other, and a third that shows where they differ, as JPEG."""

    first: bytes
    second: bytes
    difference: bytes
    width: int
    height: int


def registered(overlay: Overlay, *, key: str, words: Words = str) -> None:
    """The overlay, with a slider between the two, blinking, or the difference; all in the browser.

    words: its texts in another language.
    """
    notes = {
        "slider": words(told("Left: the first picture. Right: the second, moved to fit.")),
        "blink": words(told("Whatever moves or changes differs.")),
        "difference": words(told("Bright areas changed, beyond an overall change of light and colour.")),
    }
    pictures = {name: data_address(getattr(overlay, name)) for name in ("first", "second", "difference")}
    alts = {
        "first_alt": words(told("The first picture")),
        "second_alt": words(told("The second picture, moved onto the first")),
        "difference_alt": words(told("Heat map of what differs between the two")),
    }
    size = {"width": overlay.width, "height": overlay.height}
    _REGISTERED(key=key, data={"words": spoken(_REGISTERED_WORDS, words), **pictures, **alts, **size, "notes": notes})


def kept_token(token: str, *, forget: str, key: str) -> str:
    """What this browser remembers of an earlier visit ("" for nothing), hostile until checked.

    token: to be remembered from now on; forget: not any more.
    """
    known = st.session_state.get(key, {}).get("token", "")
    value = _KEEP(key=key, data={"token": token, "forget": forget, "known": known}, on_token_change=_ignore).token
    return value if isinstance(value, str) else ""


def copy_link(label: str, *, key: str, words: Words = str) -> None:
    """A button that copies the page's address. words: say its texts in another language."""
    _COPY(key=key, data={"words": spoken(_COPY_WORDS, words), "label": label})
