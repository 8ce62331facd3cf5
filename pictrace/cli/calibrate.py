"""pictrace calibrate"""

from __future__ import annotations

import argparse
from contextlib import closing, suppress
from functools import partial

from pictrace.calibration.making import FEWEST_PICTURES, SEARCHES, SECONDS
from pictrace.calibration.sources import Background
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_catalog, add_json
from pictrace.cli._output import OK, say, say_json
from pictrace.cluster.cache import cache_of
from pictrace.service.second_look import details_between
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "add_no_calibrate", "keep_background", "register"]

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


def make_background(catalog: Catalog, *, searches: int = SEARCHES, seconds: float = SECONDS) -> Background:
    """Ask the catalog's pictures against the rest, with a line that tells how far that is."""
    if isinstance(catalog, FederatedCatalog):
        background = Background(cache_of(catalog))
    else:
        background = Background(FeatureCache(catalog), partial(details_between, catalog))
    if background.possible:
        with progress_line("searches", title="what chance gives") as show:
            for done, total in background.make(searches=max(1, searches), seconds=seconds):
                show(done, total)
    return background


def keep_background(catalog: Catalog) -> None:
    """The same at the end of a run over pictures: where none that holds is there. Ctrl-C ends it alone."""
    if Background(FeatureCache(catalog)).wanted:
        with suppress(KeyboardInterrupt):  # what was asked is kept; the pictures are in the catalog
            make_background(catalog)


def add_no_calibrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-calibrate",
        action="store_true",
        help=f"do not find out at the end, in {SECONDS:.0f} seconds at most, what chance gives in the catalog",
    )


def _calibrate(options: argparse.Namespace) -> int:
    with closing(open_catalog(options.catalog)) as catalog:
        background = make_background(catalog, searches=options.searches, seconds=options.seconds)
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
