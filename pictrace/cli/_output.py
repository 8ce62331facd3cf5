"""What the command line prints: strangers' names as they are, but for what a terminal would obey."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from pictrace.escape import for_terminal

__all__ = ["FAILED", "OK", "PARTLY", "USAGE", "say", "say_json", "warn"]

OK, FAILED, USAGE, PARTLY = 0, 1, 2, 3


def say(*lines: str) -> None:
    """Lines on standard output, where a program that reads us sees them at once."""
    for line in lines:
        print(for_terminal(line), flush=True)


def say_json(document: Mapping[str, Any]) -> None:
    """A JSON document on standard output; JSON has escapes of its own."""
    print(json.dumps(document, indent=2))


def warn(*lines: str) -> None:
    """Lines on standard error."""
    for line in lines:
        print(for_terminal(line), file=sys.stderr)
