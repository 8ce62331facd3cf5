"""The parser of all commands, with the options of those that are wanted."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pictrace import __version__
from pictrace.cli._discovery import Command, all_commands

__all__ = ["parser_for", "whole_parser"]


def parser_for(called: str) -> argparse.ArgumentParser:
    """All commands by name; the options of the called one, as the others need not be imported for that."""
    return _parser(lambda one: one.name == called)


def whole_parser() -> argparse.ArgumentParser:
    """All commands with all their options."""
    return _parser(lambda one: True)


def _parser(wanted: Callable[[Command], bool]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pictrace", description="Find the pictures of a catalog that match one.")
    parser.add_argument("--version", action="version", version=f"pictrace {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for one in all_commands():
        added = commands.add_parser(one.name, help=one.help, description=f"{one.help[:1].upper()}{one.help[1:]}.")
        if wanted(one):
            one.load().register(added)
    return parser
