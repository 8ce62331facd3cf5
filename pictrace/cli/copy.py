"""pictrace copy"""

from __future__ import annotations

import argparse
from contextlib import ExitStack, closing

from pictrace.catalog import open_catalog
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_json
from pictrace.cli._output import OK, say, say_json
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "copy a catalog to another place, such as a PostgreSQL database"
ORDER = 72


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_copy)
    parser.add_argument("first", metavar="FROM", help="the catalog to copy, which is only read")
    parser.add_argument("second", metavar="TO", help="where to: it is made where it is not there, else it is added to")
    add_json(parser)


def _copy(options: argparse.Namespace) -> int:
    from pictrace.catalog.copying import Copying

    with ExitStack() as stack:
        first = stack.enter_context(closing(open_catalog(options.first)))
        second = stack.enter_context(closing(open_catalog(options.second, must_exist=False)))
        run = Copying(first, second)
        with progress_line("pictures") as show:
            for done, total in run.steps():
                show(done, total)
        images = second.count()
    if options.json:
        say_json({"copied": run.copied, "known": run.known, "images": images})
    else:
        say(
            f"{run.copied} copied, {run.known} known, each compared by its digest; the catalog holds "
            f"{counted(images, 'picture')}."
        )
    return OK
