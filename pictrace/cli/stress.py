"""pictrace stress"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.catalog.cache import FeatureCache
from pictrace.cli._commands import add_catalog, limits_of
from pictrace.cli._criteria import add_criteria, criteria_from
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.cli._runs import show, warn_of
from pictrace.errors import UsageError
from pictrace.evaluation.cube import columns_of
from pictrace.evaluation.scoring import Scoring
from pictrace.evaluation.stress import STRENGTHS, asking_of, cases_of, chosen_pictures
from pictrace.evaluation.ways import Way, evaluated, ways_of
from pictrace.images.graded import GRADED
from pictrace.metrics import all_metrics
from pictrace.output.stress import ranks_by_way, stress_csv, stress_document, stress_lines
from pictrace.searching.query import needed_metrics
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "change pictures of a catalog more and more, and say by what their originals are still found"
ORDER = 27
PICTURES = 10


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_stress)
    add_catalog(parser)
    parser.add_argument(
        "--pictures", type=int, default=PICTURES, metavar="N", help=f"drawn at random (default {PICTURES})"
    )
    parser.add_argument("--changes", metavar="NAME;...", help=f"default all: {'; '.join(GRADED)}")
    parser.add_argument(
        "--strengths",
        default=",".join(map(str, STRENGTHS)),
        metavar="NUMBER,...",
        help=f"from 0 to 1 (default {','.join(map(str, STRENGTHS))})",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one draws other pictures")
    parser.add_argument("--csv", action="store_true", help="print CSV: the rank of each original")
    add_criteria(parser)


def _stress(options: argparse.Namespace) -> int:
    from pictrace.catalog import open_catalog

    try:
        strengths = [float(one) for one in options.strengths.split(",") if one.strip()]
    except ValueError as error:
        raise UsageError(f"--strengths {options.strengths}: write numbers, such as 0.2,0.5.") from error
    changes = [one.strip() for one in (options.changes or ";".join(GRADED)).split(";") if one.strip()]
    asked = Way("given", "given", "The weights given", criteria_from(options))
    metrics = needed_metrics(dict.fromkeys((one.name for one in all_metrics()), 1.0))
    ways = [asked, *(one for one in ways_of(metrics) if one.kind == "metric")]
    limits = limits_of(options)
    with closing(open_catalog(options.catalog)) as catalog:
        cases = cases_of(chosen_pictures(catalog, options.pictures, seed=options.seed), changes, strengths)
        run = Scoring(
            FeatureCache(catalog),
            asking_of(catalog, cases, limits),
            metrics,
            columns_of(metrics, [one.criteria for one in ways]),
            orientations=not options.no_orientations,
            limits=limits,
        )
        show(run, "changed pictures")
        cube = run.cube
    warn_of(run.failures)
    if not cube.blocks:
        warn("pictrace: no picture could be changed and looked for.")
        return FAILED
    ranks = ranks_by_way(cube, evaluated(cube, ways, ()), cases)
    if options.json:
        say_json(stress_document(cube, ranks, run.failures))
    elif options.csv:
        print(stress_csv(ranks), end="")
    else:
        say(f"{counted(len(cube.blocks), 'changed picture')} against {counted(cube.catalog_size, 'picture')}")
        say("The share of originals that come first:", *stress_lines(ranks))
    return PARTLY if run.failures else OK
