"""The best point of a line of weights, exactly.

Along weights w + t d each pair has a lead that is linear in t: the other picture overtakes where it is zero.
Between these crossings nothing changes, so a measure of ranks is a step function, whose steps are sorted and summed up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.learning.objective import Objective, Pairs

__all__ = ["Best", "along", "reach"]

EQUAL = 1e-12


@dataclass(frozen=True)
class Best:
    """t: the middle of the widest stretch with the highest value; low, high: its ends."""

    t: float
    value: float
    low: float
    high: float


def reach(weights: NDArray[np.float64], direction: NDArray[np.float64]) -> tuple[float, float]:
    """How far t may go, so that no weight is negative and none grows beyond four times their sum."""
    low, high = -np.inf, np.inf
    for weight, step in zip(weights, direction, strict=True):
        if step > 0:
            low = max(low, -weight / step)
            high = min(high, (4 * weights.sum() - weight) / step)
        elif step < 0:
            high = min(high, -weight / step)
            low = max(low, (4 * weights.sum() - weight) / step)
    return float(low), float(high)


def along(objective: Objective, weights: NDArray[np.float64], direction: NDArray[np.float64]) -> Best:
    """Where the objective is highest on the line, as far as it may go.

    Parameters
    ----------
    objective
        What is to be as high as it can be.
    weights, direction : (c,) arrays
        A point of the line with a weight above 0, and where it leads; not all of it 0.
    """
    low, high = reach(weights, direction)
    if not low < high:
        return Best(0.0, objective.value(weights), 0.0, 0.0)
    steps = _Steps.of(objective.pairs, weights, direction, low, high)
    right_steps = _Steps.of(objective.right_pairs, weights, direction, low, high)
    when = np.concatenate([steps.when, right_steps.when])
    about = np.concatenate([steps.about, right_steps.about])
    in_rank = np.concatenate([steps.change, np.zeros(len(right_steps.when), np.int64)])
    in_hits = np.concatenate([np.zeros(len(steps.when), np.int64), right_steps.change])
    order = np.argsort(when, kind="stable")
    order = order[np.argsort(about[order], kind="stable")]
    when, about = when[order], about[order]
    # Both counts before the first step, and after each, of the relevant picture that it is about.
    rank, rank_before = _running(in_rank[order], about, objective.rank + steps.before)
    hits, hits_before = _running(in_hits[order], about, objective.hits + right_steps.before)
    totals = objective.totals[about]
    gains = objective.gain(np.maximum(rank, 1), hits, totals)
    before = objective.gain(np.maximum(rank_before, 1), hits_before, totals)
    start = objective.gain(objective.rank + steps.before, objective.hits + right_steps.before, objective.totals).sum()
    by_time = np.argsort(when, kind="stable")
    when = when[by_time]
    values = start + np.concatenate([[0.0], np.cumsum((gains - before)[by_time])])
    ends = np.concatenate([[low], when, [high]])
    widths = np.diff(ends)
    values = np.where(widths > EQUAL * (high - low), values, -np.inf)  # several steps at once: the last of them counts
    best = values >= values.max() - EQUAL * max(1, objective.queries)
    chosen = int(np.where(best, widths, -1).argmax())
    middle = float((ends[chosen] + ends[chosen + 1]) / 2)
    value = float(values[chosen]) / max(1, objective.queries)
    return Best(middle, value, float(ends[chosen]), float(ends[chosen + 1]))


@dataclass(frozen=True)
class _Steps:
    """before: (r,) pairs that the other picture wins at the line's beginning; then when it wins or loses which."""

    before: NDArray[np.int64]
    when: NDArray[np.float64]
    about: NDArray[np.int32]
    change: NDArray[np.int64]

    @classmethod
    def of(
        cls, pairs: Pairs, weights: NDArray[np.float64], direction: NDArray[np.float64], low: float, high: float
    ) -> _Steps:
        ends = np.stack([weights + low * direction, weights + high * direction]).astype(np.float32)
        first, last = (ends @ pairs.ahead[:-1] + pairs.ahead[-1]).astype(np.float64)
        leads = first > 0
        crosses = np.flatnonzero(leads != (last > 0))
        # The lead goes evenly from first to last; most pairs keep their sign, and are not looked at again.
        share = first[crosses] / (first[crosses] - last[crosses])
        about = pairs.about
        before = np.bincount(about[leads], minlength=len(pairs.offsets) - 1)
        return cls(before, low + share * (high - low), about[crosses], np.where(leads[crosses], -1, 1))


def _running(
    changes: NDArray[np.int64], about: NDArray[np.int32], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each count after and before its change; changes of one relevant picture are neighbours, in their order."""
    sums = np.cumsum(changes)
    first = np.flatnonzero(np.diff(about, prepend=-1))
    lengths = np.diff(np.append(first, len(about)))
    offset = np.repeat(sums[first] - changes[first], lengths) if len(first) else sums
    after = start[about] + sums - offset
    return after, after - changes
