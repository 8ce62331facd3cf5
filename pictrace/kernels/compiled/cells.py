"""Cells of keypoints, compiled; see pictrace.kernels.cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.cells import HALF
from pictrace.kernels.compiled.jit import compiled, fused_helper, output, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["nearest"]

BOTH = 2 * HALF
FOUR, LOWER = np.uint8(4), np.uint8(15)
FAR = np.float32(np.inf)
ZERO = np.float32(0)


def nearest(
    rows: NDArray[np.uint8],
    tables: NDArray[np.float32],
    centres: NDArray[np.float32],
    squares: NDArray[np.float32],
    pairs: NDArray[np.int64],
    cells: NDArray[np.uint32],
) -> Fill:
    """What fills cells[start:stop]; tables (64, 16, 64), by four bits."""

    def fill(start: int, stop: int) -> None:
        _nearest(rows[start:stop], tables, centres, squares, pairs, cells[start:stop])

    return fill


@fused_helper
def _distances(
    vector: NDArray[np.float32], centres: NDArray[np.float32], squares: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Fill out, (side,), four numbers of the vector at a time: a quarter of the loads and stores."""
    for j in range(len(out)):
        out[j] = squares[j]
    for d in range(0, HALF, 4):
        a, b, c, e = vector[d], vector[d + 1], vector[d + 2], vector[d + 3]
        first, second, third, fourth = centres[d], centres[d + 1], centres[d + 2], centres[d + 3]
        for j in range(len(out)):
            out[j] += a * first[j] + b * second[j] + c * third[j] + e * fourth[j]


@fused_helper
def _smallest(values: NDArray[np.float32], places: NDArray[np.int64], least: NDArray[np.float32]) -> None:
    """The smallest values and their places, ascending; of equal ones the first."""
    last = len(least) - 1
    for k in range(len(least)):
        least[k] = FAR
    for j in range(len(values)):
        value = values[j]
        if value < least[last]:
            k = last
            while k > 0 and value < least[k - 1]:
                least[k], places[k] = least[k - 1], places[k - 1]
                k -= 1
            least[k], places[k] = value, j


@compiled(
    readonly(types.uint8, 2),
    readonly(types.float32, 3),
    readonly(types.float32, 3),
    readonly(types.float32, 2),
    readonly(types.int64, 2),
    output(types.uint32, 2),
)
def _nearest(
    rows: NDArray[np.uint8],
    tables: NDArray[np.float32],
    centres: NDArray[np.float32],
    squares: NDArray[np.float32],
    pairs: NDArray[np.int64],
    cells: NDArray[np.uint32],
) -> None:
    most, side = cells.shape[1], squares.shape[1]
    vector, distances = np.empty(BOTH, np.float32), np.empty(side, np.float32)
    places, least = np.zeros((2, most), np.int64), np.empty((2, most), np.float32)
    sums, chosen, nearest_sums = np.empty(len(pairs), np.float32), np.zeros(most, np.int64), np.empty(most, np.float32)
    for one in range(len(rows)):
        vector[:] = ZERO
        for byte in range(rows.shape[1]):
            upper, lower = tables[2 * byte, rows[one, byte] >> FOUR], tables[2 * byte + 1, rows[one, byte] & LOWER]
            for d in range(BOTH):
                vector[d] += upper[d] + lower[d]
        for number in range(2):
            _distances(vector[number * HALF : (number + 1) * HALF], centres[number], squares[number], distances)
            _smallest(distances, places[number], least[number])
        for k in range(len(pairs)):
            sums[k] = least[0, pairs[k, 0]] + least[1, pairs[k, 1]]
        _smallest(sums, chosen, nearest_sums)
        for k in range(most):
            first, second = pairs[chosen[k], 0], pairs[chosen[k], 1]
            cells[one, k] = places[0, first] * side + places[1, second]
