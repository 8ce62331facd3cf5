"""pictrace rebuild"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.catalog import open_catalog
from pictrace.cli._commands import add_catalog, add_json, add_limits, limits_of
from pictrace.cli._output import say, say_json
from pictrace.cli._runs import failure_documents, rebuild, status_of, warn_of
from pictrace.indexing.rebuild import count_missing_features, count_outdated_features
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "make the features that a catalog lacks"
ORDER = 80


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_rebuild)
    add_catalog(parser)
    parser.add_argument("--drop-outdated", action="store_true", help="then delete features that no metric uses")
    add_limits(parser)
    add_json(parser)


def _rebuild(options: argparse.Namespace) -> int:
    with closing(open_catalog(options.catalog)) as catalog:
        run = rebuild(catalog, limits_of(options))
        outdated = count_outdated_features(catalog)
        dropped = {key: catalog.drop_features(key) for key in outdated} if options.drop_outdated else {}
        missing = count_missing_features(catalog)
    warn_of(run.failures)
    if options.json:
        say_json(
            {
                "features_rebuilt": run.progress.added,
                "failed": len(run.failures),
                "missing": missing,
                "outdated": {} if options.drop_outdated else outdated,
                "dropped": dropped,
                "failures": failure_documents(run.failures),
            }
        )
    else:
        say(f"{counted(run.progress.added, 'picture has', 'pictures have')} new features, {len(run.failures)} failed.")
        say(*(f"  {key:24} dropped for {count}" for key, count in dropped.items()))
        if outdated and not options.drop_outdated:
            say("Outdated features, which no metric uses; --drop-outdated deletes them:")
            say(*(f"  {key:24} {count}" for key, count in outdated.items()))
    return status_of(run.progress, run.failures)
