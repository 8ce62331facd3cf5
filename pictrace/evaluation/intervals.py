"""How sure a figure is: samples of the groups of queries, drawn anew, and a test between two ways of ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.measures import Measure
from pictrace.evaluation.standing import Standing

__all__ = ["Figure", "everything", "figure", "p_value", "samples_of"]

SAMPLES = 1000
COVERED = 0.95


@dataclass(frozen=True)
class Figure:
    """A measure's value, and the interval in which it lies for 95 % of samples; NaN where nothing matches."""

    value: float
    low: float
    high: float


def everything(queries: int) -> NDArray[np.float64]:
    """(1, q): each query once."""
    return np.ones((1, queries))


def samples_of(groups: NDArray[np.int64], *, count: int = SAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """Bootstrap over groups: as many groups as there are, drawn with replacement, each with all of its queries.

    B. Efron, "Bootstrap methods: another look at the jackknife", 1979, doi:10.1214/aos/1176344552; groups, as queries
    of one thing are found or lost together.

    Parameters
    ----------
    groups : (q,) int64 array
        The group of each query, from 0 without gaps.

    Returns
    -------
    (count, q) float64 array
        How often each query is in each sample.
    """
    many = int(groups.max(initial=-1)) + 1
    if not many:
        return np.ones((count, 0))
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), count)
    return drawn[:, groups].astype(np.float64)


def figure(measure: Measure, s: Standing, samples: NDArray[np.float64]) -> Figure:
    """The measure of all queries, with the interval that the samples give."""
    value = float(measure.of(s, everything(len(s.totals)))[0])
    drawn = measure.of(s, samples)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.isnan(value):
        return Figure(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Figure(value, float(low), float(high))


def p_value(
    measure: Measure, one: Standing, other: Standing, groups: NDArray[np.int64], *, count: int = 10_000, seed: int = 0
) -> float:
    """How often chance alone would part two ways of ranking as far, by a paired randomisation test over groups.

    The signs of the groups' differences are drawn (M. D. Smucker, J. Allan and B. Carterette, "A comparison of
    statistical significance tests for information retrieval evaluation", 2007, doi:10.1145/1321440.1321528). NaN for a
    measure that is no mean over queries.

    Parameters
    ----------
    groups : (q,) int64 array
        The group of each query, from 0 without gaps.
    """
    if measure.single is None:
        return float("nan")
    first, second = measure.single(one), measure.single(other)
    known = ~np.isnan(first) & ~np.isnan(second)
    differences = np.bincount(groups[known], (first - second)[known])
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    random = np.random.default_rng(seed)
    real, as_far = abs(differences.sum()) - 1e-12, 0
    for start in range(0, count, 1000):
        signs = random.integers(0, 2, (min(1000, count - start), len(differences))) * 2 - 1
        as_far += int((np.abs(signs @ differences) >= real).sum())
    return (as_far + 1) / (count + 1)
