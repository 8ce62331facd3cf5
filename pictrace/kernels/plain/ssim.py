"""Mean SSIM with OpenCV's box filter; see pictrace.kernels.ssim."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill
from pictrace.kernels.windows import C1, C2, covariances, window_sums

__all__ = ["compare_chosen", "compare_pairs", "compare_variants", "shrink"]

BATCH_PIXELS = 1 << 16  # pictures compared by one call of OpenCV: what stays in the cache


def compare_pairs(query: NDArray[np.uint8], rows: NDArray[np.uint8], out: NDArray[np.float32]) -> Fill:
    """What fills out[start:stop]; query (S, S), rows (n, S, S), out (n,)."""
    return compare_variants(query[np.newaxis], rows, out[np.newaxis])


def compare_chosen(
    queries: NDArray[np.uint8], choice: NDArray[np.integer], rows: NDArray[np.uint8], out: NDArray[np.float32]
) -> Fill:
    """What fills out[start:stop]; queries (v, S, S), choice (n,) of them, rows (n, S, S), out (n,)."""

    def fill(start: int, stop: int) -> None:
        for query in np.unique(choice[start:stop]):
            which = start + np.flatnonzero(choice[start:stop] == query)
            part = np.empty(len(which), np.float32)
            compare_pairs(queries[query], rows[which], part)(0, len(which))
            out[which] = part

    return fill


def shrink(rows: NDArray[np.uint8], out: NDArray[np.uint8]) -> Fill:
    """What fills out[start:stop]; rows (n, S, S), out (n, s, s), s a divisor of S."""

    def fill(start: int, stop: int) -> None:
        for place in range(start, stop):
            cv2.resize(rows[place], out.shape[1:], out[place], interpolation=cv2.INTER_AREA)

    return fill


def compare_variants(queries: NDArray[np.uint8], rows: NDArray[np.uint8], out: NDArray[np.float32]) -> Fill:
    """What fills out[:, start:stop]; queries (v, S, S), rows (n, S, S), out (v, n)."""
    query_sums = window_sums(queries)
    query_variances = covariances(queries, queries, query_sums, query_sums)
    batch = max(1, BATCH_PIXELS // queries[0].size)

    def fill(start: int, stop: int) -> None:
        for first in range(start, stop, batch):
            chosen = slice(first, min(first + batch, stop))
            some = rows[chosen]
            sums = window_sums(some)
            variances = covariances(some, some, sums, sums)
            for variant, query in enumerate(queries):
                x = query_sums[variant]
                shared = covariances(query, some, x, sums)
                product = x.astype(np.float32) * sums
                above = (2 * product + C1) * (2 * shared + C2)
                squares = np.square(x, dtype=np.float32) + np.square(sums, dtype=np.float32)
                below = (squares + C1) * (query_variances[variant] + variances + C2)
                out[variant, chosen] = (above / below).mean(axis=(1, 2), dtype=np.float64)

    return fill
