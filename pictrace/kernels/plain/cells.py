"""Cells of keypoints in numpy; see pictrace.kernels.cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["nearest"]

ROWS_AT_ONCE = 1024


def nearest(
    rows: NDArray[np.uint8],
    tables: NDArray[np.float32],
    centres: NDArray[np.float32],
    squares: NDArray[np.float32],
    pairs: NDArray[np.int64],
    cells: NDArray[np.uint32],
) -> Fill:
    """What fills cells[start:stop]; tables (64, 16, 64), by four bits."""
    i, j = pairs.T
    most, half, side = cells.shape[1], centres.shape[1], centres.shape[2]

    def fill(start: int, stop: int) -> None:
        for first in range(start, stop, ROWS_AT_ONCE):
            some = rows[first : min(first + ROWS_AT_ONCE, stop)]
            fours = np.stack([some >> 4, some & 15], axis=2).reshape(len(some), -1)
            vectors = np.zeros((len(some), 2 * half), np.float32)
            for place, table in enumerate(tables):
                vectors += table[fours[:, place]]
            near = []
            for number in range(2):
                distances = vectors[:, number * half : (number + 1) * half] @ centres[number] + squares[number]
                places = np.argpartition(distances, most - 1, axis=1)[:, :most]
                values = np.take_along_axis(distances, places, 1)
                order = values.argsort(axis=1, kind="stable")
                near.append((np.take_along_axis(places, order, 1), np.take_along_axis(values, order, 1)))
            (one, one_far), (other, other_far) = near
            order = (one_far[:, i] + other_far[:, j]).argsort(axis=1, kind="stable")[:, :most]
            found = np.take_along_axis(one[:, i] * side + other[:, j], order, 1)
            cells[first : first + len(some)] = found

    return fill
