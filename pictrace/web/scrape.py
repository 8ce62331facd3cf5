"""The pictures that a web page shows or links to, found in its HTML; nothing is fetched here.

A page is written by a stranger: broken markup and broken links are left out, never raised, and the work is
bounded in bytes and links.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from pictrace.errors import RefusedError, SourceError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.html import decode_html, tags
from pictrace.web.places import Place, places
from pictrace.web.policy import MAX_URL_LENGTH, check_characters
from pictrace.web.unwanted import DECORATION, FILLERS, OTHERS, about_a_picture, left_out_word

__all__ = ["DEFAULT_RULES", "PageLinks", "PictureLink", "ScrapeRules", "next_page", "page_addresses", "picture_links"]

MAX_PAGES = 1000
"""Pages that one pattern may name."""
PAGE_NUMBER = "{n}"

_MAX_ALT = 500
_EMBEDDED = ("data:", "blob:")


@dataclass(frozen=True)
class ScrapeRules:
    """Which links of a page are no pictures worth having; checks itself (ValueError).

    A link is left out where all its places declare a width or height below min_side_px; where its path says by one
    of left_out_words, in any case, that it is decoration or a filler (see pictrace.web.unwanted) and no place
    declares at least twice min_side_px both ways; where it ends in one of left_out_suffixes; where it leads to a page
    about a picture; and, with same_host_only, to another host than the page's.

    Of a page max_bytes (or characters) are read, max_places in which links stand, and max_links different ones.
    """

    min_side_px: int = 100
    left_out_words: tuple[str, ...] = (*DECORATION, *FILLERS, *OTHERS)
    left_out_suffixes: tuple[str, ...] = (".svg", ".svgz", ".ico")
    same_host_only: bool = False
    max_bytes: int = 5 * 2**20
    max_places: int = 100_000
    max_links: int = 10_000

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_places", "max_links"):
            if getattr(self, name) < 1:
                raise ValueError(
                    told("{name} must be at least {least}, not {value}", name=name, least=1, value=getattr(self, name))
                )
        if self.min_side_px < 0:
            raise ValueError(
                told(
                    "{name} must be at least {least}, not {value}", name="min_side_px", least=0, value=self.min_side_px
                )
            )
        for word in self.left_out_words:
            if not re.fullmatch(r"[^\W_A-Z]+(-[^\W_A-Z]+)*", word):
                raise ValueError(
                    told("left_out_words must be words in lower case, joined by -, not {word}", word=repr(word))
                )
        for suffix in self.left_out_suffixes:
            if not re.fullmatch(r"\.[a-z0-9]+", suffix):
                raise ValueError(told("left_out_suffixes must be of the form .svg, not {suffix}", suffix=repr(suffix)))


@dataclass(frozen=True)
class PictureLink:
    """A link to a picture: its first text, all its places ("img src", "meta og:image", …), its largest declared
    size in pixels, and why the rules leave it out ("" where they keep it).
    """

    address: str
    alt: str
    where: tuple[str, ...]
    width: int | None
    height: int | None
    left_out: str = ""


@dataclass(frozen=True)
class PageLinks:
    """The links of one page, each once, in the page's order.

    embedded counts the pictures that stand in the page itself (data:, blob:); truncated tells that the page has
    more than is read of it.
    """

    address: str
    links: tuple[PictureLink, ...]
    embedded: int = 0
    truncated: bool = False

    @property
    def kept(self) -> tuple[PictureLink, ...]:
        return tuple(link for link in self.links if not link.left_out)


@dataclass
class _Gathered:
    """What all places of one link say together."""

    reason: str
    alt: str = ""
    where: dict[str, None] = field(default_factory=dict)
    width: int | None = None
    height: int | None = None
    small: bool = True
    large: bool = False


DEFAULT_RULES = ScrapeRules()
"""Small pictures, logos and the like, and drawings (SVG) are left out, from whatever host."""


def picture_links(
    html: bytes | str, address: str, rules: ScrapeRules = DEFAULT_RULES, *, charset: str = ""
) -> PageLinks:
    """The pictures of a page: shown, loaded late, named for previews, in styles, or linked to.

    Of a srcset the largest picture counts. Links are resolved against the page's base, without their fragments.
    charset is what the server said of bytes.
    """
    text = _text(html, charset, rules.max_bytes)
    base = address
    found: list[Place] = []
    truncated = len(html) > rules.max_bytes
    found_base = False
    noscript = False
    for tag in tags(text):
        if tag.name == "noscript":
            noscript = not tag.ends
        elif tag.name == "base" and not found_base and (href := tag.get("href")):
            base, found_base = _base(address, href), True
        elif (tag.attributes or tag.text) and not tag.ends:
            for place in places(tag):
                where = f"noscript {place.where}" if noscript else place.where
                found.append(Place(place.url, where, place.alt, place.width, place.height))
        if len(found) >= rules.max_places:
            truncated = True
            break
    return _gather(found, base, address, rules, truncated)


def next_page(html: bytes | str, address: str, *, charset: str = "") -> str | None:
    """Where the page says that its next page is (rel="next"), None where it does not."""
    base, found_base, found = address, False, ""
    for tag in tags(_text(html, charset, DEFAULT_RULES.max_bytes)):
        if tag.name == "base" and not found_base and (href := tag.get("href")):
            base, found_base = _base(address, href), True
        if not found and tag.attributes and tag.name in ("link", "a") and "next" in tag.get("rel").lower().split():
            found = tag.get("href").strip()
    if not found:
        return None
    link, reason = _resolved(base, found)
    return None if reason else link


def page_addresses(pattern: str, first: int, last: int) -> tuple[str, ...]:
    """The addresses of the pages first to last of a pattern such as https://example.org/page-{n}/.

    Raises SourceError unless the pattern has exactly one {n}, after its host, and the pages are 1000 at most.
    """
    if pattern.count(PAGE_NUMBER) != 1:
        raise SourceError(
            told(
                "{pattern} must hold {mark}, the page's number, once. Write it in its place.",
                pattern=for_message(pattern),
                mark=PAGE_NUMBER,
            )
        )
    if not re.match(r"https?://[^/?#{]+[/?]", pattern, re.IGNORECASE):
        raise SourceError(
            told(
                "{pattern} must begin like https://example.org/, with {mark} after the host.",
                pattern=for_message(pattern),
                mark=PAGE_NUMBER,
            )
        )
    if not 0 <= first <= last:
        raise SourceError(
            told("There are no pages from {first} to {last}. Count upwards, from 0 at least.", first=first, last=last)
        )
    if last - first >= MAX_PAGES:
        raise SourceError(
            told(
                "{count:,} pages are more than {most:,}. Ask for fewer at a time.",
                count=last - first + 1,
                most=MAX_PAGES,
            )
        )
    return tuple(pattern.replace(PAGE_NUMBER, str(number)) for number in range(first, last + 1))


def _text(html: bytes | str, charset: str, most: int) -> str:
    return html[:most] if isinstance(html, str) else decode_html(html[:most], charset)


def _gather(found: list[Place], base: str, address: str, rules: ScrapeRules, truncated: bool) -> PageLinks:
    gathered: dict[str, _Gathered] = {}
    known: dict[str, tuple[str, str]] = {}
    host = _host(address)
    embedded = 0
    for place in found:
        url = place.url.strip()
        if not url or url.startswith("#"):
            continue
        if url not in known:
            known[url] = _resolved(base, url)
        link, reason = known[url]
        embedded += link.startswith(_EMBEDDED)
        if link not in gathered:
            if len(gathered) == rules.max_links:
                truncated = True
                break
            gathered[link] = _Gathered(reason or _unwanted(link, host, rules))
        _join(gathered[link], place, rules)
    links = []
    for link, one in gathered.items():
        reason = one.reason
        if not reason and not one.large and (word := left_out_word(link, rules.left_out_words)):
            reason = told('named "{word}"', word=word)
        if not reason and one.where.keys() == {"a href"} and about_a_picture(link):
            reason = told("a page about a picture")
        if not reason and one.small:
            size = f"{'?' if one.width is None else one.width} × {'?' if one.height is None else one.height}"
            reason = told("shown at {size} pixels, less than {least}", size=size, least=rules.min_side_px)
        links.append(PictureLink(link, one.alt, tuple(one.where), one.width, one.height, reason))
    return PageLinks(address, tuple(links), embedded, truncated)


def _join(one: _Gathered, place: Place, rules: ScrapeRules) -> None:
    one.where[place.where] = None
    one.alt = one.alt or " ".join(place.alt[: 2 * _MAX_ALT].split())[:_MAX_ALT]
    sides = [side for side in (place.width, place.height) if side is not None]
    one.small = one.small and bool(sides) and min(sides) < rules.min_side_px
    one.large = one.large or (len(sides) == 2 and min(sides) >= 2 * rules.min_side_px)
    one.width = max((side for side in (one.width, place.width) if side is not None), default=None)
    one.height = max((side for side in (one.height, place.height) if side is not None), default=None)


def _resolved(base: str, url: str) -> tuple[str, str]:
    """The whole link without fragment and "", or the link as it stands (cut) and why it cannot be fetched."""
    if (scheme := url[:5].lower()) in _EMBEDDED:
        return scheme + for_message(url[5:106]), told("a picture within the page itself")
    # As browsers do: line breaks and tabs within a link are dropped, spaces are written out.
    url = re.sub(r"[\t\n\r]", "", url[: 4 * MAX_URL_LENGTH]).strip().replace(" ", "%20")
    try:
        joined = urljoin(base, url)
        parts = urlsplit(joined)
        whole = bool(parts.hostname) and parts.port != 0  # an impossible port raises ValueError
        netloc = parts.netloc if "@" in parts.netloc else parts.netloc.lower()
        joined = parts._replace(netloc=netloc, fragment="").geturl()
        check_characters(joined)
    except (ValueError, RefusedError):
        return for_message(url), told("not readable as a link")
    if parts.scheme not in ("http", "https") or not whole:
        return for_message(url), told("no link of the web (http, https)")
    if len(joined) > MAX_URL_LENGTH:
        return for_message(joined), told("longer than {most:,} characters", most=MAX_URL_LENGTH)
    return joined, ""


def _unwanted(link: str, host: str, rules: ScrapeRules) -> str:
    """Why the rules leave out a link that could be fetched, by the link alone."""
    path = unquote(urlsplit(link).path).lower()
    suffix = posixpath.splitext(path)[1]
    if suffix in rules.left_out_suffixes:
        return told("a {suffix} file", suffix=suffix)
    if rules.same_host_only and _host(link) != host:
        return told("on another host")
    return ""


def _base(address: str, href: str) -> str:
    link, reason = _resolved(address, href.strip())
    return address if reason else link


def _host(address: str) -> str:
    return (_split(address).hostname or "").removesuffix(".")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
