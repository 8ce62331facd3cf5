"""Correlation of histograms, compiled; see pictrace.kernels.histogram."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, helper, output, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["correlate", "correlate_coarse"]

COARSE_OF_BINS = 32768
EPSILON = float(np.finfo(np.float64).eps)


def correlate(
    query: NDArray[np.float32],
    sums: NDArray[np.float64],
    bins: int,
    rows: NDArray[np.uint16],
    offsets: NDArray[np.int64],
    out: NDArray[np.float32],
) -> Fill:
    """What fills out[start:stop]; query (65536,) dense, sums (2,), rows (total, 3), offsets (n + 1,), out (n,)."""

    def fill(start: int, stop: int) -> None:
        _correlate(query, sums, bins, rows, offsets[start : stop + 1], out[start:stop])

    return fill


def correlate_coarse(
    query: NDArray[np.float32], sums: NDArray[np.float64], rows: NDArray[np.uint16], out: NDArray[np.float32]
) -> Fill:
    """What fills out[start:stop]; query (65536,) dense, sums (2,), rows (n, 256, 2), out (n,)."""

    def fill(start: int, stop: int) -> None:
        _correlate_coarse(query, sums, rows[start:stop], out[start:stop])

    return fill


@helper
def _pearson(products: float, total: float, squares: float, sums: NDArray[np.float64], bins: int) -> Any:
    spread = (squares - total * total / bins) * (sums[1] - sums[0] * sums[0] / bins)
    if spread <= EPSILON:
        return 1.0
    return (products - total * sums[0] / bins) / math.sqrt(spread)


# Sums of whole numbers in float64: reordering them, as vectors do, changes nothing that matters.
@compiled(
    readonly(types.float32, 1),
    readonly(types.float64, 1),
    types.int64,
    readonly(types.uint16, 2),
    readonly(types.int64, 1),
    output(types.float32, 1),
    fastmath={"reassoc", "contract"},
)
def _correlate(
    query: NDArray[np.float32],
    sums: NDArray[np.float64],
    bins: int,
    rows: NDArray[np.uint16],
    offsets: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    flat = rows.reshape(-1)  # indexing it in steps of three is what LLVM vectorises
    for i in range(len(out)):
        length = offsets[i + 1] - offsets[i]
        if length == 0:
            continue
        own = flat[3 * offsets[i] : 3 * offsets[i + 1]]
        products = total = squares = 0.0
        for k in range(length):
            count = np.float64(own[3 * k + 1]) + np.float64(own[3 * k + 2]) * 65536.0
            products += query[own[3 * k]] * count
            total += count
            squares += count * count
        out[i] = _pearson(products, total, squares, sums, bins)


@compiled(
    readonly(types.float32, 1),
    readonly(types.float64, 1),
    readonly(types.uint16, 3),
    output(types.float32, 1),
    fastmath={"reassoc", "contract"},
)
def _correlate_coarse(
    query: NDArray[np.float32],
    sums: NDArray[np.float64],
    rows: NDArray[np.uint16],
    out: NDArray[np.float32],
) -> None:
    for i in range(len(out)):
        own = rows[i].reshape(-1)
        products = total = squares = np.float32(0)
        for k in range(rows.shape[1]):
            share = np.float32(own[2 * k + 1])
            products += query[own[2 * k]] * share
            total += share
            squares += share * share
        if total > 0:
            out[i] = _pearson(np.float64(products), np.float64(total), np.float64(squares), sums, COARSE_OF_BINS)
