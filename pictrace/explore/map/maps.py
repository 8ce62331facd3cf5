"""The map of a catalog: every picture a point, alike ones near each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.explore.map.axes import Axes, principal_axes
from pictrace.explore.map.neighbours import nearest, neighbour_layout
from pictrace.features import FeatureBatch, Features
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Mapped

__all__ = ["AXES", "FEWEST", "LIMIT", "METHODS", "NEIGHBOURS", "CatalogMap", "catalog_map", "mappable"]

METHODS = (AXES, NEIGHBOURS) = ("axes", "neighbours")
FEWEST = 3
"""Fewer pictures make no map."""

LIMIT = 10_000
"""Pictures that a map is made of; a larger catalog is sampled."""

REDUCED = 50  # numbers that stand for a picture where neighbours are looked for
AROUND = 5  # neighbours between which a new picture is placed
CHUNK_PICTURES = 2048
MARGIN = 0.02  # around all points


@dataclass(frozen=True)
class CatalogMap:
    """Where the pictures of a catalog lie by one metric.

    ids: (n,) int64, ascending. positions: (n, 2) float32 in [0, 1], to the right and up, equally scaled. explained: the
    share of the variance that two axes keep, None for a map of neighbours. total: pictures of the catalog.
    left_out: those read that have no features, or none that can be compared.
    """

    metric: str
    method: str
    ids: NDArray[np.int64]
    positions: NDArray[np.float32]
    explained: float | None
    total: int
    left_out: int
    axes: Axes | None
    reduced: NDArray[np.float32]  # (n, k): the pictures as the neighbours' map saw them; (n, 0) for axes
    corner: NDArray[np.float32]  # (2,): what lies at the map's origin
    scale: float

    @property
    def sampled(self) -> bool:
        """Whether the catalog was too large to map every picture of it."""
        return len(self.ids) + self.left_out < self.total

    def place(self, metric: Mapped, features: Features) -> NDArray[np.float32] | None:
        """Where a picture with these features belongs, (2,) in [0, 1]; None where it cannot be compared.

        By projection, or between its nearest neighbours; beyond the edge it is moved to the edge.
        """
        found = self._places(metric.vectors(FeatureBatch.of([features], metric.layout)))[0]
        return None if np.isnan(found).any() else found

    def including(self, cache: FeatureCache, metric: Mapped, ids: Iterable[int]) -> CatalogMap:
        """The same map with these pictures placed in it too, where a sample had left them out."""
        wanted = np.array(sorted(set(ids)), np.int64)
        lacking = np.setdiff1d(np.intersect1d(wanted, cache.ids()[1]), self.ids, assume_unique=True)
        if not len(lacking) or self.axes is None:
            return self
        positions = self._places(metric.vectors(cache.of(lacking, metric)))
        here = ~np.isnan(positions).any(axis=1)
        all_ids = np.concatenate([self.ids, lacking[here]])
        order = np.argsort(all_ids, kind="stable")
        added = np.concatenate([self.positions, positions[here]])[order]
        # They were placed by the others: they place no others.
        far_away = np.full((int(here.sum()), self.reduced.shape[1]), np.inf, np.float32)
        reduced = np.concatenate([self.reduced, far_away])[order]
        return replace(self, ids=all_ids[order], positions=added, reduced=reduced)

    def near(self, position: Sequence[float] | NDArray[np.float32], count: int) -> list[int]:
        """Ids of the pictures nearest to a position on the map, nearest first."""
        apart = np.square(self.positions - np.asarray(position, np.float32)).sum(axis=1)
        return [int(one) for one in self.ids[np.argsort(apart, kind="stable")[:count]]]

    def position_of(self, picture_id: int) -> NDArray[np.float32] | None:
        """Where a picture of the catalog lies, (2,); None where it is not on the map."""
        place = int(np.searchsorted(self.ids, picture_id))
        return self.positions[place] if place < len(self.ids) and self.ids[place] == picture_id else None

    def _places(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) float32; NaN where a vector is."""
        if self.axes is None:
            return np.full((len(vectors), 2), np.nan, np.float32)
        projected = self.axes.project(vectors)
        if self.method == AXES:
            return np.asarray(np.clip((projected[:, :2] - self.corner) * np.float32(self.scale), 0, 1), np.float32)
        placed = np.full((len(vectors), 2), np.nan, np.float32)
        known = np.flatnonzero(np.isfinite(self.reduced).all(axis=1))
        sound = np.flatnonzero(np.isfinite(projected).all(axis=1))
        if len(sound):
            around, squared = nearest(self.reduced[known], projected[sound], min(AROUND, len(known)))
            apart = np.sqrt(squared)
            # Whoever is a hundred times nearer than the others decides alone: a copy lands on its original.
            weights = 1 / np.maximum(apart, 1e-2 * apart.mean(axis=1, keepdims=True) + 1e-12) ** 2
            weights /= weights.sum(axis=1, keepdims=True)
            placed[sound] = (self.positions[known[around]] * weights[..., np.newaxis]).sum(axis=1)
        return placed


def mappable(metrics: Iterable[Metric]) -> tuple[Mapped, ...]:
    """Those whose features are points, so that there is a map by them."""
    return tuple(metric for metric in metrics if isinstance(metric, Mapped))


def catalog_map(
    cache: FeatureCache, metric: Metric, *, method: str = AXES, limit: int = LIMIT, seed: int = 0
) -> CatalogMap:
    """The map of a catalog by one metric; at most ``limit`` pictures, drawn by ``seed``, make it.

    method: AXES, the projection on the two directions in which the pictures differ most, or NEIGHBOURS, which keeps the
    nearest near and says nothing by large distances. With fewer than FEWEST pictures to show it has what there is.
    ValueError for another method, and for a metric that is not mappable.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if not isinstance(metric, Mapped):
        raise ValueError(f"{metric.name} has no vectors, so there is no map by it")
    _, every = cache.ids()
    chosen = every
    if len(every) > limit:
        chosen = np.sort(np.random.default_rng(seed).choice(every, limit, replace=False))
    ids, vectors = _read(cache, metric, chosen)
    left_out = len(chosen) - len(ids)
    if not len(ids):
        nowhere, corner = np.empty((0, 2), np.float32), np.zeros(2, np.float32)
        reduced = nowhere[:, :0]
        return CatalogMap(
            metric.name, method, ids, nowhere, None, len(every), left_out, None, reduced, corner, scale=1.0
        )
    axes = principal_axes(vectors, 2 if method == AXES else min(REDUCED, metric.vector_size))
    projected = axes.project(vectors)
    del vectors
    if method == AXES or len(ids) < FEWEST:
        drawn, reduced, explained = projected[:, :2], projected[:, :0], float(axes.shares[:2].sum())
    else:
        drawn, reduced, explained = neighbour_layout(projected, projected[:, :2], seed=seed), projected, None
    positions, corner, scale = _fitted(drawn)
    method = AXES if len(ids) < FEWEST else method
    return CatalogMap(
        metric.name, method, ids, positions, explained, len(every), left_out, axes, reduced, corner, scale
    )


def _read(cache: FeatureCache, metric: Mapped, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(ids of those that can be compared, their vectors), read chunk by chunk."""
    vectors = np.empty((len(ids), metric.vector_size), np.float32)
    kept = np.zeros(len(ids), bool)
    count = 0
    for begin, some in _chunks(ids):
        part = metric.vectors(cache.of(some, metric))
        sound = np.isfinite(part).all(axis=1)
        kept[begin : begin + len(some)] = sound
        vectors[count : count + int(sound.sum())] = part[sound]
        count += int(sound.sum())
    return ids[kept], vectors[:count]


def _chunks(ids: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for begin in range(0, len(ids), CHUNK_PICTURES):
        yield begin, ids[begin : begin + CHUNK_PICTURES]


def _fitted(drawn: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """(positions in [0, 1] with a margin, what lies at the origin, what they were multiplied by)."""
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    extent = float((high - low).max())
    scale = (1 - 2 * MARGIN) / extent if extent > 1e-9 else 1.0
    corner = np.asarray((low + high) / 2 - 0.5 / scale, np.float32)
    return np.clip((drawn - corner) * np.float32(scale), 0, 1), corner, scale
