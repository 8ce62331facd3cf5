"""Large pictures, scaled down strip by strip: no second copy of them is ever made."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGE_PX", "shrunk"]

LARGE_PX = 16_000_000
"""Pictures of more pixels are scaled in strips; of smaller ones, a copy is quicker to make and costs little."""

_STRIP_PX = 500_000


def shrunk(
    width: int, height: int, size: tuple[int, int], rows: Callable[[int, int], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """A picture scaled down by averaging areas, within one level of what cv2.INTER_AREA makes of the whole.

    Parameters
    ----------
    width, height
        Of the picture, in pixels.
    size
        (width, height) to have, neither larger than the picture's.
    rows
        Gives the rows from one to before another: (rows, width, 3), uint8.

    Returns
    -------
    NDArray[np.uint8]
        (height, width, 3), uint8.
    """
    sums = np.zeros((size[1], size[0] * 3), np.float32)
    step = height / size[1]  # rows of the picture that one row of the result stands for
    at_once = max(1, _STRIP_PX // width)
    for top in range(0, height, at_once):
        bottom = min(height, top + at_once)
        strip = rows(top, bottom).astype(np.float32)
        narrow = cv2.resize(strip, (size[0], bottom - top), interpolation=cv2.INTER_AREA).reshape(bottom - top, -1)
        first, end = int(top / step), min(size[1], math.ceil(bottom / step))
        begins = np.arange(first, end)[:, np.newaxis] * step
        row = np.arange(top, bottom)
        shared = np.minimum(row + 1, begins + step) - np.maximum(row, begins)
        sums[first:end] += np.maximum(shared, 0).astype(np.float32) @ narrow
    levels = np.rint(sums / np.float32(step)).clip(0, 255).astype(np.uint8)
    return np.reshape(levels, (size[1], size[0], 3))
