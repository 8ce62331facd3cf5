"""The share of queries that are found, as something to learn for: what is above the best wrong pictures of nearly all.

It depends on two pictures of each query, its best right and its best wrong one, and on all queries together. So no
pairs are counted: of each query those pictures are kept that can be its best under some weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.cube import Cube
from pictrace.evaluation.learning.line import Best, along, reach
from pictrace.evaluation.learning.objective import MEASURES, Objective, Pairs
from pictrace.searching.chances import FALSE_ALARMS

__all__ = ["FOUND", "LEARNABLE", "Found", "Goal", "best_along", "goal_of"]

FOUND = "found"
LEARNABLE = (*MEASURES, FOUND)
"""What can be learned for, at k = 5 and 1 false alarm in 200 searches."""

POINTS = 25  # of a line that are tried, and again between the neighbours of the best
LEADERS = 32


@dataclass(frozen=True)
class _Fronts:
    """Pictures that can be the best of their query: similarity (c, p), and where each query's begin, (q + 1,)."""

    similarity: NDArray[np.float32]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[NDArray[np.float32]]) -> _Fronts:
        """parts: (c, n) for each query."""
        fronts = [_front(one) for one in parts]
        counts = [one.shape[1] for one in fronts]
        return cls(np.concatenate(fronts, axis=1), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))

    def best(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(g, q) the highest score under weights (g, c); -1 where a query has no such pictures."""
        scores = np.append(weights @ self.similarity, np.full((len(weights), 1), -1, np.float32), axis=1)
        best = np.maximum.reduceat(scores, self.offsets[:-1], axis=1)
        return np.where(np.diff(self.offsets) > 0, best, np.float32(-1))


@dataclass(frozen=True)
class Found:
    """The mean over queries that match anything. able: (c, q), as in Block; ranked: what regression learns from."""

    right: _Fronts
    wrong: _Fronts
    able: NDArray[np.float32]
    matched: NDArray[np.bool_]
    ranked: Objective

    @property
    def pairs(self) -> Pairs:
        return self.ranked.pairs

    @classmethod
    def of(cls, cube: Cube) -> Found:
        right, wrong = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
        for block in cube.blocks:
            is_right = np.zeros(len(block.ids), np.bool_)
            is_right[block.right] = True
            right.append(block.similarity[:, is_right])
            wrong.append(block.similarity[:, ~is_right])
        able = np.stack([one.able for one in cube.blocks], axis=1).astype(np.float32)
        matched = np.array([one.total > 0 for one in cube.blocks], np.bool_)
        return cls(_Fronts.of(right), _Fronts.of(wrong), able, matched, Objective.of(cube, "mAP"))

    def values(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share under each choice of weights of the columns, (g, c) -> (g,)."""
        small = weights.astype(np.float32)
        whole = small @ self.able
        whole[whole == 0] = 1
        right, wrong = (
            np.where(best < 0, best, best / whole) for best in (self.right.best(small), self.wrong.best(small))
        )
        # As many of all searches as may raise an alarm have a higher wrong score than the level.
        place = int(FALSE_ALARMS * wrong.shape[1])
        level = -np.partition(-wrong, place, axis=1)[:, place, np.newaxis]
        found: NDArray[np.float64] = (right > level)[:, self.matched].mean(axis=1)
        return found

    def value(self, weights: NDArray[np.float64]) -> float:
        """The share under one choice of weights, (c,)."""
        return float(self.values(weights[np.newaxis])[0])

    def along(self, weights: NDArray[np.float64], direction: NDArray[np.float64]) -> Best:
        """The highest of the points that are tried on a line, in two passes."""
        low, high = reach(weights, direction)
        best = Best(0.0, self.value(weights), 0.0, 0.0)
        for _ in range(2):
            if not low < high:
                break
            ends = np.linspace(low, high, POINTS + 2)
            points = ends[1:-1]
            values = self.values(weights + points[:, np.newaxis] * direction)
            # Of several as high the middle one: the farther from a step, the likelier it holds for others.
            highest = np.flatnonzero(values == values.max())
            place = int(highest[len(highest) // 2])
            low, high = float(ends[place]), float(ends[place + 2])
            if values[place] > best.value:
                best = Best(float(points[place]), float(values[place]), low, high)
        return best


Goal = Objective | Found


def goal_of(cube: Cube, measure: str, *, k: int = 5) -> Goal:
    """The measure of this name over the cube's queries; UsageError where weights cannot be learned for it."""
    return Found.of(cube) if measure.lower() == FOUND else Objective.of(cube, measure, k=k)


def best_along(goal: Goal, weights: NDArray[np.float64], direction: NDArray[np.float64]) -> Best:
    """Where it is highest on a line of weights: exactly for measures of ranks."""
    return goal.along(weights, direction) if isinstance(goal, Found) else along(goal, weights, direction)


def _front(similarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """(c, m): without those that are no more alike by any column than one of the best by a column or the mean."""
    columns, count = similarity.shape
    if count <= LEADERS:
        return similarity
    orders = np.concatenate([similarity, similarity.mean(axis=0)[np.newaxis]])
    each = max(1, LEADERS // (columns + 1))
    leaders = np.unique(np.argpartition(-orders, each, axis=1)[:, :each])
    kept = np.ones(count, np.bool_)
    for one in leaders.tolist():
        kept &= (similarity > similarity[:, [one]]).any(axis=0)
    kept[leaders] = True
    return np.ascontiguousarray(similarity[:, kept])
