"""Links to pictures within the texts of a page: in styles, in JSON-LD, and in JSON that stands in an attribute."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.web.policy import MAX_URL_LENGTH

__all__ = ["css_urls", "json_links", "linked_data", "names_picture", "style_urls", "suffix"]

_CSS_URL = re.compile(r"""url\(\s*+(?:"([^"]*+)"|'([^']*+)'|([^()"'\s]*+))\s*+\)""", re.IGNORECASE)
_OTHERS_OF_STYLES = frozenset({".css", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".cur", ".ani", ".htc", ".js"})
_MOST_PARTS = 100_000
_PICTURE_KEYS = frozenset({"image", "images", "thumbnail", "thumbnailUrl", "photo", "photos", "primaryImageOfPage"})
_URL_KEYS = ("contentUrl", "url", "@id")  # of an ImageObject, the best first


def css_urls(style: str) -> list[str]:
    """The links of all url(...) in a style."""
    return [double or single or bare for double, single, bare in _CSS_URL.findall(style)]


def style_urls(style: str) -> list[str]:
    """The links of a style that may be pictures: not those of fonts and other sheets, or in comments."""
    before, *commented = style.split("/*")
    kept = before + "".join(rest for one in commented for rest in one.split("*/", 1)[1:])
    return [url for url in css_urls(kept) if suffix(url) not in _OTHERS_OF_STYLES]


def linked_data(text: str) -> Iterator[tuple[str, int | None, int | None]]:
    """(link, width, height) of the pictures that JSON-LD names of a thing: its image, its thumbnail, its photos.

    Source: https://schema.org/image and https://schema.org/ImageObject; width and height in pixels, where it tells.
    """
    for part in _parts(text, lambda inner: [one for name, one in inner.items() if name != "logo"]):
        if not isinstance(part, dict):
            continue
        if _is_image_object(part):
            yield from _of_image(part)
        for name, value in part.items():
            for one in value if isinstance(value, list) else [value]:
                if name in _PICTURE_KEYS and not (isinstance(one, dict) and _is_image_object(one)):
                    yield from _of_image(one)


def json_links(text: str) -> Iterator[str]:
    """Links to pictures, by their suffixes, anywhere in JSON, as keys and as values."""
    for part in _parts(text, lambda inner: [one for pair in inner.items() for one in pair]):
        if isinstance(part, str) and names_picture(part):
            yield part


def names_picture(text: str) -> bool:
    """Whether a text looks like one address of a picture, as its path ends like one."""
    text = text.strip()
    return len(text) <= MAX_URL_LENGTH and not re.search(r"[\s<>{}]", text) and suffix(text) in PICTURE_SUFFIXES


def suffix(url: str) -> str:
    """How the path of a link ends, in lower case: ".jpg"; "" where it has no suffix, or is no link."""
    try:
        return posixpath.splitext(urlsplit(url[:MAX_URL_LENGTH].strip()).path)[1].lower()
    except ValueError:
        return ""


def _parts(text: str, within: Callable[[Mapping[str, object]], list[object]]) -> Iterator[object]:
    """The parts of JSON in the order in which they stand, so many at the most; within: what of an object is asked."""
    left = [_parsed(text)]
    for _ in range(_MOST_PARTS):
        if not left:
            return
        part = left.pop()
        yield part
        if isinstance(part, list):
            left += reversed(part)
        elif isinstance(part, dict):
            left += reversed(within(part))


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):  # it is broken, or nested to do harm
        return None
    return found


def _is_image_object(part: Mapping[str, object]) -> bool:
    kinds = part.get("@type")
    return "ImageObject" in (kinds if isinstance(kinds, list) else [kinds])


def _of_image(one: object) -> Iterator[tuple[str, int | None, int | None]]:
    if isinstance(one, str):
        yield one, None, None
    elif isinstance(one, dict):
        link = next((value for key in _URL_KEYS if isinstance(value := one.get(key), str)), "")
        yield link, _pixels(one.get("width")), _pixels(one.get("height"))


def _pixels(value: object) -> int | None:
    if isinstance(value, dict):  # a QuantitativeValue
        value = value.get("value")
    text = str(value)[:10].removesuffix("px").strip() if isinstance(value, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() else None
