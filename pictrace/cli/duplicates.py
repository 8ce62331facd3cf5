"""pictrace duplicates"""

from __future__ import annotations

import argparse
import csv
import sys
from contextlib import closing
from pathlib import Path

from pictrace.catalog import open_catalog
from pictrace.cli._commands import add_catalog, add_json, add_limits, limits_of
from pictrace.cli._files import writing
from pictrace.cli._output import FAILED, OK, say, say_json, warn
from pictrace.cli._runs import show
from pictrace.duplicates.documents import COLUMNS, document, rows
from pictrace.duplicates.false_alarms import FalseAlarms
from pictrace.duplicates.find import expected, find
from pictrace.duplicates.groups import SURE, Group
from pictrace.duplicates.levels import DEFAULT_LEVELS, Level
from pictrace.duplicates.scripts import moves_of, scripts
from pictrace.errors import UsageError
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "find copies: the same file, the same pixels, the same photograph changed, the same scene"
ORDER = 35

LEVELS = [one.word for one in reversed(Level) if one is not Level.NONE]


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_duplicates)
    add_catalog(parser)
    usual = ",".join(one.word for one in reversed(Level) if one in DEFAULT_LEVELS)
    parser.add_argument(
        "--level", metavar="LEVEL,...", default=usual, help=f"what to list, of {', '.join(LEVELS)} (default {usual})"
    )
    parser.add_argument(
        "--min-score", type=float, default=SURE, metavar="NUMBER", help=f"how well copies must agree (default {SURE})"
    )
    parser.add_argument("--no-crops", action="store_true", help="compare whole pictures only, in a tenth of the time")
    parser.add_argument(
        "--no-relations", action="store_true", help="do not read originals to tell what was done to them"
    )
    parser.add_argument(
        "--scripts", metavar="FOLDER", help="write scripts there that move all but the pictures to keep, and back"
    )
    parser.add_argument(
        "--move-to", metavar="FOLDER", help="where these scripts move them (default: copies in the folder of scripts)"
    )
    add_limits(parser)
    add_json(parser)
    parser.add_argument("--csv", action="store_true", help="print CSV, one line for each address")


def _duplicates(options: argparse.Namespace) -> int:
    if not 0 <= options.min_score <= 1:
        raise UsageError(f"--min-score {options.min_score:g}: give a number between 0 and 1.")
    if options.move_to is not None and options.scripts is None:
        raise UsageError("--move-to says where scripts move files. Name a folder for the scripts, too: --scripts.")
    with closing(open_catalog(options.catalog)) as catalog:
        groups = find(
            catalog,
            levels=_levels(options.level),
            threshold=options.min_score,
            crops=not options.no_crops,
            relations=not options.no_relations,
            limits=limits_of(options),
            show=show,
        )
        alarms = expected(catalog, groups, threshold=options.min_score)
    if options.scripts is not None:
        _write_scripts(groups, Path(options.scripts), options.move_to)
    if options.json:
        say_json(document(groups, alarms))
    elif options.csv:
        table = csv.writer(sys.stdout)
        table.writerow(COLUMNS)
        table.writerows(rows(groups))
    else:
        _say(groups, alarms)
    return OK if groups else FAILED


def _write_scripts(groups: list[Group], folder: Path, target: str | None) -> None:
    """Nothing is moved by us: the scripts are to be read, and run by whoever wants that."""
    moves = moves_of(groups)
    target = str(Path(target or folder / "copies").absolute())
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in scripts(moves, target).items():
            (folder / name).write_bytes(text)
    warn(f"{folder}: scripts that move {counted(len(moves), 'file')}, and back. Read them before you run them.")


def _levels(text: str) -> frozenset[Level]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in LEVELS]
    if unknown or not words:
        wrong = unknown[0] if unknown else text
        raise UsageError(f"There is no level {wrong!r}. Name some of {', '.join(LEVELS)}.")
    return frozenset(Level.of(word) for word in words)


def _say(groups: list[Group], alarms: FalseAlarms) -> None:
    for group in groups:
        say(f"{group.level.title}:")
        for place, (_, kept, _, source, level, score, relation, changes, width, height, _) in enumerate(rows([group])):
            told = str(changes) or (str(relation) if place else "") or Level.of(str(level)).title.lower()
            what = "keep" if kept == "yes" else f"{score:.2f}"
            say(f"  {what:4}  {source}  {width} x {height}" + (f"  {told}" if place else ""))
        for cut in group.cuts:
            say(f"  cut: picture {cut.outside} matches {cut.member} of this group, but not the first")
    say(f"{counted(len(groups), 'group')}.")
    if alarms.copies:
        say(f"Changed copies: {alarms.copies:,}, of them expected to be false: {alarms.words}")
