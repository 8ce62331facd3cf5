"""Corners that turning a photograph left empty: four triangles of one colour, which nobody drew."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage

__all__ = ["empty_corners"]

TOLERANCES = (6, 10, 18)
"""Levels within one of them: the least first, as a dark picture goes on where it ends; compression leaves more."""

FILLED = 0.95
"""What it is made of and the triangle between its ends along both sides of the picture share so much."""

LEAST = 0.001
"""Share of the picture that a corner takes at least."""

CORNERS = 3
"""So many there are at least: the fourth may be taken for what is dark beside it."""

RAGGED_PX = 4
"""Beside them compression leaves ripples."""


def empty_corners(picture: RGBImage) -> NDArray[np.bool_]:
    """Where a picture (h, w, 3) uint8 shows nothing as it was turned, (h, w); nowhere, where it was not."""
    height, width = picture.shape[:2]
    smooth = np.asarray(cv2.blur(picture, (3, 3)), np.uint8)
    corners = ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1))
    triangles = [one for one in (_triangle(smooth, *corner) for corner in corners) if one is not None]
    if len(triangles) < CORNERS:
        return np.zeros((height, width), np.bool_)
    side = 2 * RAGGED_PX + 1
    return np.asarray(cv2.dilate(np.maximum.reduce(triangles), np.ones((side, side), np.uint8)) > 0)


def _triangle(smooth: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8] | None:
    """What is of one colour about a corner, where that is a triangle."""
    for tolerance in TOLERANCES:
        part = np.zeros((smooth.shape[0] + 2, smooth.shape[1] + 2), np.uint8)
        levels, flags = (tolerance,) * 3, 4 | 1 << 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
        cv2.floodFill(smooth, part, (x, y), 0, levels, levels, flags)
        inner = part[1:-1, 1:-1]  # floodFill also marks the border that it adds
        triangle = _between_its_ends(inner, x, y)
        union = int(np.count_nonzero(inner | triangle))
        if union >= LEAST * inner.size and np.count_nonzero(inner & triangle) >= FILLED * union:
            return np.asarray(inner | triangle, np.uint8)
    return None


def _between_its_ends(part: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """The triangle of the corner (x, y) and of where the part ends along both sides of the picture."""
    along, down = int(np.count_nonzero(part[y])), int(np.count_nonzero(part[:, x]))
    drawn = np.zeros(part.shape, np.uint8)
    inward, below = (1 if x == 0 else -1), (1 if y == 0 else -1)
    ends = np.array([(x, y), (x + inward * (along - 1), y), (x, y + below * (down - 1))], np.int32)
    cv2.fillConvexPoly(drawn, ends, 1)
    return drawn
