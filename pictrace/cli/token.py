"""pictrace token"""

from __future__ import annotations

import argparse
import re

from pictrace.cli._output import OK, say
from pictrace.errors import UsageError

__all__ = ["HELP", "ORDER", "register"]

HELP = "make a token for the JSON API"
ORDER = 96


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_token)
    parser.add_argument("name", metavar="NAME", help="what the log shall call whoever uses it")
    parser.add_argument("--writes", action="store_true", help="it may also add and remove pictures")


def _token(options: argparse.Namespace) -> int:
    from pictrace.api.access import new_token

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", options.name):
        raise UsageError(f"{options.name!r} is no name: use 1 to 64 letters, digits, dots, - and _.")
    token, entry = new_token(options.name, writes=options.writes)
    say(f"The token, for whoever uses it; it is kept nowhere:  {token}")
    say(f"Its entry for PICTRACE_API_TOKENS of the server:     {entry}")
    return OK
