"""Learned weights, and what they reach on queries that they were not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import UsageError
from pictrace.evaluation.cube import Block, Column, Cube
from pictrace.evaluation.learning.found import Goal, goal_of
from pictrace.evaluation.learning.methods import METHODS, Method, Weights, on_sliders
from pictrace.evaluation.measures import Measure
from pictrace.evaluation.standing import standing, standing_of
from pictrace.evaluation.ways import Result, Way, compared, ways_of
from pictrace.searching.presets import DEFAULT_PRESET, get_preset
from pictrace.searching.table import Criteria
from pictrace.told import fixed, told

__all__ = ["FEWEST_GROUPS", "FEW_GROUPS", "FOLDS", "Learned", "learn"]

FEWEST_GROUPS = 10
"""Groups of queries that match something, below which nothing can be learned that would hold elsewhere."""

FEW_GROUPS = 50
FOLDS = 5

Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Learned:
    """What was learned from all queries, and what is known of it.

    Attributes
    ----------
    method
        The best of METHODS on held-out queries.
    results
        Each method, preset and metric on held-out queries, the chosen one first. The methods' weights differ from fold
        to fold; shown are those of all queries.
    groups, labels
        How many groups of queries there are, and how many right pairs.
    """

    method: str
    measure: str
    criteria: Criteria
    results: tuple[Result, ...]
    groups: int
    labels: int
    folds: int

    @property
    def result(self) -> Result:
        return self.results[0]

    @property
    def better(self) -> Result | None:
        """What was there before and reaches as much on held-out queries, if anything: the best of it."""
        others = [one for one in self.results if one.way.kind != "learned"]
        best = max(others, key=lambda one: one.figures[self.measure].value)
        return best if best.figures[self.measure].value >= self.result.figures[self.measure].value else None

    @property
    def warning(self) -> str:
        """That there are too few labels to be sure, if so."""
        if self.groups >= FEW_GROUPS:
            return ""
        return told(
            "Only {groups} groups of queries: the interval is wide, and other labels could teach other weights. "
            "Label {enough} or more.",
            groups=self.groups,
            enough=FEW_GROUPS,
        )


def learn(
    cube: Cube,
    measure: Measure,
    wanted: Sequence[Measure],
    *,
    k: int = 5,
    folds: int = FOLDS,
    seed: int = 0,
    step: Step = lambda done, total: None,
) -> Learned:
    """Weights, and ranking settings out of those that were scored, by which the measure is as high as it can be.

    Parameters
    ----------
    cube
        The scores; a metric with several columns gets the best of them.
    measure
        One of ``found.LEARNABLE``, at k.
    wanted
        What is told of the outcome; the measure itself is added.
    folds
        The groups of queries are dealt out to so many parts; each is measured with what the others taught.
    seed
        For the dealing, and for where searches begin.
    step
        Called with (done, total); raising StoppedError ends it.

    Raises
    ------
    UsageError
        Where there are too few groups, or the measure cannot be learned for.
    """
    matched = np.array([one.total > 0 for one in cube.blocks], np.bool_)
    groups = len(np.unique(cube.groups[matched])) if matched.any() else 0
    if groups < max(FEWEST_GROUPS, folds):
        raise UsageError(
            told(
                "There are right matches for {groups} groups of queries; weights learned from fewer than "
                "{fewest} would not hold for others. Label more queries.",
                groups=groups,
                fewest=max(FEWEST_GROUPS, folds),
            )
        )
    if folds < 2:
        raise UsageError(told("{folds} fold cannot hold anything out. Give 2 or more.", folds=folds))
    total = (folds + 1) * len(METHODS)
    parts = _dealt(cube.groups, folds, seed)
    held_out: dict[str, dict[int, NDArray[np.float32]]] = {name: {} for name in METHODS}
    final: dict[str, Weights] = {}
    done = 0
    for part in range(folds + 1):
        inside = np.flatnonzero(parts != part)  # the last holds nothing out
        teaching = cube.among(inside)
        for name, method in METHODS.items():
            step(done, total)
            weights = _taught(teaching, measure.name, k, method, seed)
            if part == folds:
                final[name] = weights
            for query in np.flatnonzero(parts == part).tolist():
                held_out[name][query] = cube.blocks[query].fused(weights.astype(np.float32))
            done += 1
    step(done, total)
    measured = [measure, *(one for one in wanted if one.name != measure.name)]
    learned = [
        (
            Way(
                "learned",
                name,
                told("Learned: {method}", method=fixed(name)),
                cube.criteria_of(weights.astype(np.float32)),
            ),
            _scored(cube, held_out[name]),
        )
        for name, weights in final.items()
    ]
    stands = [(way, standing_of(scored)) for way, scored in learned]
    order = sorted(stands, key=lambda one: -float(measure.of(one[1], np.ones((1, len(cube.blocks))))[0]))
    known = [way for way in ways_of(cube.metrics) if cube.holds(way.criteria)]
    others = [(way, standing(cube, cube.weights_of(way.criteria))) for way in known]
    results = compared([*order, *others], cube.groups, measured)
    chosen = results[0].way
    labels = sum(len(one.right) for one in cube.blocks)
    return Learned(chosen.name, measure.name, chosen.criteria, tuple(results), groups, labels, folds)


def _scored(cube: Cube, by_query: dict[int, NDArray[np.float32]]) -> list[tuple[Block, NDArray[np.float32]]]:
    return [(block, by_query[number]) for number, block in enumerate(cube.blocks)]


def _dealt(groups: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """(q,) which part each query is in; a group is in one."""
    count = int(groups.max(initial=-1)) + 1
    order = np.random.default_rng(seed).permutation(count)
    parts = np.empty(count, np.int64)
    parts[order] = np.arange(count) % folds
    return parts[groups]


def _taught(cube: Cube, measure: str, k: int, method: Method, seed: int) -> Weights:
    """(c,) weights of the cube's columns, at most one column of each metric, as sliders can stand."""
    chosen = [Column.of(one, {}) for one in cube.metrics]
    weights, value = _weighed(cube, chosen, measure, k, method, seed)
    for place, metric in enumerate(cube.metrics):
        others = [one for one in cube.columns if one.metric == metric.name and one != chosen[place]]
        if not others or not weights[place]:
            continue
        tried = [
            (_value(cube, [*chosen[:place], one, *chosen[place + 1 :]], weights, measure, k), one) for one in others
        ]
        best, column = max(tried, key=lambda one: one[0])
        if best > value:
            chosen[place], value = column, best
    if chosen != [Column.of(one, {}) for one in cube.metrics]:
        weights, _ = _weighed(cube, chosen, measure, k, method, seed)
    found = np.zeros(len(cube.columns))
    found[[cube.columns.index(one) for one in chosen]] = weights
    return found


def _weighed(
    cube: Cube, chosen: Sequence[Column], measure: str, k: int, method: Method, seed: int
) -> tuple[Weights, float]:
    goal = goal_of(cube.with_columns(chosen), measure, k=k)
    starts = [_balanced(cube), *np.eye(len(chosen))]
    weights = on_sliders(method(goal, [*starts[:1], _best(goal, starts[1:])], seed))
    return weights, goal.value(weights)


def _best(goal: Goal, starts: Sequence[Weights]) -> Weights:
    return starts[int(goal.values(np.stack(starts)).argmax())]


def _balanced(cube: Cube) -> Weights:
    weights = get_preset(DEFAULT_PRESET).weights
    known = np.array([weights.get(one.name, 0.0) for one in cube.metrics])
    return known if known.any() else np.ones(len(known))


def _value(cube: Cube, chosen: Sequence[Column], weights: Weights, measure: str, k: int) -> float:
    return goal_of(cube.with_columns(chosen), measure, k=k).value(weights)
