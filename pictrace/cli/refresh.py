"""pictrace refresh"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.catalog import open_catalog
from pictrace.cli._commands import add_catalog, add_json, add_limits, limits_of, policy_within
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json
from pictrace.cli._runs import failure_documents, say_files, show, warn_of
from pictrace.indexing.refresh import Refresh
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "check a catalog's links and files, and add what changed of the links"
ORDER = 50


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_refresh)
    add_catalog(parser)
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove pictures whose only links now lead to other pictures, or whose files are gone or overwritten",
    )
    add_limits(parser)
    add_json(parser)


def _refresh(options: argparse.Namespace) -> int:
    with closing(open_catalog(options.catalog)) as catalog:
        limits = limits_of(options)
        run = Refresh(catalog, prune=options.prune, limits=limits, policy=policy_within(limits))
        show(run, "links")
        pictures, states = catalog.count(), catalog.link_counts()
    warn_of(run.failures)
    done = run.progress
    if options.json:
        document = {
            "checked": done.done,
            "unchanged": done.unchanged,
            "changed": done.changed,
            "gone": done.gone,
            "failed": done.failed,
            "removed": run.removed,
            "images": pictures,
            "links": states,
            "seconds": round(done.elapsed_s, 3),
            "changes": [{"address": one.source.address, "from": one.before, "to": one.after} for one in run.changes],
            "gone_links": [one.address for one in run.gone],
            "files": {"there": run.files.there, "gone": len(run.files.gone)},
            "failures": failure_documents(run.failures),
            "gone_files": [one.address for one in run.files.gone],
        }
        say_json(document)
    else:
        say_files(run.files)
        say(*(f"changed  {change.source.address}" for change in run.changes))
        say(*(f"gone     {source.address}" for source in run.gone))
        removed = f", {counted(run.removed, 'picture')} removed" if options.prune else ""
        say(f"{run.summary}{removed}; the catalog holds {counted(pictures, 'picture')}.")
    if not done.failed:
        return OK
    return FAILED if done.failed == done.total else PARTLY
