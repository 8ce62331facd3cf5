"""An evaluation as a JSON document, as a table, and as lines of text."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from pictrace.evaluation.cube import Cube
from pictrace.evaluation.intervals import Figure
from pictrace.evaluation.learning.learn import Learned
from pictrace.evaluation.reliability import SAID, Alarms, Shown
from pictrace.evaluation.ways import Result
from pictrace.indexing.run import Failure
from pictrace.output.documents import criteria_document
from pictrace.searching.table import Criteria

__all__ = [
    "evaluation_csv",
    "evaluation_document",
    "evaluation_lines",
    "learned_document",
    "reliability_document",
    "reliability_lines",
]


def evaluation_document(cube: Cube, results: Sequence[Result], failures: Sequence[Failure]) -> dict[str, Any]:
    """Every way with its figures, the interval of 95 % beside each."""
    return {
        "queries": len(cube.blocks),
        "strangers": cube.strangers,
        "groups": len(set(cube.groups.tolist())),
        "catalog": {"images": cube.catalog_size, "features": dict(cube.features)},
        "ways": [
            {
                "kind": one.way.kind,
                "name": one.way.name,
                "criteria": _criteria(one.way.criteria),
                "measures": {
                    name: {**_figure(figure), "p": _number(one.beside[name])} for name, figure in one.figures.items()
                },
            }
            for one in results
        ],
        "failures": [{"address": one.source.address, "reason": one.reason} for one in failures],
    }


def learned_document(learned: Learned, cube: Cube, failures: Sequence[Failure]) -> dict[str, Any]:
    """As ``pictrace learn --json`` prints it: figures are those of held-out queries."""
    better = learned.better
    return {
        "measure": learned.measure,
        "method": learned.method,
        "folds": learned.folds,
        "labels": learned.labels,
        "criteria": _criteria(learned.criteria),
        "as_good": None if better is None else better.way.name,
        "warning": learned.warning,
        **evaluation_document(cube, learned.results, failures),
    }


def evaluation_csv(results: Sequence[Result]) -> str:
    """One line a way and measure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "name", "measure", "value", "low", "high", "p"])
    for one in results:
        for name, figure in one.figures.items():
            row = [*_figure(figure).values(), _number(one.beside[name])]
            writer.writerow([one.way.kind, one.way.name, name, *row])
    return text.getvalue()


def evaluation_lines(results: Sequence[Result]) -> list[str]:
    """A table with a row for each way, the intervals below their figures."""
    names = list(results[0].figures) if results else []
    wide = max([len(one.way.name) for one in results] + [10])
    lines = ["".join([" " * wide, *(f"{name:>15}" for name in names)])]
    for one in results:
        lines.append("".join([f"{one.way.name:{wide}}", *(f"{_told(one.figures[name]):>15}" for name in names)]))
    return lines


def reliability_document(alarms: Alarms | None, shown: Shown | None) -> dict[str, Any]:
    """What ``pictrace evaluate --json`` adds of the first way: said and real false alarms, and right matches."""
    told = []
    for said in SAID if alarms is not None else ():
        strangers, held_out = alarms.was(said) if alarms is not None else (0, 0)
        told.append({"said": said, "strangers": strangers, "held_out": held_out})
    steps = [] if shown is None else zip(shown.lowest, shown.right, shown.of, strict=True)
    return {
        "false_alarms": told,
        "shown": [{"from": round(float(low), 6), "right": int(right), "of": int(of)} for low, right, of in steps],
    }


def reliability_lines(alarms: Alarms | None, shown: Shown | None) -> list[str]:
    """The same in words."""
    lines = []
    if alarms is not None:
        lines.append("False alarms said, and what there was:")
        for said in SAID:
            strangers, held_out = alarms.was(said)
            was = [
                f"{count} of {len(all_of)} {name}"
                for count, all_of, name in (
                    (strangers, alarms.strangers, "strangers"),
                    (held_out, alarms.held_out, "held out"),
                )
                if len(all_of)
            ]
            lines.append(f"  1 in {1 / said:<6,.0f}{', '.join(was)}")
    if shown is not None:
        lines.append("Right among the matches that are shown, by score:")
        for low, right, of in zip(shown.lowest, shown.right, shown.of, strict=True):
            lines.append(f"  from {low:.2f}  {right:,} of {of:,}")
    return lines


def _criteria(criteria: Criteria) -> dict[str, Any]:
    return {name: criteria_document(criteria)[name] for name in ("weights", "settings")}


def _told(figure: Figure) -> str:
    if math.isnan(figure.value):
        return "-"
    half = max(figure.high - figure.value, figure.value - figure.low)
    return f"{figure.value:.3f} ± {half:.3f}"


def _figure(figure: Figure) -> dict[str, float | None]:
    return {"value": _number(figure.value), "low": _number(figure.low), "high": _number(figure.high)}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
