"""Nearest descriptors with OpenCV's brute force; see pictrace.kernels.orb."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["coarse", "nearest", "two_nearest"]


def nearest(
    query: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
) -> Fill:
    """What fills best, second and index[start:stop]; rows (total, 32), the three (n, q)."""

    def fill(start: int, stop: int) -> None:
        for position in range(start, stop):
            own = rows[offsets[position] : offsets[position + 1]]
            if len(own) >= 2:
                best[position], second[position], index[position] = two_nearest(query, own)

    return fill


def coarse(
    query: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    counts: NDArray[np.uint8],
    out: NDArray[np.uint16],
) -> Fill:
    """What fills out[start:stop]; query (k, 32), rows (n, 64, 32), counts and out (n,)."""

    def fill(start: int, stop: int) -> None:
        for position in range(start, stop):
            if counts[position] >= 2:
                best, second, index = two_nearest(query, rows[position, : counts[position]])
                out[position] = len(np.unique(index[4 * best < 3 * second]))

    return fill


def two_nearest(
    query: NDArray[np.uint8], own: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Best and second distance and the row of the best, (k,) each; query (k, 32), own (m, 32), m >= 2."""
    # What BFMatcher.knnMatch calls, without its lists of objects.
    distances, indices = cv2.batchDistance(query, np.ascontiguousarray(own), cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2)
    return (
        np.asarray(distances[:, 0], np.int32),
        np.asarray(distances[:, 1], np.int32),
        np.asarray(indices[:, 0], np.int32),
    )
