"""Ways of ranking side by side: each metric alone, each preset, and weights that somebody gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import CriteriaError
from pictrace.evaluation.cube import Cube
from pictrace.evaluation.intervals import Figure, figure, p_value, samples_of
from pictrace.evaluation.measures import Measure
from pictrace.evaluation.standing import Standing, standing
from pictrace.metrics.base import Metric
from pictrace.searching.presets import all_presets
from pictrace.searching.table import Criteria
from pictrace.told import told

__all__ = ["Result", "Way", "compared", "evaluated", "ways_of"]


@dataclass(frozen=True)
class Way:
    """kind: "metric", "preset", "given" or "learned"."""

    kind: str
    name: str
    title: str
    criteria: Criteria


@dataclass(frozen=True)
class Result:
    """One way with its figures by the names of the measures.

    beside: by the same names, how often chance would part it as far from the first way; NaN where that is not tested.
    """

    way: Way
    standing: Standing
    figures: dict[str, Figure]
    beside: dict[str, float]


def ways_of(metrics: Sequence[Metric], given: Sequence[Way] = ()) -> list[Way]:
    """What is given first, then the presets that these metrics suffice for, then each metric alone."""
    names = {one.name for one in metrics}
    presets = [
        Way("preset", one.name, one.title, Criteria(weights=one.weights, settings=one.settings))
        for one in all_presets()
        if {name for name, weight in one.weights.items() if weight > 0} <= names
    ]
    return [*given, *presets, *(Way("metric", one.name, one.title, Criteria(weights={one.name: 1})) for one in metrics)]


def evaluated(cube: Cube, ways: Sequence[Way], wanted: Sequence[Measure]) -> list[Result]:
    """Each way's figures over all queries of the cube, with intervals, and tested against the first.

    Raises
    ------
    CriteriaError
        Where there are no queries, or a way's settings were not scored.
    """
    if not cube.blocks:
        raise CriteriaError(told("No query could be looked for, so there is nothing to measure."))
    return compared(((way, standing(cube, cube.weights_of(way.criteria))) for way in ways), cube.groups, wanted)


def compared(
    stands: Iterable[tuple[Way, Standing]], groups: NDArray[np.int64], wanted: Sequence[Measure]
) -> list[Result]:
    """The same of standings of the same queries. groups: (q,) that of each query, from 0 without gaps."""
    samples = samples_of(groups)
    results: list[Result] = []
    for way, stand in stands:
        figures = {one.name: figure(one, stand, samples) for one in wanted}
        first = results[0].standing if results else None
        beside = {one.name: float("nan") if first is None else p_value(one, first, stand, groups) for one in wanted}
        results.append(Result(way, stand, figures, beside))
    return results
