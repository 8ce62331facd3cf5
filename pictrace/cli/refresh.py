"""pictrace refresh"""

from __future__ import annotations

import argparse

from pictrace.catalog import open_catalog
from pictrace.cli._bar import Bar
from pictrace.cli._commands import add_catalog, add_json
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.indexing.refresh import Refresh

__all__ = ["HELP", "ORDER", "register"]

HELP = "check a catalog's links, and add what changed"
ORDER = 50


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_refresh)
    add_catalog(parser)
    parser.add_argument(
        "--prune", action="store_true", help="remove pictures to which nothing leads but links that changed"
    )
    add_json(parser)


def _refresh(options: argparse.Namespace) -> int:
    catalog = open_catalog(options.catalog)
    try:
        run = Refresh(catalog, prune=options.prune)
        bar = Bar("links")
        try:
            for progress in run:
                bar.show(progress)
        finally:
            bar.end()
        pictures, states = catalog.count(), catalog.link_counts()
    finally:
        catalog.close()
    warn(*(f"{failure.source.address}: {failure.reason}" for failure in run.failures))
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
            "failures": [{"address": one.source.address, "reason": one.reason} for one in run.failures],
        }
        say_json(document)
    elif not done.total:
        say("The catalog has no links to check.")
    else:
        say(*(f"changed  {change.source.address}" for change in run.changes))
        say(*(f"gone     {source.address}" for source in run.gone))
        removed = f", {run.removed} replaced pictures removed" if options.prune else ""
        say(
            f"{done.unchanged} unchanged, {done.changed} changed, {done.gone} gone, {done.failed} failed{removed}; "
            f"the catalog holds {pictures} pictures."
        )
    if not done.failed:
        return OK
    return FAILED if done.failed == done.total else PARTLY
