"""Extrema of differences of blurs, with OpenCV's and numpy's own loops; see pictrace.kernels.scale_space."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.scale_space import BORDER_PX, CONTRAST, EDGE, LAYERS, ROUNDS, WORTH_REFINING

__all__ = ["extrema"]

HALF, QUARTER = np.float32(0.5), np.float32(0.25)
AROUND = np.ones((3, 3), np.uint8)

Integers = NDArray[np.int64]


def extrema(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(k, 4) x, y, level and contrast of one octave, (LAYERS + 3, height, width)."""
    difference = levels[1:] - levels[:-1]
    high = np.stack([cv2.dilate(one, AROUND) for one in difference])
    low = np.stack([cv2.erode(one, AROUND) for one in difference])
    inside = slice(BORDER_PX, -BORDER_PX)
    middle = difference[1:-1, inside, inside]
    most = np.maximum(np.maximum(high[:-2], high[1:-1]), high[2:])[:, inside, inside]
    least = np.minimum(np.minimum(low[:-2], low[1:-1]), low[2:])[:, inside, inside]
    stands_out = ((middle > WORTH_REFINING) & (middle >= most)) | ((middle < -WORTH_REFINING) & (middle <= least))
    # Row by row, in each row level by level: the order of the compiled ones.
    y, i, x = np.nonzero(stands_out.transpose(1, 0, 2))
    return _refined(difference, i + 1, y + BORDER_PX, x + BORDER_PX)


def _refined(d: NDArray[np.float32], i: Integers, y: Integers, x: Integers) -> NDArray[np.float32]:
    """Where the parabolas through the neighbours of extrema peak; those without a peak to keep are left out."""
    _, height, width = d.shape
    found = np.empty((len(x), 4), np.float32)
    kept = np.zeros(len(x), np.bool_)
    open_ones = np.arange(len(x))
    for _ in range(ROUNDS):
        gradient, curves, moves = _parabolas(d, i, y, x)
        far = np.abs(moves).max(axis=0)
        here = far < HALF
        with np.errstate(invalid="ignore", over="ignore"):  # moves without a peak
            contrast = np.abs(d[i, y, x] + HALF * (gradient * moves).sum(axis=0))
        trace, flat = curves[0] + curves[1], curves[0] * curves[1] - curves[2] * curves[2]
        good = here & (contrast >= CONTRAST) & (flat > 0) & (trace * trace < EDGE * flat)
        found[open_ones[good]] = np.stack([*(np.stack([x, y, i]).astype(np.float32) + moves), contrast], 1)[good]
        kept[open_ones[good]] = True
        steps = np.rint(np.where(~here & (far < 1e4), moves, 0)).astype(np.int64)
        x, y, i = x + steps[0], y + steps[1], i + steps[2]
        on = ~here & (far < 1e4) & (i >= 1) & (i <= LAYERS)
        on &= (x >= BORDER_PX) & (x < width - BORDER_PX) & (y >= BORDER_PX) & (y < height - BORDER_PX)
        x, y, i, open_ones = x[on], y[on], i[on], open_ones[on]
    return found[kept]


def _parabolas(
    d: NDArray[np.float32], i: Integers, y: Integers, x: Integers
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Gradients (3, k) by x, y and level; curvatures xx, yy and xy (3, k); and from each spot to its peak (3, k)."""
    v = d[i, y, x]
    gx = HALF * (d[i, y, x + 1] - d[i, y, x - 1])
    gy = HALF * (d[i, y + 1, x] - d[i, y - 1, x])
    gs = HALF * (d[i + 1, y, x] - d[i - 1, y, x])
    xx = d[i, y, x + 1] + d[i, y, x - 1] - v - v
    yy = d[i, y + 1, x] + d[i, y - 1, x] - v - v
    ss = d[i + 1, y, x] + d[i - 1, y, x] - v - v
    xy = QUARTER * (d[i, y + 1, x + 1] - d[i, y + 1, x - 1] - d[i, y - 1, x + 1] + d[i, y - 1, x - 1])
    xs = QUARTER * (d[i + 1, y, x + 1] - d[i + 1, y, x - 1] - d[i - 1, y, x + 1] + d[i - 1, y, x - 1])
    ys = QUARTER * (d[i + 1, y + 1, x] - d[i + 1, y - 1, x] - d[i - 1, y + 1, x] + d[i - 1, y - 1, x])
    a, b, c = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
    e, f, flat = xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # no peak: NaN is nearer to nothing
        determinant = xx * a + xy * b + xs * c
        moves = np.stack(
            [
                -(a * gx + b * gy + c * gs) / determinant,
                -(b * gx + e * gy + f * gs) / determinant,
                -(c * gx + f * gy + flat * gs) / determinant,
            ]
        )
    return np.stack([gx, gy, gs]), np.stack([xx, yy, xy]), moves
