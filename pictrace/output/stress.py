"""A stress test as a document, a table and lines of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pictrace.evaluation.cube import Cube
from pictrace.evaluation.stress import Case, ranks_of
from pictrace.evaluation.ways import Result
from pictrace.indexing.run import Failure

__all__ = ["first_shares", "ranks_by_way", "stress_csv", "stress_document", "stress_lines"]

Ranks = Mapping[str, Mapping[Case, int]]
"""By the name of a way of ranking."""


def ranks_by_way(cube: Cube, results: Sequence[Result], cases: Sequence[Case]) -> dict[str, dict[Case, int]]:
    """Where each case's original stands, by each way."""
    return {one.way.name: ranks_of(cube, one.standing, cases) for one in results}


def first_shares(ranks: Mapping[Case, int]) -> dict[str, dict[float, float]]:
    """The share of originals that come first, by change and strength."""
    by_cell: dict[str, dict[float, list[bool]]] = {}
    for case, rank in ranks.items():
        by_cell.setdefault(case.change, {}).setdefault(case.strength, []).append(rank == 1)
    return {
        change: {strength: sum(some) / len(some) for strength, some in sorted(by_strength.items())}
        for change, by_strength in by_cell.items()
    }


def stress_document(cube: Cube, ranks: Ranks, failures: Sequence[Failure]) -> dict[str, Any]:
    """As ``pictrace stress --json`` prints it."""
    cases = list(next(iter(ranks.values()), {}))
    return {
        "pictures": len({one.picture_id for one in cases}),
        "catalog": {"images": cube.catalog_size, "features": dict(cube.features)},
        "first": {
            name: [
                {"change": change, "strength": strength, "share": round(share, 6)}
                for change, by_strength in first_shares(some).items()
                for strength, share in by_strength.items()
            ]
            for name, some in ranks.items()
        },
        "cases": [
            {
                "change": case.change,
                "strength": case.strength,
                "picture": case.picture_id,
                "ranks": {name: some[case] for name, some in ranks.items()},
            }
            for case in cases
        ],
        "failures": [{"address": one.source.address, "reason": one.reason} for one in failures],
    }


def stress_csv(ranks: Ranks) -> str:
    """One line a case, with its original's rank by each way."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["change", "strength", "picture", *ranks])
    for case in next(iter(ranks.values()), {}):
        row = [case.change, case.strength, case.picture_id]
        writer.writerow([*row, *(some[case] for some in ranks.values())])
    return text.getvalue()


def stress_lines(ranks: Ranks) -> list[str]:
    """The share of originals that come first: a row for each change and strength, a column for each way."""
    shares = {name: first_shares(some) for name, some in ranks.items()}
    rows = [(change, strength) for change, some in next(iter(shares.values()), {}).items() for strength in some]
    lines = ["".join([" " * 30, *(f"{name[:11]:>12}" for name in shares)])]
    for change, strength in rows:
        cells = (f"{some[change][strength]:12.2f}" for some in shares.values())
        lines.append("".join([f"{change:25}{strength:5.2f}", *cells]))
    return lines
