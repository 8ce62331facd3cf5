"""SIFT keypoints of a picture's mirror image, from the stored rows of the picture alone.

A row's 256 bits are signs of projections of its descriptor. Least squares bring the descriptor back as far as these
tell it, the mirrored patch's descriptor is a permutation of that, and is projected again. Of 256 bits some 38 differ
from those of the mirrored picture itself, where unrelated keypoints differ in 100 and more: good enough to find a
mirrored part of a picture, and to say how it lies. As the way there is linear up to the last signs, it is one matrix.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.features import Features
from pictrace.kernels.blas import one_thread_in_opencv
from pictrace.metrics.keypoints import FRAME_PX
from pictrace.metrics.sift import MIRRORED, learned

__all__ = ["mirrored_rows"]

SMALLEST = 0.01
"""Of the projections' singular values, as shares of the largest: below, they hold rounding alone."""

MEAN_SIGN = 0.6
"""How far a projection lies from its threshold, on average; it matters little."""


def mirrored_rows(rows: Features) -> Features:
    """Rows (k, 40) as of the picture mirrored left to right, in a frame FRAME_PX wide: x becomes FRAME_PX - 1 - x."""
    matrix, offset = _mirroring()
    found = rows.copy()
    if not len(rows):
        return found
    signs = np.unpackbits(rows[:, :32], axis=1).astype(np.float32) * 2 - 1
    one_thread_in_opencv()
    projected = cv2.gemm(signs, matrix, 1.0, np.empty(0, np.float32), 0.0)
    found[:, :32] = np.packbits(projected + offset > 0, axis=1)
    across = rows[:, 32:34].copy().view("<u2").astype(np.int64)
    found[:, 32:34] = ((FRAME_PX - 1) * 64 - across).clip(0, 65535).astype("<u2").view(np.uint8)
    angles = rows[:, 36:38].copy().view("<u2").astype(np.int64)
    found[:, 36:38] = ((32768 - angles) % 65536).astype("<u2").view(np.uint8)
    return found


@cache
def _mirroring() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(256, 256) and (256,): signs of a descriptor's bits to the mirrored descriptor's distances from thresholds."""
    known = learned()
    projection, mean = known["projection"].astype(np.float64), known["mean"].astype(np.float64)
    back = np.linalg.pinv(projection, rcond=SMALLEST) * MEAN_SIGN
    offset = (mean[MIRRORED] - mean) @ projection - known["thresholds"]
    return np.ascontiguousarray(back[:, MIRRORED] @ projection, np.float32), offset.astype(np.float32)
