"""pictrace calibrate"""

from __future__ import annotations

import argparse
from contextlib import closing
from functools import partial

from pictrace.calibration.making import FEWEST_PICTURES, SEARCHES, SECONDS
from pictrace.calibration.sources import Background
from pictrace.catalog import open_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_catalog, add_json
from pictrace.cli._output import OK, say, say_json
from pictrace.service.second_look import details_between
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "find out what chance gives in a catalog, so that a search can tell how sure it is"
ORDER = 85


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_calibrate)
    add_catalog(parser)
    parser.add_argument(
        "--searches", type=int, default=SEARCHES, metavar="N", help=f"for so many of its pictures (default {SEARCHES})"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, metavar="S", help=f"in this time at the most (default {SECONDS:.0f})"
    )
    add_json(parser)


def _calibrate(options: argparse.Namespace) -> int:
    with closing(open_catalog(options.catalog)) as catalog:
        background = Background(FeatureCache(catalog), partial(details_between, catalog))
        with progress_line("searches") as show:
            for done, total in background.make(searches=max(1, options.searches), seconds=options.seconds):
                show(done, total)
        sources = background.sources()
        possible = background.possible
        own = sources[0].searches if possible and sources else 0
    if options.json:
        say_json({"searches": own, "of_others": sum(one.searches for one in sources) - own})
    elif possible:
        say(f"What chance gives is known by {counted(own, 'search', 'searches')} for pictures of this catalog.")
    else:
        say(f"With fewer than {FEWEST_PICTURES} pictures, what chance gives among unrelated photographs is used.")
    return OK
