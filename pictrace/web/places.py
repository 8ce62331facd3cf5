"""Where the tags of a page name pictures: attributes, styles and srcsets.

Source of the srcset rules: the HTML standard, 4.8.4.2, https://html.spec.whatwg.org/#parsing-a-srcset-attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.web.html import Tag
from pictrace.web.inner import css_urls, json_links, linked_data, names_picture, style_urls, suffix
from pictrace.web.policy import MAX_URL_LENGTH

__all__ = ["Candidate", "Place", "places", "srcset"]

_LATE = re.compile(
    r"data-(?:[a-z0-9]+-)*(?:src|original|lazy|lazyload|url|image|img|echo|full|large|hires|poster|photo|picture)"
    r"(?:-(?:src|url|image|img|desktop|mobile|retina|large|small|\d+x?))*"
)
"""Attributes by which scripts load a picture later; the names differ from script to script, their words hardly."""
_ADDRESS = re.compile(r"(?![\d.]+$)[^\s{}<>\[\]]*[./?][^\s{}<>\[\]]*")
_ABOUT_NAMES = re.compile(r"data-(?:[a-z0-9]+-)*(?:title|alt|name|filename|caption|label|text|download)")
_BACKGROUND = ("data-bg", "data-background", "data-background-image")
_META = frozenset({"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"})
_LENGTH = re.compile(r"\s*\+?([0-9]{1,6})(?:\.[0-9]*)?(?:px)?\s*", re.IGNORECASE)

_CANDIDATE = re.compile(r"[\t\n\f\r ,]*+([^\t\n\f\r ]++)")
_DESCRIPTORS = re.compile(r"((?:\([^)]*+\)?|[^,(]++)*+),?")
_SIZED = re.compile(r"\s\d{1,9}(?:\.\d{1,9})?[wx]\s*+(?:,|$)")
_WIDTH = re.compile(r"[0-9]{1,9}w")
_DENSITY = re.compile(r"[0-9]{0,9}(?:\.[0-9]{1,9})?x")
_HEIGHT = re.compile(r"[0-9]{1,9}h")


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
        case "input" if tag.get("type").strip().lower() == "image":
            yield Place(tag.get("src"), "input image", tag.get("alt"), _length(tag, "width"), _length(tag, "height"))
        case "image" | "feimage":
            for name in ("href", "xlink:href"):
                if name in tag.attributes:
                    yield Place(tag.get(name), "svg image", "", _length(tag, "width"), _length(tag, "height"))
        case "video" | "amp-video" if "poster" in tag.attributes:
            yield Place(tag.get("poster"), "video poster", tag.get("title"))
        case "object" | "embed":
            link = tag.get("data" if tag.name == "object" else "src")
            if tag.get("type").strip().lower().startswith("image/") or names_picture(link):
                yield Place(link, tag.name, tag.get("title"), _length(tag, "width"), _length(tag, "height"))
        case "meta":
            yield from _of_meta(tag)
        case "link":
            yield from _of_link(tag)
        case "a" | "area" if suffix(tag.get("href")) in PICTURE_SUFFIXES:
            yield Place(tag.get("href"), "a href", tag.get("title"))
        case "style":
            yield from (Place(url, "style sheet") for url in style_urls(tag.text))
        case "script" if tag.get("type").strip().lower() == "application/ld+json":
            yield from (Place(url, "JSON-LD", "", width, height) for url, width, height in linked_data(tag.text))
    if tag.name != "script":
        yield from _of_any(tag)


def _of_image(tag: Tag) -> Iterator[Place]:
    alt, width, height = tag.get("alt"), _length(tag, "width"), _length(tag, "height")
    if "src" in tag.attributes:
        yield Place(tag.get("src"), "img src", alt, width, height)
    yield from _of_srcset(tag, "srcset", "img srcset", alt, width, height)


def _of_meta(tag: Tag) -> Iterator[Place]:
    for name in (tag.get("property").strip().lower(), tag.get("name").strip().lower()):
        if name in _META:
            yield Place(tag.get("content"), f"meta {name}")
    if "image" in tag.get("itemprop").lower().split():
        yield Place(tag.get("content"), "meta itemprop image")


def _of_link(tag: Tag) -> Iterator[Place]:
    kinds = tag.get("rel").lower().split()
    if "image_src" in kinds or "image" in tag.get("itemprop").lower().split():
        yield Place(tag.get("href"), "link image_src" if "image_src" in kinds else "link itemprop image")
    if tag.get("as").strip().lower() == "image" and not {"preload", "prefetch"}.isdisjoint(kinds):
        yield Place(tag.get("href"), "link preload")
        yield from _of_srcset(tag, "imagesrcset", "link imagesrcset", "")


def _of_any(tag: Tag) -> Iterator[Place]:
    """What attributes of any tag name: backgrounds, and what scripts load later."""
    if "background" in tag.attributes:  # of tables and bodies, as one wrote before styles
        yield Place(tag.get("background"), "background")
    if "style" in tag.attributes:
        style = tag.get("style")
        where = "style background" if "background" in style.lower() else "style"
        yield from (Place(url, where) for url in style_urls(style))
    for name in tag.attributes:
        if name.startswith("data-") and not _ABOUT_NAMES.fullmatch(name[:100]):
            yield from _of_data(tag, name)


def _of_data(tag: Tag, name: str) -> Iterator[Place]:
    """What an attribute for scripts names, where it looks like pictures."""
    value = tag.get(name).strip()
    is_image = tag.name in ("img", "amp-img")
    label = {"img": "img ", "amp-img": "img ", "source": "picture source "}.get(tag.name, "")
    alt, width, height = (
        (tag.get("alt"), _length(tag, "width"), _length(tag, "height")) if is_image else ("", None, None)
    )
    is_late = _LATE.fullmatch(name[:100]) is not None
    if name.endswith("srcset") or (name.endswith("set") and _SIZED.search(value)):
        yield from _of_srcset(tag, name, f"{label}{name}", alt, width, height)
    elif value.startswith(("{", "[")):
        yield from (Place(link, f"{label}{name}", alt) for link in json_links(value))
    elif urls := css_urls(value):
        yield from (Place(url, f"{label}{name}", alt) for url in urls)
    elif (
        names_picture(value.replace(" ", "%20") if is_late else value)
        or (is_image and is_late and _ADDRESS.fullmatch(value[: MAX_URL_LENGTH + 1]))
        or name in _BACKGROUND
    ):
        yield Place(value, f"{label}{name}", alt, width, height)


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
