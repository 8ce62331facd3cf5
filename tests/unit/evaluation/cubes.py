"""Cubes of numbers that a test makes up: no picture is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.cube import Block, Column, Cube
from pictrace.metrics import get_metric

__all__ = ["block", "cube_of", "random_cube"]

METRICS = ("ssim", "phash", "histogram")  # without settings: one column each


def block(similarity: NDArray[np.float64], right: Sequence[int], *, number: int = 0, total: int | None = None) -> Block:
    """One query of a group of its own; similarity (c, n), right: positions."""
    rows = np.asarray(similarity, np.float32)
    places = np.array(sorted(right), np.int64)
    return Block(
        f"query {number}",
        number,
        np.arange(rows.shape[1], dtype=np.int64),
        rows,
        np.ones(len(rows), np.bool_),
        places,
        len(places) if total is None else total,
    )


def cube_of(blocks: Sequence[Block]) -> Cube:
    metrics = tuple(get_metric(name) for name in METRICS[: len(blocks[0].similarity)])
    return Cube(metrics, tuple(Column(one.name) for one in metrics), tuple(blocks), len(blocks[0].ids))


def random_cube(seed: int, *, queries: int = 30, pictures: int = 80, signal: Sequence[float] = (0.3, 0.1, 0.0)) -> Cube:
    """Queries with one to three right pictures, and strangers; right ones are more alike by ``signal``.

    Similarities are of few values, so that many are equal.
    """
    random = np.random.default_rng(seed)
    blocks = []
    for number in range(queries):
        similarity = random.random((len(signal), pictures)) * 0.7
        right = random.choice(pictures, 0 if number % 6 == 5 else random.integers(1, 4), replace=False)
        similarity[:, right] += np.array(signal)[:, np.newaxis]
        blocks.append(block(similarity.round(2), right.tolist(), number=number))
    return cube_of(blocks)
