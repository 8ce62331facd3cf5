"""What one can say on the command line, and the criteria that it stands for."""

from __future__ import annotations

import argparse

from pictrace.errors import CriteriaError
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.base import Settings, SettingValue
from pictrace.presets import DEFAULT_PRESET, all_presets, get_preset
from pictrace.scores import Criteria

__all__ = ["argument_parser", "criteria_from"]


def argument_parser() -> argparse.ArgumentParser:
    """Every command with its options; a metric's weight and settings are found by themselves."""
    parser = argparse.ArgumentParser(prog="pictrace", description="Find the pictures of a catalog that match one.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    index = commands.add_parser("index", help="add pictures to a catalog, which is made if needed")
    index.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, a table (CSV), a list (text, JSON), a ZIP archive, a SQLite database, a file, a link",
    )
    index.add_argument("--catalog", required=True, metavar="FILE")
    index.add_argument("--column", metavar="NAME", help="of a table: what holds the paths or links (else guessed)")
    index.add_argument("--table", metavar="NAME", help="of a database: the table to read (else guessed)")
    index.add_argument("--json", action="store_true", help="print the summary as JSON")

    search = commands.add_parser("search", help="rank a catalog's pictures against one picture")
    search.add_argument("image", metavar="IMAGE_OR_URL")
    search.add_argument("--catalog", required=True, metavar="FILE")
    _add_criteria(search)
    search.add_argument("--top", type=int, default=5, metavar="N", help="matches at the most (default 5)")
    search.add_argument("--min-score", type=float, default=0.0, metavar="SCORE", help="from 0 to 1 (default 0)")
    search.add_argument("--exact", action="store_true", help="score every picture exactly, however many there are")

    compare = commands.add_parser("compare", help="every metric's number for two pictures")
    compare.add_argument("first", metavar="IMAGE")
    compare.add_argument("second", metavar="IMAGE")
    _add_criteria(compare)

    links = commands.add_parser("links", help="print the picture links of a web page, as a list to index")
    links.add_argument("page", metavar="PAGE", help="the address of a web page")
    links.add_argument("--pages", type=int, default=1, metavar="N", help="follow the next pages, N in all (default 1)")
    links.add_argument("--pattern", metavar="URL", help="pages 2 to N by number, as in https://example.org/page-{n}/")
    links.add_argument("--all", action="store_true", help="print what is left out too, as comments, with the reason")
    links.add_argument("--json", action="store_true", help="print JSON")

    info = commands.add_parser("info", help="what a catalog holds")
    info.add_argument("--catalog", required=True, metavar="FILE")
    info.add_argument("--json", action="store_true")
    return parser


def _add_criteria(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        choices=[one.name for one in all_presets()],
        help="weights and settings",
    )
    names = ", ".join(metric.name for metric in all_metrics())
    parser.add_argument("--weights", metavar="NAME=WEIGHT,...", help=f"instead of the preset's; metrics: {names}")
    for metric in all_metrics():
        for setting in metric.settings:
            parser.add_argument(
                f"--{setting.name}",
                dest=f"{metric.name}.{setting.name}",
                type=float if setting.numeric else str,
                choices=None if setting.numeric else list(setting.values),
                metavar="NUMBER" if setting.numeric else None,
                help=f"{metric.title}: {setting.title.lower()} (default {setting.default})",
            )
    parser.add_argument("--no-orientations", action="store_true", help="do not try the picture mirrored and turned")
    parser.add_argument("--json", action="store_true", help="print JSON")


def criteria_from(options: argparse.Namespace, *, top: int = 1, min_score: float = 0.0) -> Criteria:
    preset = get_preset(options.preset)
    weights = dict(preset.weights) if options.weights is None else _weights(options.weights)
    settings: dict[str, Settings] = {}
    for metric in all_metrics():
        chosen: dict[str, SettingValue] = dict(preset.settings.get(metric.name, {}))
        for setting in metric.settings:
            value = getattr(options, f"{metric.name}.{setting.name}")
            if value is not None:
                chosen[setting.name] = value
        try:
            metric.setting_positions(chosen)
        except ValueError as error:
            raise CriteriaError(f"{metric.title}: {error}.") from error
        if chosen:
            settings[metric.name] = chosen
    criteria = Criteria(weights=weights, settings=settings, min_score=min_score, top=top)
    criteria.require_weight()
    return criteria


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        try:
            weights[get_metric(name.strip()).name] = float(number)
        except ValueError as error:
            raise CriteriaError(
                f"The weight {part!r} is not of the form NAME=NUMBER. Write for example ssim=1,orb=2."
            ) from error
    return weights
