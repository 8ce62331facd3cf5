"""pictrace learn"""

from __future__ import annotations

import argparse
from contextlib import closing

from pictrace.catalog import open_catalog
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_catalog, add_json, add_limits, add_model
from pictrace.cli._files import written
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.cli._runs import warn_of
from pictrace.cli._truth import add_truth, cube_of, tell_queries
from pictrace.errors import UsageError
from pictrace.evaluation.learning.found import LEARNABLE
from pictrace.evaluation.learning.learn import FOLDS, learn
from pictrace.evaluation.learning.settings import columns_to_try
from pictrace.evaluation.measures import measure_named
from pictrace.evaluation.ways import ways_of
from pictrace.metrics import all_metrics
from pictrace.output.evaluations import evaluation_lines, learned_document
from pictrace.output.recipes import learned_recipe
from pictrace.searching.query import needed_metrics
from pictrace.searching.recipe import recipe_text

__all__ = ["HELP", "ORDER", "register"]

HELP = "learn weights and ratios from what is right, and say what they reach on queries held out"
ORDER = 26
TOLD = ("mAP", "found", "hit@1")


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_learn)
    add_truth(parser)
    add_catalog(parser)
    parser.add_argument(
        "--measure", default="mAP", metavar="NAME", help=f"what is to be high (default mAP): {', '.join(LEARNABLE)}"
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=FOLDS,
        metavar="N",
        help=f"parts, each measured by what the others teach (default {FOLDS})",
    )
    parser.add_argument("--k", type=int, default=5, metavar="N", help="matches that recall@k and its like look at")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one deals the queries out otherwise")
    parser.add_argument("--weights-only", action="store_true", help="leave ratios and other settings as they are")
    parser.add_argument("--out", metavar="FILE", help="save what was learned as a recipe")
    parser.add_argument("--no-orientations", action="store_true", help="do not match mirrored and rotated copies")
    add_limits(parser)
    add_model(parser)
    add_json(parser)


def _learn(options: argparse.Namespace) -> int:

    measure = measure_named(options.measure, options.k)
    if measure.name not in LEARNABLE and options.k == 5:
        raise UsageError(f"Weights cannot be learned for {measure.name}, but for {', '.join(LEARNABLE)}.")
    metrics = needed_metrics(dict.fromkeys((one.name for one in all_metrics()), 1.0))
    more = () if options.weights_only else columns_to_try(metrics)
    with closing(open_catalog(options.catalog)) as catalog:
        cube, failures = cube_of(options, catalog, metrics, [one.criteria for one in ways_of(metrics)], more)
    warn_of(failures)
    if not cube.blocks:
        warn("pictrace: no query could be looked for.")
        return FAILED
    wanted = [measure_named(one, options.k) for one in TOLD]
    with progress_line("steps", title="Learning") as show:
        learned = learn(cube, measure, wanted, k=options.k, folds=options.folds, seed=options.seed, step=show)
    recipe = learned_recipe(learned, cube, orientations=not options.no_orientations)
    if options.out:
        with closing(open_catalog(options.catalog)) as catalog, written(options.out, catalog) as stream:
            stream.write(recipe_text(recipe).encode())
    if options.json:
        say_json(learned_document(learned, cube, failures))
        return PARTLY if failures else OK
    tell_queries(cube)
    say(*evaluation_lines(learned.results))
    say(f"Measured on queries held out, {learned.folds} parts. ±: 95 % of samples of the groups lie within.")
    weights = ",".join(f"{name}={weight:g}" for name, weight in learned.criteria.weights.items())
    settings = [
        f"--{name}-{key} {value}" for name, some in learned.criteria.settings.items() for key, value in some.items()
    ]
    say(f"Learned from all ({learned.method}): --weights {weights} {' '.join(settings)}".rstrip())
    if learned.better is not None:
        warn(f"{learned.better.way.title} reaches as much: what was learned is no gain here.")
    if learned.warning:
        warn(learned.warning)
    return PARTLY if failures else OK
