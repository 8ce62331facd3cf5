"""Large pictures, converted and scaled down strip by strip: no copy of them is made that is not needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import fitting_size

__all__ = ["as_wanted"]

LARGE_PX = 16_000_000
"""Pictures of more pixels are scaled in strips; of smaller ones, a copy is quicker to make and costs little."""

_STRIP_PX = 500_000

Rows = Callable[[int, int], NDArray[np.uint8]]
"""Gives the rows of a picture from one to before another: (rows, width, 3), uint8."""


def as_wanted(width: int, height: int, long_side_px: int | None, rows: Rows) -> NDArray[np.uint8]:
    """The whole picture; a large one scaled down, where this long side is all that is wanted of it."""
    small = fitting_size((width, height), long_side_px)
    if small != (width, height) and width * height > LARGE_PX:
        return shrunk(width, height, small, rows)
    if width * height <= _STRIP_PX:
        return rows(0, height)
    whole = np.empty((height, width, 3), np.uint8)
    for top, bottom in _strips(width, height):
        whole[top:bottom] = rows(top, bottom)
    return whole


def shrunk(width: int, height: int, size: tuple[int, int], rows: Rows) -> NDArray[np.uint8]:
    """A picture scaled down by averaging areas, within one level of what cv2.INTER_AREA makes of the whole.

    Parameters
    ----------
    width, height
        Of the picture, in pixels.
    size
        (width, height) to have, neither larger than the picture's.
    rows
        Gives its rows.

    Returns
    -------
    NDArray[np.uint8]
        (height, width, 3), uint8.
    """
    sums = np.zeros((size[1], size[0] * 3), np.float32)
    step = height / size[1]  # rows of the picture that one row of the result stands for
    for top, bottom in _strips(width, height):
        strip = rows(top, bottom).astype(np.float32)
        narrow = cv2.resize(strip, (size[0], bottom - top), interpolation=cv2.INTER_AREA).reshape(bottom - top, -1)
        first, end = int(top / step), min(size[1], math.ceil(bottom / step))
        begins = np.arange(first, end)[:, np.newaxis] * step
        row = np.arange(top, bottom)
        shared = np.minimum(row + 1, begins + step) - np.maximum(row, begins)
        # Not by @: the library behind that takes 32 MB when it is first called, and ends the process without them.
        sums[first:end] += np.einsum("kr,rc->kc", np.maximum(shared, 0).astype(np.float32), narrow)
    levels = np.rint(sums / np.float32(step)).clip(0, 255).astype(np.uint8)
    return np.reshape(levels, (size[1], size[0], 3))


def _strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    at_once = max(1, _STRIP_PX // width)
    for top in range(0, height, at_once):
        yield top, min(height, top + at_once)
