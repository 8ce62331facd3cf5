"""A map on which neighbours stay neighbours: pairs of pictures that pull and push, in plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest", "neighbour_layout"]

NEAR, MIDDLE, FAR = 10, 5, 30  # pairs of each kind for every picture
PUSH = 3.0
CANDIDATES = 50  # nearest by plain distance, among which those by scaled distance are chosen
DRAWN = 6  # of which the second nearest makes a pair of the middle kind
PHASES = (100, 100, 250)
SOFT_NEAR, SOFT_MIDDLE, SOFT_FAR = 10.0, 10_000.0, 1.0  # the distance² at which a pull or a push is halved
DECAYS, TINY = (0.9, 0.999), 1e-7  # of Adam
CHUNK = 1024


def neighbour_layout(vectors: NDArray[np.float32], start: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """Positions (n, 2) float32 of n vectors (n, d) float32 on which the nearest stay near; n > 1.

    PaCMAP: Wang, Huang, Rudin, Shaposhnik: Understanding how dimension reduction tools work (2021), JMLR 22(201), with
    more and stronger far pairs (30, by 3, instead of 20, by 1), which keep neighbours of photographs better. Middle
    pairs pull first, so that the whole keeps the order of ``start`` (n, 2), the projection on two principal axes. The
    same vectors and seed give the same map.
    """
    n = len(vectors)
    random = np.random.default_rng(seed)
    near = _near_pairs(vectors)
    middle = _middle_pairs(vectors, random)
    far = random.integers(n, size=(n, FAR))
    spread = max(float(np.abs(start).max()), 1e-12)
    positions = np.asarray((start - start.mean(axis=0)) * (0.1 / spread), np.float32)
    moment, square = np.zeros_like(positions), np.zeros_like(positions)
    for step in range(sum(PHASES)):
        pull_near, pull_middle = _weights(step)
        slope = _slope(positions, near, pull_near, SOFT_NEAR)
        slope -= _slope(positions, far, PUSH, SOFT_FAR)
        if pull_middle:
            slope += _slope(positions, middle, pull_middle, SOFT_MIDDLE)
        moment += (slope - moment) * np.float32(1 - DECAYS[0])
        square += (slope * slope - square) * np.float32(1 - DECAYS[1])
        rate = np.sqrt(1 - DECAYS[1] ** (step + 1)) / (1 - DECAYS[0] ** (step + 1))
        positions -= np.float32(rate) * moment / (np.sqrt(square) + np.float32(TINY))
    return positions


def nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places, squared distances) of the ``count`` vectors nearest to each query, each (q, count), nearest first."""
    squares = np.einsum("ij,ij->i", vectors, vectors)
    places = np.empty((len(queries), count), np.int64)
    distances = np.empty((len(queries), count), np.float32)
    for begin in range(0, len(queries), CHUNK):
        some = queries[begin : begin + CHUNK]
        apart = squares - 2 * (some @ vectors.T)
        chosen = np.sort(np.argpartition(apart, count - 1, axis=1)[:, :count], axis=1)
        values = np.take_along_axis(apart, chosen, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        places[begin : begin + CHUNK] = np.take_along_axis(chosen, order, axis=1)
        own = np.einsum("ij,ij->i", some, some)[:, np.newaxis]
        distances[begin : begin + CHUNK] = np.maximum(0, np.take_along_axis(values, order, axis=1) + own)
    return places, distances


def _weights(step: int) -> tuple[float, float]:
    """How strongly near and middle pairs pull at a step."""
    if step < PHASES[0]:
        share = step / PHASES[0]
        return 2.0, 1000 * (1 - share) + 3 * share
    return (3.0, 3.0) if step < PHASES[0] + PHASES[1] else (1.0, 0.0)


def _slope(
    positions: NDArray[np.float32], others: NDArray[np.int64], weight: float, soft: float
) -> NDArray[np.float32]:
    """The slope of the sum over pairs (n, k) of weight * d / (soft + d), d = distance² + 1; (n, 2) float32."""
    slope = np.empty_like(positions)
    differences = [positions[:, axis, np.newaxis] - positions[:, axis][others] for axis in (0, 1)]
    pull = differences[0] ** 2
    pull += differences[1] ** 2
    pull += np.float32(1 + soft)
    np.square(pull, out=pull)
    np.divide(np.float32(2 * weight * soft), pull, out=pull)
    ends = others.ravel()
    for axis, difference in enumerate(differences):
        difference *= pull
        slope[:, axis] = difference.sum(axis=1) - np.bincount(ends, difference.ravel(), len(positions))
    return slope


def _near_pairs(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The nearest, by distances in units of what is usual around both ends: (n, up to NEAR)."""
    n = len(vectors)
    found, squared = nearest(vectors, vectors, min(n, CANDIDATES + 1))
    squared[found == np.arange(n)[:, np.newaxis]] = -1  # itself goes first, whatever copies there are
    order = np.argsort(squared, axis=1, kind="stable")[:, 1:]
    found, squared = np.take_along_axis(found, order, axis=1), np.take_along_axis(squared, order, axis=1)
    squared = np.maximum(squared, 0)
    usual = np.maximum(np.sqrt(squared[:, 3:6] if n > 4 else squared).mean(axis=1), 1e-10)
    scaled = squared / usual[:, np.newaxis] / usual[found]
    return np.take_along_axis(found, np.argsort(scaled, axis=1, kind="stable")[:, :NEAR], axis=1)


def _middle_pairs(vectors: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.int64]:
    n = len(vectors)
    pairs = np.empty((n, MIDDLE), np.int64)
    for column in range(MIDDLE):
        drawn = random.integers(n, size=(n, DRAWN))
        for begin in range(0, n, CHUNK):
            some = slice(begin, begin + CHUNK)
            apart = np.square(vectors[some, np.newaxis] - vectors[drawn[some]]).sum(axis=2)
            second = np.argsort(apart, axis=1, kind="stable")[:, 1:2]
            pairs[some, column] = np.take_along_axis(drawn[some], second, axis=1)[:, 0]
    return pairs
