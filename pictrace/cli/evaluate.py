"""pictrace evaluate"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.cli._commands import add_catalog
from pictrace.cli._criteria import add_criteria, criteria_from
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.cli._runs import warn_of
from pictrace.cli._truth import add_truth, cube_of, tell_queries
from pictrace.errors import UsageError
from pictrace.evaluation.measures import measure_named, measures
from pictrace.evaluation.reliability import alarms_of, shown_of
from pictrace.evaluation.ways import Way, evaluated, ways_of
from pictrace.output.evaluations import (
    evaluation_csv,
    evaluation_document,
    evaluation_lines,
    reliability_document,
    reliability_lines,
)
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.query import needed_metrics

__all__ = ["HELP", "ORDER", "register"]

HELP = "measure how well searches find what they should, by metric, preset and weights"
ORDER = 25
KINDS = ("metric", "preset")
SHOWN = "mAP,found,hit@1,MRR,micro-AP"


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_evaluate)
    add_truth(parser)
    add_catalog(parser)
    parser.add_argument(
        "--by",
        default=",".join(KINDS),
        metavar="KIND,...",
        help=f"what stands beside the weights given (default {','.join(KINDS)})",
    )
    parser.add_argument(
        "--measures", metavar="NAME,...", help=f"which ones (default {SHOWN}; with --json or --csv, all)"
    )
    parser.add_argument("--k", type=int, default=5, metavar="N", help="matches that recall@k and its like look at")
    parser.add_argument(
        "--false-alarms",
        type=float,
        default=FALSE_ALARMS,
        metavar="SHARE",
        help=f"share of searches that may raise one, for found (default {FALSE_ALARMS})",
    )
    parser.add_argument("--csv", action="store_true", help="print CSV")
    add_criteria(parser)


def _evaluate(options: argparse.Namespace) -> int:
    from pictrace.catalog import open_catalog

    kinds = {one.strip() for one in options.by.split(",") if one.strip()}
    if unknown := sorted(kinds - set(KINDS)):
        raise UsageError(f"--by {unknown[0]}: there are {', '.join(KINDS)}.")
    names = options.measures or (SHOWN if not (options.json or options.csv) else "")
    wanted = [measure_named(one.strip(), options.k, options.false_alarms) for one in names.split(",") if one.strip()]
    wanted = wanted or list(measures(options.k, options.false_alarms))
    criteria = criteria_from(options)
    metrics = needed_metrics(dict.fromkeys(_all_names(), 1.0))
    asked = Way("given", "given", "The weights given", criteria)
    is_default = criteria == criteria_of(DEFAULT_PRESET, top=criteria.top)
    ways = [one for one in ways_of(metrics) if one.kind in kinds]
    ways = ways if is_default and ways else [asked, *ways]
    with closing(open_catalog(options.catalog)) as catalog:
        cube, failures = cube_of(options, catalog, metrics, [one.criteria for one in ways])
        sources = Background(FeatureCache(catalog)).sources()
    warn_of(failures)
    if not cube.blocks:
        warn("pictrace: no query could be looked for.")
        return FAILED
    results = evaluated(cube, ways, wanted)
    first = ways[0].criteria
    reliability = alarms_of(cube, first, sources), shown_of(cube, first)
    if options.json:
        say_json({**evaluation_document(cube, results, failures), **reliability_document(*reliability)})
    elif options.csv:
        print(evaluation_csv(results), end="")
    else:
        tell_queries(cube)
        say(*evaluation_lines(results))
        say("±: 95 % of samples of the groups lie within.")
        say(*reliability_lines(*reliability))
    return PARTLY if failures else OK


def _all_names() -> list[str]:
    from pictrace.metrics import all_metrics

    return [one.name for one in all_metrics()]
