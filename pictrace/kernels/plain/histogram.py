"""Correlation of histograms in numpy; see pictrace.kernels.histogram."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["correlate", "correlate_coarse", "pearson"]

COARSE_OF_BINS = 32768


def correlate(
    query: NDArray[np.float32],
    sums: NDArray[np.float64],
    bins: int,
    rows: NDArray[np.uint16],
    offsets: NDArray[np.int64],
    out: NDArray[np.float32],
) -> Fill:
    """What fills out[start:stop]; query (65536,) dense, sums (2,), rows (total, 3), offsets (n + 1,), out (n,)."""
    wide = query.astype(np.float64)

    def fill(start: int, stop: int) -> None:
        for position in range(start, stop):
            own = rows[offsets[position] : offsets[position + 1]]
            if not len(own):
                continue
            counts = own[:, 1] + 65536.0 * own[:, 2]
            own_sums = float(wide[own[:, 0]] @ counts), float(counts.sum()), float(counts @ counts)
            out[position] = pearson(*own_sums, float(sums[0]), float(sums[1]), bins)

    return fill


def correlate_coarse(
    query: NDArray[np.float32], sums: NDArray[np.float64], rows: NDArray[np.uint16], out: NDArray[np.float32]
) -> Fill:
    """What fills out[start:stop]; query (65536,) dense, sums (2,), rows (n, 256, 2), out (n,)."""
    wide = query.astype(np.float64)

    def fill(start: int, stop: int) -> None:
        for position in range(start, stop):
            shares = rows[position, :, 1].astype(np.float64)
            if shares.any():
                products = float(wide[rows[position, :, 0]] @ shares)
                own_sums = float(shares.sum()), float(shares @ shares)
                out[position] = pearson(products, *own_sums, float(sums[0]), float(sums[1]), COARSE_OF_BINS)

    return fill


def pearson(
    products: float, total: float, squares: float, query_total: float, query_squares: float, bins: int
) -> float:
    """The correlation from the sums of h1*h2, h2, h2**2, h1 and h1**2 over all bins."""
    spread = (squares - total * total / bins) * (query_squares - query_total * query_total / bins)
    if spread <= np.finfo(np.float64).eps:  # as OpenCV: one of them is the same in every bin
        return 1.0
    return (products - total * query_total / bins) / math.sqrt(spread)
