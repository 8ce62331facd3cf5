"""pictrace completion"""

from __future__ import annotations

import argparse

import shtab

from pictrace.cli._output import OK
from pictrace.cli._parser import whole_parser

__all__ = ["HELP", "ORDER", "register"]

HELP = "print a script that completes commands in a shell"
ORDER = 110


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_completion)
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS)


def _completion(options: argparse.Namespace) -> int:
    print(shtab.complete(whole_parser(), options.shell))
    return OK
