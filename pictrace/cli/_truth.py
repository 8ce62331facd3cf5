"""A table of what is right, read and scored for the commands that measure or learn."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cli._commands import limits_of
from pictrace.cli._output import say, warn
from pictrace.cli._queries import is_link, read
from pictrace.cli._runs import show
from pictrace.errors import SourceError
from pictrace.evaluation.cube import Column, Cube, columns_of
from pictrace.evaluation.naming import Asking, Names, asked_by_labels, named
from pictrace.evaluation.scoring import Scoring
from pictrace.evaluation.truth import read_truth
from pictrace.images.pages import without_page
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.rebuild import count_missing_features
from pictrace.indexing.run import Failure
from pictrace.metrics.base import Metric
from pictrace.searching.table import Criteria
from pictrace.wording import counted

__all__ = ["add_truth", "cube_of", "tell_queries"]


def add_truth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "truth",
        nargs="?",
        metavar="TRUTH.csv",
        help="query,relevant: a row for each picture that a query should find; relevant is empty where nothing matches "
        "(default: the labels that the catalog keeps)",
    )
    parser.add_argument(
        "--exact", action="store_true", help="check all pictures in full detail, however many there are"
    )


def cube_of(
    options: argparse.Namespace,
    catalog: Catalog,
    metrics: Sequence[Metric],
    criteria: Sequence[Criteria],
    more: Sequence[Column] = (),
) -> tuple[Cube, list[Failure]]:
    """The scores of all queries of the table, and those that could not be looked for."""
    limits = limits_of(options)
    for key, count in count_missing_features(catalog).items():
        warn(f"pictrace: {key} is missing for {counted(count, 'picture')}; pictrace rebuild makes it")
    asked = _asked(options, catalog, limits)
    columns = sorted({*columns_of(metrics, criteria), *more})
    run = Scoring(
        FeatureCache(catalog),
        asked,
        metrics,
        columns,
        exhaustive=True if options.exact else None,
        orientations=not options.no_orientations,
        limits=limits,
    )
    show(run, "queries")
    return run.cube, run.failures


def _asked(options: argparse.Namespace, catalog: Catalog, limits: DecodeLimits) -> list[Asking]:
    """The queries of the table, or those that were labelled."""
    if options.truth is None:
        labelled = asked_by_labels(catalog, Names(catalog), limits)
        if not labelled:
            raise SourceError("The catalog keeps no labels. Give a table of what is right, or label on the page Tune.")
        return labelled
    path = Path(options.truth)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    names = Names(catalog, path.parent)
    return named(read_truth(data, path.name), names, _bring(path.parent, options), limits, path.name)


def tell_queries(cube: Cube) -> None:
    """What was looked for, and where."""
    groups = counted(len(set(cube.groups.tolist())), "group")
    matched = counted(len(cube.blocks) - cube.strangers, "query", "queries")
    say(f"{matched} and {counted(cube.strangers, 'stranger')} in {groups}, {counted(cube.catalog_size, 'picture')}")


def _bring(folder: Path, options: argparse.Namespace) -> Callable[[str], Callable[[], bytes] | None]:
    """Files beside the table, and links."""

    def bring(name: str) -> Callable[[], bytes] | None:
        if is_link(name):
            return partial(read, name, options)
        path = folder / name
        try:
            is_file = (folder / without_page(name)).is_file()
        except (OSError, ValueError):
            is_file = False
        return partial(read, str(path), options) if is_file else None

    return bring
