"""pictrace export"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.catalog import open_catalog
from pictrace.cli._commands import add_catalog, add_json
from pictrace.cli._files import written
from pictrace.cli._output import OK, USAGE, say, say_json, warn
from pictrace.output.exports import write_features, write_list
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "write a catalog's features or its list for other programs"
ORDER = 90


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_export)
    add_catalog(parser)
    parser.add_argument("--features", metavar="OUT.npz", help="all features, as numpy arrays")
    parser.add_argument("--list", metavar="OUT.csv", help="one line per address, with the metadata")
    add_json(parser)


def _export(options: argparse.Namespace) -> int:
    if options.features is None and options.list is None:
        warn("pictrace: name what to write: --features OUT.npz, --list OUT.csv, or both.")
        return USAGE
    document: dict[str, object] = {}
    with closing(open_catalog(options.catalog)) as catalog:
        if options.features is not None:
            with written(options.features, catalog) as stream:
                features = write_features(catalog, stream)
            document["features"] = features
        if options.list is not None:
            with written(options.list, catalog) as stream:
                lines = write_list(catalog, stream)
            document["lines"] = lines
    if options.json:
        say_json(document)
    else:
        if options.features is not None:
            say(f"{options.features}:", *(f"  {key:24} {count}" for key, count in features.items()))
        if options.list is not None:
            say(f"{options.list}: {counted(lines, 'line')}")
    return OK
