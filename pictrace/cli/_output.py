"""What the command line prints: strangers' names as they are, but for what a terminal would obey."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any

__all__ = ["FAILED", "OK", "USAGE", "printable", "say", "say_json", "warn"]

OK, FAILED, USAGE = 0, 1, 2

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, directions of writing, half characters, line ends
_JOINERS = "\u200c\u200d"  # of scripts and emoji: they only join their neighbours


def printable(text: str) -> str:
    """The text with every control character written out, as ``\\x1b``.

    File names, links and what servers answer are anybody's: an escape sequence in one could clear the
    screen, hide a line or change the terminal's settings; a right-to-left mark could turn a name around.
    """
    if text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _OBEYED and one not in _JOINERS else one
        for one in text
    )


def say(*lines: str) -> None:
    """Lines on standard output, where a program that reads us sees them at once."""
    for line in lines:
        print(printable(line), flush=True)


def say_json(document: Mapping[str, Any]) -> None:
    """A JSON document on standard output; JSON has escapes of its own."""
    print(json.dumps(document, indent=2))


def warn(*lines: str) -> None:
    """Lines on standard error."""
    for line in lines:
        print(printable(line), file=sys.stderr)
