"""What several commands share: options that mean the same everywhere, and actions of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

__all__ = ["Run", "Subparsers", "add_catalog", "add_json", "add_model", "command"]

if TYPE_CHECKING:  # argparse's own class takes a parameter for type checkers only
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = argparse._SubParsersAction

Run = Callable[[argparse.Namespace], int]
"""What a command does; it returns the exit status."""


def command(commands: Subparsers, name: str, run: Run, *, help: str) -> argparse.ArgumentParser:  # noqa: A002
    """A parser for a command or for an action of one, to which its options are added."""
    parser = commands.add_parser(name, help=help, description=f"{help[:1].upper()}{help[1:]}.")
    parser.set_defaults(run=run)
    return parser


def add_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--catalog", required=True, metavar="FILE", help="the catalog, a SQLite file")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", metavar="NAME_OR_FILE", help="the network for look-alikes: pictrace model list, or an ONNX file"
    )
