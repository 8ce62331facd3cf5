"""Weights and settings as one says them on the command line, and the criteria that they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path

from pictrace.cli._commands import add_json, add_limits, add_model
from pictrace.errors import CriteriaError, UsageError
from pictrace.features import Settings
from pictrace.metrics import all_metrics, get_metric
from pictrace.searching.presets import DEFAULT_PRESET, adapted, all_presets, criteria_of
from pictrace.searching.recipe import Recipe, read_recipe
from pictrace.searching.table import Criteria

__all__ = ["add_criteria", "criteria_from", "recipe_in"]


def add_criteria(parser: argparse.ArgumentParser) -> None:
    """The options that say what counts as a match; a metric's weight and settings are found by themselves."""
    parser.add_argument(
        "--preset",
        choices=[one.name for one in all_presets(ready=False)],
        help=f"weights and settings (default {DEFAULT_PRESET})",
    )
    parser.add_argument(
        "--recipe",
        metavar="FILE",
        help="all of it from a file that pictrace learn or the page saved; replaces the preset",
    )
    names = ", ".join(metric.name for metric in all_metrics())
    parser.add_argument("--weights", metavar="NAME=WEIGHT,...", help=f"replaces the preset's; metrics: {names}")
    for metric in all_metrics():
        for setting in metric.settings:
            parser.add_argument(
                f"--{metric.option(setting)}",
                dest=f"{metric.name}.{setting.name}",
                type=float if setting.numeric else str,
                choices=None if setting.numeric else list(setting.values),
                metavar="NUMBER" if setting.numeric else None,
                help=f"{metric.title}: {setting.title.lower()} (default {setting.default})",
            )
    add_limits(parser)
    add_model(parser)
    parser.add_argument("--no-orientations", action="store_true", help="do not match mirrored and rotated copies")
    add_json(parser)


def criteria_from(options: argparse.Namespace, *, top: int | None = None, min_score: float | None = None) -> Criteria:
    """The criteria that the options stand for; what they do not say, a recipe does, else it is five of any score."""
    settings: dict[str, Settings] = {}
    for metric in all_metrics():
        given = ((setting.name, getattr(options, f"{metric.name}.{setting.name}")) for setting in metric.settings)
        settings[metric.name] = {name: value for name, value in given if value is not None}
    weights = None if options.weights is None else _weights(options.weights)
    return adapted(_base(options), weights, settings, top=top, min_score=min_score)


def _base(options: argparse.Namespace) -> Criteria:
    """What is changed by the other options: a recipe, or a preset."""
    if options.recipe is None:
        return criteria_of(options.preset or DEFAULT_PRESET)
    if options.preset is not None:
        raise UsageError("--recipe replaces the preset. Leave one of them out.")
    recipe = recipe_in(Path(options.recipe))
    options.no_orientations |= not recipe.orientations
    if "false_alarms" in options and options.false_alarms is None:
        options.false_alarms = recipe.false_alarms
    return recipe.criteria


def recipe_in(path: Path) -> Recipe:
    """The recipe of a file; CriteriaError where it cannot be read, or would mean something else here."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CriteriaError(f"{path} cannot be read: {error.strerror or error}.") from error
    return read_recipe(data, path.name)


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    example = ",".join(f"{metric.name}={place}" for place, metric in enumerate(all_metrics()[:2], start=1))
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        try:
            weights[get_metric(name.strip()).name] = float(number)
        except ValueError as error:
            raise CriteriaError(
                f"The weight {part!r} is not of the form NAME=NUMBER. Write for example {example}."
            ) from error
    return weights
