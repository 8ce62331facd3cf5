"""pictrace copy"""

from __future__ import annotations

import argparse
from contextlib import ExitStack, closing

from pictrace.catalog import open_catalog
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_compact, add_json, opened_to_fill
from pictrace.cli._output import OK, say, say_json
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "copy a catalog to another place, such as a PostgreSQL database"
ORDER = 72


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_copy)
    parser.add_argument("first", metavar="FROM", help="the catalog to copy, which is only read")
    parser.add_argument("second", metavar="TO", help="where to: it is made where it is not there, else it is added to")
    add_compact(parser)
    add_json(parser)


def _copy(options: argparse.Namespace) -> int:
    from pictrace.catalog.copying import Copying
    from pictrace.images.smaller import smaller_thumbnail
    from pictrace.indexing.rebuild import count_missing_features
    from pictrace.output.keeping import told_keeping

    with ExitStack() as stack:
        first = stack.enter_context(closing(open_catalog(options.first)))
        second = stack.enter_context(closing(opened_to_fill(options.second, compact=options.compact)))
        run = Copying(first, second, smaller_thumbnail)
        with progress_line("pictures") as show:
            for done, total in run.steps():
                show(done, total)
        images, missing, kept = second.count(), count_missing_features(second), told_keeping(second.keeping)
    if options.json:
        say_json({"copied": run.copied, "known": run.known, "images": images, "missing": missing})
    else:
        say(
            f"{run.copied} copied, {run.known} known, each compared by its digest; the catalog holds "
            f"{counted(images, 'picture')}."
        )
        say(*([kept] if kept else []))
        say(*(f"  {key:24} missing for {count}; pictrace rebuild makes them" for key, count in missing.items()))
    return OK
