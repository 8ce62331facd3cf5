"""How far each weight can move before the ranking changes, exactly.

With one weight w moving and the others fixed, a picture's fused score is (a + w s) / (b + w p): a is the sum of weight
times similarity over the other metrics, b the sum of the weights of those that take part, s its similarity by the
moving metric, and p 1 or 0 as that one takes part or not. Such a score only rises or only falls with w, and two of
them are equal where a quadratic is zero.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.explore.weights.mixing import Mixer, weights_of
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["Held", "Takeover", "WeightRange", "weight_ranges"]

CELLS = 12
"""The way to an end of the slider is searched in so many parts, the nearest first."""

AT_ONCE = 1e-5
"""Weights nearer than this are one: that similarities are float32 shifts a crossing by as much."""

EQUAL = 5e-7
"""Scores nearer than this are equal to the ScoreTable, whose float32 sums are wrong by as much."""


@dataclass(frozen=True)
class Takeover:
    """What changes at a weight: the picture that comes in, and the one that it pushes out; None where there is none."""

    weight: float
    enters: int | None
    leaves: int | None


@dataclass(frozen=True)
class Held:
    """The weights, from low to high, over which something stays as it is; what changes it below and above.

    None stands where the slider's end comes first. A takeover above at ``low == high`` follows at once.
    """

    low: float
    high: float
    below: Takeover | None
    above: Takeover | None


@dataclass(frozen=True)
class WeightRange:
    """One metric's weight: what it is, and how far it can go with the others unchanged.

    Attributes
    ----------
    first
        The first place stays.
    top
        The same pictures are among the best ``criteria.top``, in whatever order. The minimum score plays no part in
        either.
    """

    metric: str
    weight: float
    first: Held
    top: Held


def weight_ranges(table: ScoreTable, criteria: Criteria, *, most: float = 3.0) -> tuple[WeightRange, ...]:
    """One for each metric of the table, its weight going from 0 to ``most``; none where nothing is ranked.

    CriteriaError where all weights are zero.
    """
    best = _best(table, criteria)
    if not len(best):
        return ()
    mixer, weights = Mixer.of(table, criteria), weights_of(table, criteria)
    found = []
    for index, name in enumerate(table.names):
        curves, now = _Curves.of(mixer, weights, index), float(weights[index])
        without = _without(table, criteria, weights, index)
        first = _held(curves, best[:1], without, now, max(most, now))
        top = _held(curves, best, without, now, max(most, now), room=len(best) < criteria.top)
        found.append(WeightRange(name, now, _named(first, table), _named(top, table)))
    return tuple(found)


def _best(table: ScoreTable, criteria: Criteria) -> NDArray[np.intp]:
    return table.order(replace(criteria, min_score=0.0))[0]


def _without(
    table: ScoreTable, criteria: Criteria, weights: NDArray[np.float64], index: int
) -> NDArray[np.intp] | None:
    """The best with this metric's weight at exactly 0, where some pictures may drop out; None where nothing ranks."""
    if weights.sum() - weights[index] <= 0:
        return None
    others = {
        name: weight for place, (name, weight) in enumerate(zip(table.names, weights, strict=True)) if place != index
    }
    return _best(table, replace(criteria, weights=others))


@dataclass(frozen=True)
class _Curves:
    """Fused scores of n pictures as functions of one weight w, (a + w s) / (b + w p); each array is (n,) float64.

    b and p are the same for all pictures. others: the weight by which other metrics could compare the picture; own:
    whether this one can.
    """

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    s: NDArray[np.float64]
    p: NDArray[np.float64]
    others: NDArray[np.float64]
    own: NDArray[np.float64]

    @classmethod
    def of(cls, mixer: Mixer, weights: NDArray[np.float64], index: int) -> _Curves:
        count = mixer.filled.shape[1]
        a, others = np.zeros(count), np.zeros(count)
        for place, (weight, values, present) in enumerate(zip(weights, mixer.filled, mixer.present, strict=True)):
            if place != index and weight:
                a += weight * values
                others += weight if present is None else weight * present
        there = mixer.present[index]
        own = np.ones(count) if there is None else there.astype(np.float64)
        taking_part = np.array(mixer.able, np.float64)
        b = float(weights @ taking_part - weights[index] * taking_part[index])
        p = float(taking_part[index])
        return cls(a, np.full(count, b), mixer.filled[index].astype(np.float64), np.full(count, p), others, own)

    def take(self, positions: NDArray[np.intp]) -> _Curves:
        return _Curves(*(getattr(self, one.name)[positions] for one in fields(self)))

    @property
    def ranked(self) -> NDArray[np.bool_]:
        """Which pictures anything with a weight compares, once this metric has one."""
        return self.others + self.own > 0

    def at(self, weight: float) -> NDArray[np.float64]:
        """(n,) scores; -1 where nothing compares. At 0, of a picture that only this metric compares: just above 0."""
        over, under = self.a + weight * self.s, self.b + weight * self.p
        score = np.divide(over, under, out=self.s.copy(), where=under > 0)
        return np.where(self.ranked, score, -1.0)


def _held(
    curves: _Curves,
    inside: NDArray[np.intp],
    without: NDArray[np.intp] | None,
    now: float,
    most: float,
    *,
    room: bool = False,
) -> Held:
    """How long the pictures at these positions stay the best; ids are still positions.

    room: there would be place for more, so that whatever can be compared at all is among the best.
    """
    kept = np.zeros(len(curves.a), np.bool_)
    kept[inside] = True
    outside = np.flatnonzero(~kept & curves.ranked)
    if room and len(outside):  # only at 0: pictures that no metric with a weight compares yet
        above: Takeover | None = Takeover(now, int(outside[curves.take(outside).at(now).argmax()]), None)
    else:
        above = _first_change(curves, inside, outside, now, most)
    below = _first_change(curves, inside, outside, now, 0.0) if now > 0 else None
    if now > 0 and below is None and without is not None:
        then = without[: len(inside)]
        came, went = np.setdiff1d(then, inside), np.setdiff1d(inside, then)
        if len(came) or len(went):
            below = Takeover(0.0, int(came[0]) if len(came) else None, int(went[0]) if len(went) else None)
    return Held(0.0 if below is None else below.weight, most if above is None else above.weight, below, above)


def _first_change(
    curves: _Curves, inside: NDArray[np.intp], outside: NDArray[np.intp], start: float, end: float
) -> Takeover | None:
    """The first weight on the way from start to end beyond which one of outside scores more than one of inside."""
    if start == end:
        return None
    edges = np.linspace(start, end, CELLS + 1)
    ours, theirs = curves.take(inside), curves.take(outside)
    worst = np.stack([ours.at(edge).min() for edge in edges])
    best = np.stack([theirs.at(edge) for edge in edges])
    for cell in range(CELLS):
        floor = min(worst[cell], worst[cell + 1])
        rivals = outside[np.maximum(best[cell], best[cell + 1]) > floor]
        if not len(rivals):
            continue
        where = _overtaken(curves.take(inside), curves.take(rivals), edges[cell], edges[cell + 1])
        nearest = np.abs(where - start).min()
        if np.isfinite(nearest):
            return _takeover(curves, inside, rivals, np.abs(where - start) - nearest, where, end)
    return None


def _takeover(
    curves: _Curves,
    inside: NDArray[np.intp],
    rivals: NDArray[np.intp],
    later: NDArray[np.float64],
    where: NDArray[np.float64],
    end: float,
) -> Takeover:
    """Of the pairs that swap first, (k, r), the one that comes in furthest and the one that falls furthest."""
    mine, their = np.nonzero(later < AT_ONCE)
    weight = float(where.ravel()[later.argmin()])
    beyond = weight + float(np.clip(end - weight, -10 * AT_ONCE, 10 * AT_ONCE))
    enters, leaves = np.unique(rivals[their]), np.unique(inside[mine])
    first = int(enters[curves.take(enters).at(beyond).argmax()])
    last = int(leaves[curves.take(leaves).at(beyond).argmin()])
    return Takeover(weight, first, last)


def _overtaken(ours: _Curves, theirs: _Curves, start: float, end: float) -> NDArray[np.float64]:
    """(k, r): from which weight on, on the way from start to end, each rival scores more than each of ours; inf: none.

    A rival must be better by more than EQUAL to count; the weight told is the one at which they are equal.
    """
    roots = _equal_at(ours, theirs, EQUAL)
    found = _first_above(ours, theirs, EQUAL, roots, start, end)
    # The crossing itself lies a little before the point at which it counts, and never before the start.
    exact = np.stack(_equal_at(ours, theirs, 0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where((exact - found) * (end - start) <= 0, np.abs(exact - found), np.inf)
    nearest = np.take_along_axis(exact, apart.argmin(axis=0)[np.newaxis], axis=0)[0]
    nearest = np.clip(nearest, min(start, end), max(start, end))
    return np.where(apart.min(axis=0) < 0.05 * abs(end - start), nearest, found)


def _equal_at(ours: _Curves, theirs: _Curves, lead: float) -> list[NDArray[np.float64]]:
    """Both weights, (k, r) each, at which a rival's score is ours and ``lead``; NaN where there is none."""
    square, linear, constant = _difference(ours, theirs, lead)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # The two roots without the loss of digits that subtracting nearly equal numbers brings.
        half = -(linear + np.copysign(np.sqrt(linear * linear - 4 * square * constant), linear)) / 2
        return [half / square, constant / half]


def _difference(ours: _Curves, theirs: _Curves, lead: float) -> tuple[NDArray[np.float64], ...]:
    """Coefficients of w^2, w and 1 of the rival's score less ours and ``lead``, times both (positive) denominators."""
    a, s = theirs.a - lead * theirs.b, theirs.s - lead * theirs.p
    b, p = theirs.b, theirs.p
    mine_a, mine_b, mine_s, mine_p = (one[:, np.newaxis] for one in (ours.a, ours.b, ours.s, ours.p))
    # Grouped so that equal pictures give exactly 0.
    linear = (a * mine_p - mine_a * p) + (s * mine_b - mine_s * b)
    return s * mine_p - mine_s * p, linear, a * mine_b - mine_a * b


def _first_above(
    ours: _Curves, theirs: _Curves, lead: float, roots: list[NDArray[np.float64]], start: float, end: float
) -> NDArray[np.float64]:
    """(k, r): the first of start and the roots, on the way to end, after which the rival leads; inf: it never does."""
    square, linear, constant = _difference(ours, theirs, lead)
    way = end - start
    parts = np.stack([np.clip(np.nan_to_num((root - start) / way, nan=1.0), 0.0, 1.0) for root in roots])
    parts.sort(axis=0)
    marks = [np.zeros_like(parts[0]), parts[0], parts[1], np.ones_like(parts[0])]
    found = np.full(parts[0].shape, np.inf)
    for first, second in zip(reversed(marks[:-1]), reversed(marks[1:]), strict=True):
        middle = start + way * (first + second) / 2
        above = (second - first > 1e-12) & ((square * middle + linear) * middle + constant > 0)
        found = np.where(above, start + way * first, found)
    return found


def _named(held: Held, table: ScoreTable) -> Held:
    """The same with ids for positions."""

    def one(change: Takeover | None) -> Takeover | None:
        if change is None:
            return None
        ids = [None if place is None else int(table.ids[place]) for place in (change.enters, change.leaves)]
        return Takeover(change.weight, ids[0], ids[1])

    return replace(held, below=one(held.below), above=one(held.above))
