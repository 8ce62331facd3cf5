"""Strangers' words among ours: one function for each place where they are read as more than words.

Titles, file names, links, metadata and what servers answer are anybody's. Which function a text needs is a
matter of who reads it next:

==============  =======================================  ============================================
who reads it    what it would obey                       function
==============  =======================================  ============================================
Streamlit       Markdown: links, pictures, directives    for_markdown
Plotly          a few HTML tags                          for_plotly
a terminal      escape sequences, writing directions     for_terminal
a spreadsheet   formulas                                 for_csv
a message       nothing, but it must stay short          for_message
==============  =======================================  ============================================

JSON and HTML documents are written by libraries that escape by themselves (json, html.escape).
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["for_csv", "for_markdown", "for_message", "for_plotly", "for_terminal"]

MESSAGE_CHARACTERS = 100

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, directions of writing, half characters, line ends
_JOINERS = "\u200c\u200d"  # of scripts and emoji: they only join their neighbours


def for_markdown(text: str) -> str:
    """The text as it is, where Streamlit reads Markdown.

    Without this a picture called ``![](https://...)`` would have each visitor's browser fetch that address.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def for_plotly(text: str) -> str:
    """The text as it is, where Plotly reads HTML tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_terminal(text: str) -> str:
    """The text with every control character written out, as ``\\x1b``.

    An escape sequence could clear the screen, hide a line or change the terminal's settings; a right-to-left
    mark could turn a name around.
    """
    if text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _OBEYED and one not in _JOINERS else one
        for one in text
    )


def for_csv(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like it gets an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def for_message(text: str) -> str:
    """A link or a name as it stands in an error: printable, and cut to 100 characters."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: MESSAGE_CHARACTERS + 1])
    return text if len(text) <= MESSAGE_CHARACTERS else f"{text[: MESSAGE_CHARACTERS - 1]}…"
