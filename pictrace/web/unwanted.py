"""Which links of a page are no pictures worth having, by their paths alone: decoration, fillers and pages."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

__all__ = ["DECORATION", "FILLERS", "OTHERS", "about_a_picture", "left_out_word"]

DECORATION = (
    "logo",
    "logos",
    "icon",
    "icons",
    "favicon",
    "sprite",
    "sprites",
    "avatar",
    "avatars",
    "badge",
    "badges",
    "emoji",
)
"""What a picture is, where its name says so: as its last word ("site-logo-2x"), of drawings also as its first
("icon-mail"), and as the first or last word of a folder ("social-icons"). A logo-wall.jpg is a wall."""

FILLERS = ("pixel", "spacer", "blank", "placeholder", "loader", "spinner")
"""What stands where there is no picture: as the whole name, with what says nothing ("blank", "1x1-pixel"), and as
a whole folder. A blank-canvas.jpg is a canvas, and a Pixel-8.jpg a telephone."""

OTHERS = ("banner-ad", "ad-banner")
"""These, and what somebody adds, count wherever they stand as whole words."""

_MEANINGLESS = re.compile(
    r"\d+x\d*|@?[1-4]x|v?\d+|[0-9a-f]{8,}|xx?s|sm|small|md|medium|lg|large|xl|big|mini|min|px|"
    r"white|black|gray|grey|dark|light|colou?r|transparent|empty|default|lazy|loading|ajax|tracking|tiny|image|img|dot"
)
_SIZE = re.compile(r"\d+x\d*|1|xx?s|sm|small|tiny|px|white|black|gray|grey|transparent|empty|default|lazy|loading|ajax|"
                   r"tracking|image|img|dot|gif|[0-9a-f]{8,}")  # fmt: skip
_PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif"})
_PAGE_OF_A_FILE = re.compile(r"/(?:-/)?blob/|/wiki/[^/]+:[^/]+$")


def left_out_word(link: str, words: Sequence[str]) -> str:
    """The word for which a link is left out, "" for none; "-" in a word stands for whatever separates two."""
    if not words:
        return ""
    path = unquote(urlsplit(link).path).lower()
    stem, suffix = posixpath.splitext(path)
    *folders, name = [re.sub(r"[\W_]+", "-", part).strip("-") for part in stem.split("/")]
    anywhere = tuple(one for one in words if one not in DECORATION and one not in FILLERS)
    if anywhere and (match := _words(anywhere).search("/".join([*folders, name]))):
        return match.group()
    chosen = frozenset(words)
    for folder in folders:
        parts = folder.split("-")
        if folder in FILLERS and folder in chosen:
            return folder
        if found := next((part for part in (parts[-1], parts[0]) if part in DECORATION and part in chosen), ""):
            return found
    return _in_name(name.split("-"), suffix, chosen)


def _in_name(parts: list[str], suffix: str, chosen: frozenset[str]) -> str:
    telling = [part for part in parts if not _SIZE.fullmatch(part)]
    if telling and all(part in FILLERS and part in chosen for part in telling):
        return telling[0]
    telling = [part for part in parts if not _MEANINGLESS.fullmatch(part)]
    ends = telling[-1:] if suffix in _PHOTOGRAPHS else [*telling[-1:], *telling[:1]]
    return next((part for part in ends if part in DECORATION and part in chosen), "")


def about_a_picture(link: str) -> bool:
    """Whether a link that ends like a picture leads to a page about it: of a wiki (File:Cat.jpg), of a repository."""
    path = unquote(urlsplit(link).path)
    return ":" in path.rsplit("/", 1)[-1] or bool(_PAGE_OF_A_FILE.search(path))


@functools.lru_cache(16)
def _words(words: tuple[str, ...]) -> re.Pattern[str]:
    choice = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^/-])(?:{choice})(?![^/-])")
