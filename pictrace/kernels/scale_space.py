"""A picture at many blurs, and the spots of it that stand out from what is around them and from other blurs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.switch import implementation
from pictrace.lent import lent

__all__ = ["BORDER_PX", "CONTRAST", "LAYERS", "SIGMA_PX", "ScaleSpace", "extrema", "scale_space"]

SIGMA_PX = 1.6
"""Blur of an octave's first level, in pixels of that octave."""

LAYERS = 3
"""Levels from one blur to twice as much; an octave has three more, for the differences around them."""

TAKEN_PX = 0.5  # the blur that a picture has from the beginning
REACH_SIGMAS = 2.5
BORDER_PX = 3
CONTRAST = np.float32(0.01 * 255 / LAYERS)
WORTH_REFINING = np.float32(0.5) * CONTRAST
EDGE = np.float32((10 + 1) ** 2 / 10)  # of the curvatures' sum, squared, to their product: one is ten times the other
ROUNDS = 5  # in which an extremum may move on to the neighbour that the parabola points to


@dataclass(frozen=True)
class ScaleSpace:
    """A picture at many blurs, its octaves one behind the other; each next one has half the pixels a side.

    Attributes
    ----------
    values : (total,) float32 array
        Gray levels, 0 to 255.
    shapes : (o, 3) int64 array
        Where an octave begins in ``values``, its height and its width.
    """

    values: NDArray[np.float32]
    shapes: NDArray[np.int64]

    def octave(self, number: int) -> NDArray[np.float32]:
        """(LAYERS + 3, height, width), as a view."""
        start, height, width = (int(one) for one in self.shapes[number])
        return self.values[start : start + (LAYERS + 3) * height * width].reshape(LAYERS + 3, height, width)


def scale_space(gray: NDArray[np.uint8]) -> ScaleSpace:
    """The picture, (height, width) uint8, blurred by SIGMA_PX * 2 ** (i / LAYERS) at level i of each octave."""
    shapes, total = [], 0
    height, width = gray.shape
    while min(height, width) >= 4 * BORDER_PX:
        shapes.append((total, height, width))
        total += (LAYERS + 3) * height * width
        height, width = -(-height // 2), -(-width // 2)
    space = ScaleSpace(lent.empty((total,), np.float32), np.array(shapes, np.int64).reshape(-1, 3))
    for number in range(len(shapes)):
        levels = space.octave(number)
        if number:
            levels[0] = space.octave(number - 1)[LAYERS, ::2, ::2]
        else:
            _blur(gray.astype(np.float32), TAKEN_PX, SIGMA_PX, levels[0])
        for level in range(1, LAYERS + 3):
            here = SIGMA_PX * 2 ** ((level - 1) / LAYERS)
            _blur(levels[level - 1], here, here * 2 ** (1 / LAYERS), levels[level])
    return space


def extrema(space: ScaleSpace) -> NDArray[np.float32]:
    """The spots that are lighter, or darker, than their surroundings, and most so at their own size.

    Extrema of differences of neighbouring levels, placed by a parabola, without weak ones and edges. Lowe:
    Distinctive image features from scale-invariant keypoints, IJCV 60 (2004), sections 3 and 4,
    doi:10.1023/B:VISI.0000029664.99615.94.

    Returns
    -------
    (k, 5) float32
        x and y in pixels of the octave, level in it, contrast in gray levels, number of the octave.
    """
    find = implementation("extrema").extrema
    found = [np.empty((0, 5), np.float32)]
    for number in range(len(space.shapes)):
        spots = find(arranged(space.octave(number), np.float32, (LAYERS + 3, None, None), "levels"))
        found.append(np.column_stack([spots, np.full(len(spots), number, np.float32)]))
    return np.concatenate(found)


def _blur(values: NDArray[np.float32], before_px: float, after_px: float, out: NDArray[np.float32]) -> None:
    kernel = _gaussian(math.sqrt(after_px**2 - before_px**2))
    cv2.sepFilter2D(values, -1, kernel, kernel, dst=out)


@cache
def _gaussian(sigma_px: float) -> NDArray[np.float32]:
    reach = max(1, math.ceil(REACH_SIGMAS * sigma_px))
    return np.asarray(cv2.getGaussianKernel(2 * reach + 1, sigma_px, cv2.CV_32F), np.float32)
