"""pictrace merge"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from pictrace.catalog.address import is_postgres
from pictrace.cli._commands import add_catalog, add_json, add_limits, limits_of, opened_to_fill
from pictrace.cli._output import say, say_json
from pictrace.cli._runs import failure_documents, rebuild, show, status_of, warn_of
from pictrace.cli.calibrate import add_no_calibrate, keep_background
from pictrace.errors import SourceError, UsageError
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.merge import Merge
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "merge", "refuse_address", "register"]

HELP = "add all pictures of another catalog"
ORDER = 70


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_merge)
    parser.add_argument("other", metavar="OTHER", help="the other catalog, which is only read")
    add_catalog(parser)
    parser.add_argument(
        "--distrust",
        action="store_true",
        help="for a catalog of a stranger: never read files at the addresses it gives",
    )
    add_no_calibrate(parser)
    add_limits(parser)
    add_json(parser)


def _merge(options: argparse.Namespace) -> int:
    refuse_address(options.other)
    return merge(
        Path(options.other),
        options.catalog,
        limits_of(options),
        trust_files=not options.distrust,
        calibrate=not options.no_calibrate,
        as_json=options.json,
    )


def refuse_address(source: str) -> None:
    """A catalog on a server is no source to index; what is said of it does not quote its password."""
    if is_postgres(source):
        raise UsageError("A catalog in PostgreSQL is copied whole: pictrace copy FROM TO.")


def merge(
    other: Path,
    location: str,
    limits: DecodeLimits,
    *,
    trust_files: bool = True,
    calibrate: bool,
    as_json: bool,
    compact: bool = False,
) -> int:
    """Merge, build what features are missing, find out what chance gives, and tell it."""
    if not other.is_file():
        raise SourceError(f"There is no file at {other}. Name a PicTrace catalog.")
    with closing(opened_to_fill(location, compact=compact)) as catalog:
        run = Merge(catalog, other, trust_files=trust_files, limits=limits)
        show(run)
        rebuilt = rebuild(catalog, limits)
        if calibrate:
            keep_background(catalog)
        failures = [*run.failures, *rebuilt.failures]
        images = catalog.count()
        summary = {
            "added": run.progress.added,
            "known": run.progress.known,
            "failed": run.progress.failed,
            "features_rebuilt": rebuilt.progress.added,
            "images": images,
            "seconds": round(run.progress.elapsed_s, 3),
        }
    warn_of(failures)
    if as_json:
        say_json({**summary, "failures": failure_documents(failures)})
    else:
        say(
            f"{summary['added']} added, {summary['known']} known, {summary['failed']} failed; "
            f"the catalog holds {counted(images, 'picture')}."
        )
    return status_of(run.progress, failures)
