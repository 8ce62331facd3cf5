"""Where the tags of a page name pictures: attributes, styles and srcsets.

Source of the srcset rules: the HTML standard, 4.8.4.2, https://html.spec.whatwg.org/#parsing-a-srcset-attribute.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.web.html import Tag
from pictrace.web.policy import MAX_URL_LENGTH

__all__ = ["Candidate", "Place", "css_urls", "places", "srcset"]

_LAZY = (
    *("data-src", "data-original", "data-original-src", "data-lazy", "data-lazy-src", "data-url", "data-image"),
    *("data-full", "data-large", "data-hi-res-src", "data-zoom-image"),
)
_LAZY_SRCSET = ("data-srcset", "data-lazy-srcset", "data-original-set")
_BACKGROUND = ("data-bg", "data-background", "data-background-image")
_META = frozenset({"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"})
_LENGTH = re.compile(r"\s*\+?([0-9]{1,6})(?:\.[0-9]*)?(?:px)?\s*", re.IGNORECASE)

_CANDIDATE = re.compile(r"[\t\n\f\r ,]*+([^\t\n\f\r ]++)")
_DESCRIPTORS = re.compile(r"((?:\([^)]*+\)?|[^,(]++)*+),?")
_WIDTH = re.compile(r"[0-9]{1,9}w")
_DENSITY = re.compile(r"[0-9]{0,9}(?:\.[0-9]{1,9})?x")
_HEIGHT = re.compile(r"[0-9]{1,9}h")
_CSS_URL = re.compile(r"""url\(\s*+(?:"([^"]*+)"|'([^']*+)'|([^()"'\s]*+))\s*+\)""", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """One place of a page that names a picture, before the link is resolved."""

    url: str
    where: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Candidate:
    """One picture of a srcset: its link, and its width in pixels or its density where it says so."""

    url: str
    width: int | None = None
    density: float = 1.0


def places(tag: Tag) -> Iterator[Place]:
    """The places in one tag that name pictures."""
    match tag.name:
        case "img" | "amp-img":
            yield from _of_image(tag)
        case "source":
            yield from _of_srcset(tag, "srcset", "picture source", "")
            for name in _LAZY_SRCSET:
                yield from _of_srcset(tag, name, f"picture source {name}", "")
        case "input" if tag.get("type").strip().lower() == "image":
            yield Place(tag.get("src"), "input image", tag.get("alt"), _length(tag, "width"), _length(tag, "height"))
        case "meta":
            for name in (tag.get("property").strip().lower(), tag.get("name").strip().lower()):
                if name in _META:
                    yield Place(tag.get("content"), f"meta {name}")
        case "link" if "image_src" in tag.get("rel").lower().split():
            yield Place(tag.get("href"), "link image_src")
        case "a" if "href" in tag.attributes and _suffix(tag.get("href")) in PICTURE_SUFFIXES:
            yield Place(tag.get("href"), "a href", tag.get("title"))
    for name in _BACKGROUND:
        if name in tag.attributes:
            yield from (Place(url, name) for url in css_urls(tag.get(name)) or [tag.get(name)])
    if "style" in tag.attributes and "background" in (style := tag.get("style")).lower():
        yield from (Place(url, "style background") for url in css_urls(style))


def _of_image(tag: Tag) -> Iterator[Place]:
    alt, width, height = tag.get("alt"), _length(tag, "width"), _length(tag, "height")
    for name in ("src", *_LAZY):
        if name in tag.attributes:
            yield Place(tag.get(name), f"img {name}", alt, width, height)
    for name in ("srcset", *_LAZY_SRCSET):
        yield from _of_srcset(tag, name, f"img {name}", alt, width, height)


def _of_srcset(
    tag: Tag, name: str, where: str, alt: str, width: int | None = None, height: int | None = None
) -> Iterator[Place]:
    """The largest candidate; its own width, where the srcset tells it, stands for the one declared."""
    if name in tag.attributes and (candidates := srcset(tag.get(name))):
        best = max(candidates, key=lambda one: (one.width or 0, one.density))
        yield Place(best.url, where, alt, best.width or width, None if best.width else height)


def _length(tag: Tag, name: str) -> int | None:
    """A width or height in pixels, None where there is none or it is a share of something (100%)."""
    match = _LENGTH.fullmatch(tag.get(name)[:40])
    return int(match.group(1)) if match else None


def srcset(value: str) -> list[Candidate]:
    """The pictures that a srcset offers; those whose descriptors are wrong are dropped, as browsers do."""
    found = []
    at = 0
    while match := _CANDIDATE.match(value, at):
        url, at = match.group(1), match.end()
        words: list[str] = []
        if url.endswith(","):
            url = url.rstrip(",")
        elif descriptors := _DESCRIPTORS.match(value, at):
            words, at = descriptors.group(1).split(), descriptors.end()
        candidate = _candidate(url, words)
        if candidate is not None:
            found.append(candidate)
    return found


def _candidate(url: str, words: list[str]) -> Candidate | None:
    widths = [word for word in words if _WIDTH.fullmatch(word)]
    densities = [word for word in words if len(word) > 1 and _DENSITY.fullmatch(word)]
    heights = [word for word in words if _HEIGHT.fullmatch(word)]
    understood = len(widths) + len(densities) + len(heights) == len(words)
    if not understood or max(len(widths), len(densities), len(heights)) > 1 or (densities and len(words) > 1):
        return None
    if widths:
        return Candidate(url, width=int(widths[0][:-1])) if int(widths[0][:-1]) else None
    return Candidate(url, density=float(densities[0][:-1]) if densities else 1.0)


def css_urls(style: str) -> list[str]:
    """The links of all url(...) in a style."""
    return [double or single or bare for double, single, bare in _CSS_URL.findall(style)]


def _suffix(url: str) -> str:
    try:
        return posixpath.splitext(urlsplit(url[:MAX_URL_LENGTH].strip()).path)[1].lower()
    except ValueError:
        return ""
