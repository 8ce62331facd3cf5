"""Weights and settings as one says them on the command line, and the criteria that they stand for."""

from __future__ import annotations

import argparse

from pictrace.cli._commands import add_json, add_limits, add_model
from pictrace.errors import CriteriaError
from pictrace.features import Settings
from pictrace.metrics import all_metrics, get_metric
from pictrace.searching.presets import DEFAULT_PRESET, all_presets, chosen_criteria
from pictrace.searching.table import Criteria

__all__ = ["add_criteria", "criteria_from"]


def add_criteria(parser: argparse.ArgumentParser) -> None:
    """The options that say what counts as a match; a metric's weight and settings are found by themselves."""
    parser.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        choices=[one.name for one in all_presets(ready=False)],
        help="weights and settings",
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


def criteria_from(options: argparse.Namespace, *, top: int = 1, min_score: float = 0.0) -> Criteria:
    settings: dict[str, Settings] = {}
    for metric in all_metrics():
        given = ((setting.name, getattr(options, f"{metric.name}.{setting.name}")) for setting in metric.settings)
        settings[metric.name] = {name: value for name, value in given if value is not None}
    weights = None if options.weights is None else _weights(options.weights)
    return chosen_criteria(options.preset, weights, settings, top=top, min_score=min_score)


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
