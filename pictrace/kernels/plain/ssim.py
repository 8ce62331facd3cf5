"""Mean SSIM with OpenCV's box filter; see pictrace.kernels.ssim."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = [
    "C1",
    "C2",
    "PIXELS",
    "SAMPLE",
    "WINDOW_PX",
    "compare_pairs",
    "compare_variants",
    "covariances",
    "window_sums",
]

WINDOW_PX = 7
PIXELS = WINDOW_PX**2
SAMPLE = PIXELS / (PIXELS - 1)  # from the population's covariance to the sample's
C1 = np.float32((0.01 * 255 * PIXELS) ** 2)
C2 = np.float32((0.03 * 255 * PIXELS) ** 2)
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


def covariances(
    x: NDArray[np.uint8], y: NDArray[np.uint8], x_sums: NDArray[np.int32], y_sums: NDArray[np.int32]
) -> NDArray[np.float32]:
    """49**2 times the sample covariance of each window: exact in int32 until the last step."""
    return np.float32(SAMPLE) * (PIXELS * window_sums(np.multiply(x, y, dtype=np.uint16)) - x_sums * y_sums).astype(
        np.float32
    )


def window_sums(pictures: NDArray[Any]) -> NDArray[np.int32]:
    """Sums over all whole windows of (n, S, S) uint8 or uint16, (n, S - 6, S - 6) int32."""
    n, side, _ = pictures.shape
    # One tall picture for one call; the windows across two pictures lie in the border cut off.
    tall = cv2.boxFilter(pictures.reshape(n * side, side), cv2.CV_32S, (WINDOW_PX, WINDOW_PX), normalize=False)
    edge = WINDOW_PX // 2
    return np.asarray(tall, np.int32).reshape(n, side, side)[:, edge:-edge, edge:-edge]
