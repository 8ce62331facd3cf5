"""pictrace info"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.cli._commands import add_catalog, add_json
from pictrace.cli._output import FAILED, OK, say, say_json, warn
from pictrace.wording import byte_size, counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "what a catalog holds, and what it lacks"
ORDER = 60


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_info)
    add_catalog(parser)
    parser.add_argument("--check", action="store_true", help="check the whole file for damage")
    add_json(parser)


def _info(options: argparse.Namespace) -> int:
    from pictrace.catalog import open_catalog
    from pictrace.output.documents import catalog_document
    from pictrace.output.keeping import told_keeping

    with closing(open_catalog(options.catalog)) as catalog:
        document = catalog_document(catalog)
        intact = catalog.intact() if options.check else None
        kept = told_keeping(catalog.keeping)
    warn(*(f"{name} is silent: {reason}; its pictures are not counted." for name, reason in document["silent"].items()))
    status = FAILED if intact is False else OK
    if options.json:
        say_json({**document, "intact": intact})
        return status
    features, missing, states = document["features"], document["missing"], document["links"]
    size, read_only = byte_size(document["bytes"]), "" if document["writable"] else ", read-only"
    say(f"{counted(document['images'], 'picture')}, {size}, revision {document['revision']}{read_only}")
    say(*([kept] if kept else []))
    say(*(f"  {key:24} {count}{', unused' * (key in document['outdated'])}" for key, count in features.items()))
    say(*(f"  {key:24} missing for {count}; pictrace rebuild makes them" for key, count in missing.items()))
    if any(states.values()):
        say("links: " + ", ".join(f"{count} {state}" for state, count in states.items() if count))
    if intact is not None:
        say("The file is sound." if intact else "The file is damaged. Restore it from a copy.")
    return status
