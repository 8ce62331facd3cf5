"""Ways to learn weights: lines in many directions, one weight after the other, and logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.learning.found import Goal, best_along

__all__ = ["METHODS", "MOST_WEIGHT", "Method", "Weights", "on_sliders"]

MOST_WEIGHT, WEIGHT_STEP = 3.0, 0.1
"""What the page's sliders reach, and by which steps."""

ROUNDS = 8
RANDOM_DIRECTIONS = 4
RANDOM_STARTS = 1
MOST_PAIRS = 200_000  # that logistic regression looks at
PENALTY = 1e-3

Weights = NDArray[np.float64]
Method = Callable[[Goal, Sequence[Weights], int], Weights]
"""Weights (c,) by the goal, weights to begin with, and a seed."""


def on_sliders(weights: Weights) -> Weights:
    """The same proportions as the page's sliders can stand: the largest is 3, in steps of a tenth."""
    return np.asarray((MOST_WEIGHT * weights / weights.max() / WEIGHT_STEP).round() * WEIGHT_STEP).round(6)


def by_lines(goal: Goal, starts: Sequence[Weights], seed: int) -> Weights:
    """From each start along each weight and along random directions, for as long as anything is gained."""
    random = np.random.default_rng(seed)
    columns = len(starts[0])
    begun = [*starts, *random.dirichlet(np.ones(columns), RANDOM_STARTS)]
    return _climbed(goal, begun, lambda: [*np.eye(columns), *random.normal(size=(RANDOM_DIRECTIONS, columns))])


def by_coordinates(goal: Goal, starts: Sequence[Weights], seed: int) -> Weights:
    """From equal weights, one weight after the other."""
    columns = len(starts[0])
    return _climbed(goal, [np.ones(columns)], lambda: list(np.eye(columns)))


def by_regression(goal: Goal, starts: Sequence[Weights], seed: int) -> Weights:
    """Logistic regression on the differences of pairs, no weight below 0; each relevant picture counts the same.

    The probability that the relevant picture of a pair is ranked first is that of Bradley and Terry, as RankNet learns
    it (C. Burges et al., "Learning to rank using gradient descent", 2005, doi:10.1145/1102351.1102363).
    """
    from scipy.optimize import minimize  # .2 s to import, which only learning pays

    ahead, about = goal.pairs.ahead[:-1].T, goal.pairs.about
    if len(ahead) > MOST_PAIRS:
        chosen = np.random.default_rng(seed).choice(len(ahead), MOST_PAIRS, replace=False)
        ahead, about = ahead[chosen], about[chosen]
    if not len(ahead):
        return np.ones(len(starts[0]))
    ahead = ahead.astype(np.float64)
    share = 1 / np.bincount(about)[about]
    share /= share.sum()

    def loss(weights: Weights) -> tuple[float, Weights]:
        lead = ahead @ weights
        slope = share / (1 + np.exp(-lead))
        return float(share @ np.logaddexp(0, lead) + PENALTY * weights @ weights), slope @ ahead + 2 * PENALTY * weights

    found = minimize(loss, np.ones(ahead.shape[1]), jac=True, method="L-BFGS-B", bounds=[(0, None)] * ahead.shape[1])
    weights: Weights = np.asarray(found.x, np.float64)
    return weights if weights.max() > 0 else np.ones(len(weights))


METHODS: Mapping[str, Method] = {
    "lines": by_lines,
    "coordinates": by_coordinates,
    "regression": by_regression,
}


def _climbed(goal: Goal, starts: Sequence[Weights], directions: Callable[[], list[Weights]]) -> Weights:
    """The best that is reached from any start."""
    best, best_value = starts[0], -np.inf
    for start in starts:
        weights, value = start / start.sum(), goal.value(start)
        for _ in range(ROUNDS):
            before = value
            for direction in directions():
                found = best_along(goal, weights, direction)
                if found.value > value:
                    moved = np.maximum(0, weights + found.t * direction)
                    weights, value = moved / moved.sum(), found.value
            if value <= before:
                break
        if value > best_value:
            best, best_value = weights, value
    return best
