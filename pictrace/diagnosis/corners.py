"""Corners that turning a photograph left empty: four triangles of one colour, which nobody drew."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage

__all__ = ["empty_corners"]

TOLERANCE = 18
"""Levels within one of them, as compression leaves them along its slanted side."""

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
    smooth = cv2.blur(picture, (3, 3))
    found = np.zeros((height, width), np.uint8)
    triangles = 0
    for x, y in ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)):
        part = np.zeros((height + 2, width + 2), np.uint8)
        levels, flags = (TOLERANCE,) * 3, 4 | 1 << 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
        cv2.floodFill(smooth, part, (x, y), 0, levels, levels, flags)
        inner = part[1:-1, 1:-1]  # floodFill also marks the border that it adds
        triangle = _between_its_ends(inner, x, y)
        union = int(np.count_nonzero(inner | triangle))
        if union >= LEAST * inner.size and np.count_nonzero(inner & triangle) >= FILLED * union:
            triangles += 1
            found |= inner | triangle
    if triangles < CORNERS:
        return np.zeros((height, width), np.bool_)
    side = 2 * RAGGED_PX + 1
    return np.asarray(cv2.dilate(found, np.ones((side, side), np.uint8)) > 0)


def _between_its_ends(part: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """The triangle of the corner (x, y) and of where the part ends along both sides of the picture."""
    along, down = int(np.count_nonzero(part[y])), int(np.count_nonzero(part[:, x]))
    drawn = np.zeros(part.shape, np.uint8)
    inward, below = (1 if x == 0 else -1), (1 if y == 0 else -1)
    ends = np.array([(x, y), (x + inward * (along - 1), y), (x, y + below * (down - 1))], np.int32)
    cv2.fillConvexPoly(drawn, ends, 1)
    return drawn
