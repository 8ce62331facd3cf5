"""pictrace index"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from pictrace.catalog.address import is_postgres
from pictrace.catalog.other import is_catalog
from pictrace.cli._commands import (
    add_catalog,
    add_compact,
    add_json,
    add_limits,
    add_model,
    limits_of,
    opened_to_fill,
    policy_within,
)
from pictrace.cli._output import FAILED, say, say_json, warn
from pictrace.cli._runs import (
    failure_documents,
    files_document,
    rebuild,
    say_files,
    show,
    status_of,
    tell_notes,
    tell_skipped,
    warn_of,
)
from pictrace.cli.calibrate import add_no_calibrate, keep_background
from pictrace.cli.merge import merge, refuse_address
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Listing
from pictrace.sources.discovery import titles
from pictrace.sources.listing import list_source
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "add pictures to a catalog, which is made if needed"
ORDER = 10


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_index)
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help=f"one of: {titles()}, another catalog",
    )
    add_catalog(parser)
    add_compact(parser)
    parser.add_argument("--column", metavar="NAME", help="of a table: the column of paths or links (default: guessed)")
    parser.add_argument(
        "--table", metavar="NAME", help="of a database or workbook: the table or sheet (default: guessed)"
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of a text: its encoding, such as gb18030 (default: guessed)"
    )
    for option, what in (("--exclude", "to leave out"), ("--include", "to take though it would be left out")):
        parser.add_argument(
            option,
            metavar="GLOB",
            action="append",
            default=[],
            help=f"of a folder or an archive: what {what}, as in a .gitignore (may be given more than once)",
        )
    parser.add_argument("--fetch-known", action="store_true", help="download links again that the catalog already has")
    parser.add_argument(
        "--prune",
        action="store_true",
        help="take pictures out of the catalog whose files are gone from the folder, or were overwritten",
    )
    add_no_calibrate(parser)
    add_limits(parser)
    add_model(parser)
    add_json(parser)


def _index(options: argparse.Namespace) -> int:
    refuse_address(options.source)
    limits = limits_of(options)
    chosen = (options.column, options.table, options.encoding, *options.exclude, *options.include)
    if not any(one is not None for one in chosen) and is_catalog(Path(options.source)):
        return merge(
            Path(options.source),
            options.catalog,
            limits,
            calibrate=not options.no_calibrate,
            as_json=options.json,
            compact=options.compact,
        )
    listing = list_source(
        options.source,
        column=options.column,
        table=options.table,
        encoding=options.encoding,
        exclude=options.exclude,
        include=options.include,
        max_bytes=limits.max_bytes,
    )
    if listing.column is not None and options.column is None:
        warn(f"The column {listing.column!r} names the pictures; --column names another.")
    if listing.encoding_is_guess and options.encoding is None:
        warn(f"It was read as {listing.encoding} text; --encoding names another.")
    if not listing.items and not _may_be_there(options.catalog):
        return _nothing_of(options.source, listing)
    with closing(opened_to_fill(options.catalog, compact=options.compact)) as catalog:
        if not listing.items and not (listing.covers and catalog.files(below=listing.covers)):
            return _nothing_of(options.source, listing)
        covers = () if listing.covers is None else (listing.covers,)
        run = Indexing(
            catalog,
            listing.items,
            limits=limits,
            policy=policy_within(limits),
            fetch_known=options.fetch_known,
            covers=covers,
            prune=options.prune,
        )
        show(run)
        rebuilt = rebuild(catalog, limits)
        if not options.no_calibrate:
            keep_background(catalog)
        failures = [*run.failures, *rebuilt.failures]
        images = catalog.count()
        files = run.reconciled
        summary = {
            "added": run.progress.added,
            "known": run.progress.known,
            "failed": len(failures),
            "further_pages": run.progress.further,
            "skipped": len(listing.skipped),
            **files.counts,
            "removed": files.removed,
            "column": listing.column,
            "encoding": listing.encoding,
            "features_rebuilt": rebuilt.progress.added,
            "images": images,
            "seconds": round(run.progress.elapsed_s, 3),
        }
    warn_of(failures)
    tell_notes(run.notes)
    if options.json:
        notes = [{"address": one.source.address, "note": one.reason} for one in run.notes]
        left_out = [{"address": one.address, "reason": one.reason} for one in listing.skipped]
        say_json(
            {
                **summary,
                "failures": failure_documents(failures),
                "notes": notes,
                "skipped_entries": left_out,
                **files_document(files),
            }
        )
    else:
        say_files(files)
        skipped = f", {counted(len(listing.skipped), 'other file')} left out" if listing.skipped else ""
        tell_skipped(listing.skipped)
        told = "".join(f"; {one}" for one in (run.progress.further_told, files.summary) if one)
        say(
            f"{summary['added']} added, {summary['known']} known, {summary['failed']} failed{skipped}{told}; "
            f"the catalog holds {counted(images, 'picture')}."
        )
        if files.gone and not files.removed:
            hint = "--prune takes them" if run.found_files else "Is its disk there? pictrace refresh --prune takes them"
            say(f"{hint} out of the catalog.")
    return status_of(run.progress, failures)


def _may_be_there(catalog: str) -> bool:
    try:
        return is_postgres(catalog) or Path(catalog).exists()
    except OSError:  # opening it tells more
        return True


def _nothing_of(source: str, listing: Listing) -> int:
    """Say that there is nothing to index, and leave no empty catalog behind."""
    warn(f"pictrace: {source} holds no pictures that PicTrace can read.")
    warn(*(f"{one.address}: {one.reason}" for one in listing.skipped[:5]))
    return FAILED
