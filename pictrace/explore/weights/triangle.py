"""Which picture comes first at each mixture of three metrics' weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import CriteriaError
from pictrace.explore.weights.mixing import UNRANKED, Mixer, weights_of
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.told import told

__all__ = ["NOBODY", "Region", "WeightMap", "heaviest", "weight_map"]

NOBODY = -1
"""Stands for the picture's id where nothing can be ranked."""

CELLS = 8
"""The triangle is cut into CELLS x CELLS smaller ones, in each of which few pictures can come first."""

ROUNDING = np.float32(2e-6)
"""More than float32 sums of a handful of terms can be wrong by."""

LOOKED_AT = 30
"""Points along an edge, less one, that are looked at where only the places of labels depend on it."""


@dataclass(frozen=True)
class Region:
    """The mixtures at which one picture comes first.

    Attributes
    ----------
    share
        Of all mixtures, 0 to 1.
    centre
        The mixture furthest from any other region and from the triangle's edges (three shares), and room: how far that
        is, as a share of the triangle's height.
    """

    id: int
    share: float
    centre: tuple[float, float, float]
    room: float


@dataclass(frozen=True)
class WeightMap:
    """The first place over all mixtures of three metrics, whose weights always sum to ``total``.

    Attributes
    ----------
    corners
        The three metrics.
    weights
        Of all metrics in the table, as they are now; those that are no corner keep theirs all over the map.
    points
        (g, 3) whole numbers that sum to ``steps``.
    winners
        (g,) ids, NOBODY where no picture can be compared.
    current
        The three shares now, None where the three weigh nothing.
    first
        The picture that comes first now, NOBODY where none does.
    """

    corners: tuple[str, str, str]
    weights: Mapping[str, float]
    total: float
    steps: int
    points: NDArray[np.int64]
    winners: NDArray[np.int64]
    current: tuple[float, float, float] | None
    first: int
    exhaustive: bool

    @property
    def others(self) -> dict[str, float]:
        """The other metrics that weigh something."""
        return {name: weight for name, weight in self.weights.items() if name not in self.corners and weight}

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """One for each picture that comes first anywhere, the largest first."""
        stride = max(1, self.steps // LOOKED_AT)
        coarse = np.flatnonzero((self.points[:, :2] % stride == 0).all(axis=1))
        ids, counts = np.unique(self.winners[self.winners != NOBODY], return_counts=True)
        found = []
        for winner, count in zip(ids.tolist(), counts.tolist(), strict=True):
            inside = coarse[self.winners[coarse] == winner]
            if not len(inside):  # smaller than what is looked at
                inside = np.flatnonzero(self.winners == winner)[:1]
            outside = coarse[self.winners[coarse] != winner]
            # Two heights of a triangle as axes of equal length: the plane in which it is drawn.
            mine, theirs = self._plane(inside), self._plane(outside)
            room = self.points[inside].min(axis=1) / self.steps
            if len(outside):
                apart = np.sqrt(((mine[:, np.newaxis] - theirs[np.newaxis]) ** 2).sum(axis=2)).min(axis=1)
                room = np.minimum(room, apart)
            best = int(room.argmax())
            a, b, c = (self.points[inside[best]] / self.steps).tolist()
            found.append(Region(winner, count / len(self.winners), (a, b, c), float(room[best])))
        return tuple(sorted(found, key=lambda one: (-one.share, one.id)))

    def _plane(self, indices: NDArray[np.intp]) -> NDArray[np.float64]:
        """Points on paper, (k, 2), the triangle's height being 1."""
        a, b, c = (self.points[indices] / self.steps).T
        return np.stack([(c - b) / np.sqrt(3), a], axis=1)

    def winner_at(self, shares: tuple[float, float, float]) -> int:
        """The id at the point of the map nearest to these shares, which sum to 1."""
        wanted = np.array(shares) * self.steps
        return int(self.winners[((self.points - wanted) ** 2).sum(axis=1).argmin()])

    def weights_at(self, shares: tuple[float, float, float], *, most: float, step: float) -> dict[str, float]:
        """Every metric's weight at a mixture, on the sliders' steps.

        Where a corner's weight would exceed ``most``, all weights are scaled down together, which leaves the ranking
        as it is but for the rounding to steps.
        """
        wanted = {
            **self.weights,
            **{name: share * self.total for name, share in zip(self.corners, shares, strict=True)},
        }
        scale = min(1.0, most / max(wanted.values()))
        decimals = 6  # hides what 0.1 is not
        return {name: round(round(weight * scale / step) * step, decimals) for name, weight in wanted.items()}


def heaviest(table: ScoreTable, criteria: Criteria) -> tuple[str, ...]:
    """The three metrics that weigh most, in the table's order; fewer where it has fewer."""
    weights = weights_of(table, criteria)
    chosen = np.sort(np.argsort(-weights, kind="stable")[:3])
    return tuple(table.names[index] for index in chosen)


def weight_map(
    table: ScoreTable,
    criteria: Criteria,
    corners: tuple[str, str, str],
    *,
    steps: int = 240,
    total: float = 1.0,
) -> WeightMap:
    """The map with these metrics at its corners; CriteriaError where they are not three of the table's.

    Parameters
    ----------
    steps
        Points along an edge less one, a multiple of 8.
    total
        What the three weigh together where they weigh nothing now; else their sum is kept.
    """
    if len(set(corners)) != 3 or not set(corners) <= set(table.names):
        raise CriteriaError(
            told(
                "A map of weights needs three different metrics at its corners, not {corners}. Choose of: {names}.",
                corners=", ".join(corners),
                names=", ".join(table.names),
            )
        )
    if steps < CELLS or steps % CELLS:
        raise ValueError(f"steps is {steps}; give a multiple of {CELLS}")
    weights = weights_of(table, criteria)
    places = [table.names.index(name) for name in corners]
    present = float(weights[places].sum())
    total = present if present > 0 else total
    a, b, c = (weights[places] / total).tolist()
    points = _grid(steps)
    mixtures = np.repeat(weights[np.newaxis], len(points), axis=0)
    mixtures[:, places] = points / steps * total
    winners = _winners(Mixer.of(table, criteria), points, mixtures, steps)
    return WeightMap(
        corners,
        dict(zip(table.names, weights.tolist(), strict=True)),
        total,
        steps,
        points,
        np.append(table.ids, NOBODY)[winners],
        (a, b, c) if present > 0 else None,
        _first(table, criteria, float(weights.sum())),
        table.exhaustive,
    )


def _first(table: ScoreTable, criteria: Criteria, weighing: float) -> int:
    if weighing <= 0:
        return NOBODY
    kept, _, _ = table.order(replace(criteria, top=1, min_score=0.0))
    return int(table.ids[kept[0]]) if len(kept) else NOBODY


def _grid(steps: int) -> NDArray[np.int64]:
    """All (i, j, k) of whole numbers from 0 that sum to steps, (g, 3), in ascending order."""
    i, j = (one.ravel() for one in np.meshgrid(np.arange(steps + 1), np.arange(steps + 1), indexing="ij"))
    inside = i + j <= steps
    return np.stack([i, j, steps - i - j], axis=1)[inside].astype(np.int64)


def _winners(mixer: Mixer, points: NDArray[np.int64], mixtures: NDArray[np.float64], steps: int) -> NDArray[np.intp]:
    """Position of the first picture at each point, (g,), -1 where none is ranked.

    Inside a small triangle a picture's fused score is a mean of its scores at the corners, weighted by what all metrics
    that take part weigh there. So none can come first whose best corner is below another's worst corner, and all but a
    few pictures are out before the points inside are looked at.
    """
    winners = np.full(len(points), -1, np.intp)
    if not mixer.filled.shape[1]:
        return winners
    cell = steps // CELLS
    vertices = np.flatnonzero((points % cell == 0).all(axis=1))
    at_vertex = mixer.scores(mixtures[vertices])
    vertex = {tuple(point): row for row, point in enumerate((points[vertices] // cell).tolist())}
    floor, rest = np.divmod(points, cell)
    kind = rest.sum(axis=1) // cell  # 0 a vertex, 1 in a triangle that points up, 2 in one that points down
    keys = (floor[:, 0] * (CELLS + 1) + floor[:, 1]) * (CELLS + 1) + floor[:, 2]
    order = np.argsort(keys * 3 + kind, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff((keys * 3 + kind)[order])) + 1)
    for group in groups:
        i, j, k = floor[group[0]].tolist()
        if kind[group[0]] == 0:
            corners = at_vertex[[vertex[i, j, k]]]
        elif kind[group[0]] == 1:
            corners = at_vertex[[vertex[i + 1, j, k], vertex[i, j + 1, k], vertex[i, j, k + 1]]]
        else:
            corners = at_vertex[[vertex[i + 1, j + 1, k], vertex[i + 1, j, k + 1], vertex[i, j + 1, k + 1]]]
        able = _able_to_win(corners)
        scores = mixer.take(able).scores(mixtures[group])
        best = scores.argmax(axis=1)  # the first of equals, which has the lowest id
        ranked = scores[np.arange(len(group)), best] != UNRANKED
        winners[group] = np.where(ranked, able[best], -1)
    return winners


def _able_to_win(corners: NDArray[np.float32]) -> NDArray[np.intp]:
    """Positions, ascending, of those that may come first somewhere between these corners, (3, n); at least one."""
    corners = corners[(corners != UNRANKED).any(axis=1)]  # one that ranks nobody bounds nobody
    if not len(corners):
        return np.zeros(1, np.intp)
    worst = corners.min(axis=0)
    best = int(worst.argmax())
    able = corners.max(axis=0) >= worst[best] - ROUNDING
    # Of those that are alike at all corners only the first can win; a flat similarity of 0 is shared by thousands.
    alike = (corners == corners[:, [best]]).all(axis=0)
    alike[: best + 1] = False
    return np.flatnonzero(able & ~alike)
