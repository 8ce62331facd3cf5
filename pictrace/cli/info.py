"""pictrace info"""

from __future__ import annotations

import argparse
from pathlib import Path

from pictrace.catalog import open_catalog
from pictrace.cli._commands import Subparsers, add_catalog, add_json, command
from pictrace.cli._output import OK, say, say_json

__all__ = ["register"]


def register(commands: Subparsers) -> None:
    parser = command(commands, "info", _info, help="what a catalog holds")
    add_catalog(parser)
    add_json(parser)


def _info(options: argparse.Namespace) -> int:
    catalog = open_catalog(options.catalog)
    try:
        images, features, revision = catalog.count(), catalog.feature_counts(), catalog.revision()
        states = catalog.link_counts()
        size = Path(catalog.location).stat().st_size
    finally:
        catalog.close()
    if options.json:
        say_json({"images": images, "features": features, "links": states, "revision": revision, "bytes": size})
        return OK
    say(f"{images} pictures, {size / 1024**2:.1f} MB, revision {revision}")
    say(*(f"  {key:24} {count}" for key, count in features.items()))
    if any(states.values()):
        say("links: " + ", ".join(f"{count} {state}" for state, count in states.items() if count))
    return OK
