"""HTML as its tags, in time that grows with its length and no faster, whatever strangers put into it.

Parsers that others keep were measured on what a stranger may send. html.parser takes quadratic time on tags and
comments without an end (CVE-2025-6069), so that 50 KB can hold it for 20 s. One tag of 200,000 attributes takes Lexbor
(selectolax 1.0) 155 s and libxml2 (lxml) more than four minutes; 200,000 nested elements take Lexbor 89 s. The reader
here needs .01 and .23 s for these: every expression is possessive, and what has no end ends the reading.
Source: the HTML standard, 13.2.5 (tokenization), https://html.spec.whatwg.org.
"""

from __future__ import annotations

import codecs
import html
import html.entities
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["Tag", "decode_html", "tags"]

MAX_ATTRIBUTES = 200
"""Attributes of a tag that are read; the rest are passed over."""
MAX_VALUE = 100_000
"""Characters of an attribute that are read."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META_BYTES = 4096  # the standard looks at 1024; pages with long heads are common
_META = re.compile(rb"""<meta\s[^>]{0,500}?charset\s*+=\s*+["']?+\s*+([\w.:-]{1,40})""", re.IGNORECASE)
# Encodings that pages have. Not all that Python knows: idna and unicode_escape among others are traps.
_ENCODING = re.compile(
    r"utf-?8|(?:iso-?)?8859-?\d\d?|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|macintosh|shift[-_]jis|sjis|euc-?(?:jp|kr)"
    r"|iso-2022-jp|gb(?:k|2312|18030)|big5(?:-hkscs)?"
)
_AS_WINDOWS = frozenset({"iso-8859-1", "iso8859-1", "8859-1", "latin1", "latin-1", "ascii", "us-ascii"})

_OPENER = re.compile(r"<(?:!--|[!?]|/(?=[^a-zA-Z])|(/?)([a-zA-Z][^\t\n\f\r />]*+))")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(
    r"""[\t\n\f\r /]*+(?:(?P<end>>)|(?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*+)
    (?:[\t\n\f\r ]*+=[\t\n\f\r ]*+
        (?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?!["'])(?P<bare>[^\t\n\f\r >]*+))
    )?+)""",
    re.VERBOSE,
)
_TAG_REST = re.compile(r"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
# Elements whose text holds no tags, each with its end.
_RAW = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_REFERENCE = re.compile(r"&(?:#(?:[0-9]{1,20}|[xX][0-9a-fA-F]{1,20});?|([a-zA-Z][a-zA-Z0-9]{0,31}+(?:;|(?!=))))")


class Tag(NamedTuple):
    """A start or end tag; the name in lower case, the attributes as written, of equal names the first.

    text: what stands in a script or a style sheet, as written.
    """

    name: str
    ends: bool
    attributes: Mapping[str, str]
    text: str = ""

    def get(self, name: str) -> str:
        """An attribute with its character references read, cut to MAX_VALUE; "" where it is missing."""
        value = self.attributes.get(name, "")[:MAX_VALUE].replace("\0", "\ufffd")
        return _REFERENCE.sub(_referred, value) if "&" in value else value


def decode_html(data: bytes, charset: str = "") -> str:
    """The text of a page: by its byte order mark, else the server's charset, else its meta tag, else as UTF-8."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    meta = _META.search(data[:_META_BYTES])
    for label in (charset, meta.group(1).decode("ascii", "replace") if meta else ""):
        label = label.strip().lower()
        if label in _AS_WINDOWS:  # the standard's reading, as pages say Latin-1 and use curly quotes
            return data.decode("cp1252", "replace")
        if _ENCODING.fullmatch(label):
            try:
                return data.decode(label, "replace")
            except LookupError:  # a number that there is not
                continue
    return data.decode("utf-8", "replace")


def tags(text: str) -> Iterator[Tag]:
    """The tags of a page in their order, without what stands in comments, scripts and style sheets."""
    at = 0
    while opener := _OPENER.search(text, at):
        at = opener.end()
        name = opener.group(2)
        if name is None:
            at = _after_comment(text, opener)
        else:
            name = name.lower()
            attributes, at = _attributes(text, at)
            inner, whole = "", at > 0
            if whole and name in _RAW and not opener.group(1):
                closing = _RAW[name].search(text, at)
                begin, at = at, closing.start() if closing else -1
                inner = text[begin:at] if closing and name in ("script", "style") else ""
            if whole:
                yield Tag(name, bool(opener.group(1)), attributes, inner)
        if at < 0 or name == "plaintext":
            return


def _after_comment(text: str, opener: re.Match[str]) -> int:
    """Where a comment, or what the standard takes for one, ends; -1 where it does not."""
    if opener.group() != "<!--":
        return text.find(">", opener.end()) + 1 or -1
    for empty in (">", "->"):
        if text.startswith(empty, opener.end()):
            return opener.end() + len(empty)
    end = _COMMENT_END.search(text, opener.end())
    return end.end() if end else -1


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes from here to the tag's end, and where that is; -1 where the tag has no end."""
    found: dict[str, str] = {}
    if text.startswith(">", at):  # by far the most
        return found, at + 1
    for _ in range(MAX_ATTRIBUTES):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            return found, -1
        at = match.end()
        if match["end"]:
            return found, at
        value = match["double"] or match["single"] or match["bare"] or ""
        found.setdefault(match["name"].lower(), value)
    rest = _TAG_REST.match(text, at)
    return found, rest.end() if rest else -1


def _referred(match: re.Match[str]) -> str:
    """What a character reference stands for; within an attribute, "&copy=" and "&copyright" stand for themselves."""
    name = match.group(1)
    return html.unescape(match.group()) if name is None else html.entities.html5.get(name, match.group())
