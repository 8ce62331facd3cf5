"""Extrema of differences of blurs, compiled; see pictrace.kernels.scale_space.

Rounds as numpy does, so that the plain implementation finds the same to the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, helper, output, readonly, types
from pictrace.kernels.scale_space import BORDER_PX, CONTRAST, EDGE, LAYERS, ROUNDS, WORTH_REFINING
from pictrace.lent import lent

__all__ = ["extrema"]

HALF, QUARTER, ZERO = np.float32(0.5), np.float32(0.25), np.float32(0)
DIFFERENCES = LAYERS + 2
FAR = np.float32(1e4)
FEW, FEWER = 1024, 32  # room for so many, and for one in so many pixels, which hardly any picture has


def extrema(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(k, 4) x, y, level and contrast of one octave, (LAYERS + 3, height, width)."""
    _, height, width = levels.shape
    difference = lent.empty((DIFFERENCES, height, width), np.float32)
    found, count = np.empty((FEW + height * width // FEWER, 4), np.float32), np.zeros(1, np.int64)
    _extrema(levels, difference, found, count)
    if count[0] > len(found):
        found, count = np.empty((count[0], 4), np.float32), np.zeros(1, np.int64)
        _extrema(levels, difference, found, count)
    return found[: count[0]].copy()


@helper
def _largest(a: np.float32, b: np.float32, c: np.float32) -> np.float32:
    most = a if a > b else b
    return most if most > c else c


@helper
def _smallest(a: np.float32, b: np.float32, c: np.float32) -> np.float32:
    least = a if a < b else b
    return least if least < c else c


@helper
def _refined(d: NDArray[np.float32], at: int, height: int, width: int, out: NDArray[np.float32]) -> int:
    """Write where the parabola through the neighbours of an extremum peaks; 1, or 0 where it is none to keep.

    d: (DIFFERENCES * height * width,); at: where in it the extremum is.
    """
    line, plane = width, width * height
    for _ in range(ROUNDS):
        v = d[at]
        left, right, above, below = d[at - 1], d[at + 1], d[at - line], d[at + line]
        before, after = d[at - plane], d[at + plane]
        gx, gy, gs = HALF * (right - left), HALF * (below - above), HALF * (after - before)
        xx, yy, ss = right + left - v - v, below + above - v - v, after + before - v - v
        xy = QUARTER * (d[at + line + 1] - d[at + line - 1] - d[at - line + 1] + d[at - line - 1])
        xs = QUARTER * (d[at + plane + 1] - d[at + plane - 1] - d[at - plane + 1] + d[at - plane - 1])
        ys = QUARTER * (d[at + plane + line] - d[at + plane - line] - d[at - plane + line] + d[at - plane - line])
        # Cramer's rule; what of the adjugate is the same on both sides of its diagonal is named once.
        a, b, c = yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy
        e, f, flat = xx * ss - xs * xs, xy * xs - xx * ys, xx * yy - xy * xy
        determinant = xx * a + xy * b + xs * c
        if determinant == ZERO:
            return 0
        move_x = -(a * gx + b * gy + c * gs) / determinant
        move_y = -(b * gx + e * gy + f * gs) / determinant
        move_s = -(c * gx + f * gy + flat * gs) / determinant
        far = max(abs(move_x), abs(move_y), abs(move_s))
        i, y, x = at // plane, at % plane // line, at % line
        if far < HALF:
            contrast = abs(v + HALF * (gx * move_x + gy * move_y + gs * move_s))
            trace = xx + yy
            if contrast < CONTRAST or flat <= ZERO or trace * trace >= EDGE * flat:
                return 0
            out[0] = np.float32(x) + move_x
            out[1] = np.float32(y) + move_y
            out[2] = np.float32(i) + move_s
            out[3] = contrast
            return 1
        if not far < FAR:
            return 0
        x, y, i = x + int(np.rint(move_x)), y + int(np.rint(move_y)), i + int(np.rint(move_s))
        if i < 1 or i > LAYERS or x < BORDER_PX or x >= width - BORDER_PX or y < BORDER_PX or y >= height - BORDER_PX:
            return 0
        at = i * plane + y * line + x
    return 0


@compiled(
    readonly(types.float32, 3),
    output(types.float32, 3),
    output(types.float32, 2),
    output(types.int64, 1),
)
def _extrema(
    levels: NDArray[np.float32],
    difference: NDArray[np.float32],
    found: NDArray[np.float32],
    count: NDArray[np.int64],
) -> None:
    _, height, width = difference.shape
    flat = difference.reshape(-1)
    for i in range(DIFFERENCES):
        for y in range(height):
            before, after, line = levels[i, y], levels[i + 1, y], difference[i, y]
            for x in range(width):
                line[x] = after[x] - before[x]
    low_column, high_column = np.empty(width, np.float32), np.empty(width, np.float32)
    low, high = np.zeros((DIFFERENCES, width), np.float32), np.zeros((DIFFERENCES, width), np.float32)
    flags = np.zeros(width, np.uint8)
    for y in range(BORDER_PX, height - BORDER_PX):
        # The extremes of 3 x 3 pixels of each level, column by column and then across, whole vectors at a time.
        for i in range(DIFFERENCES):
            above, here, below = difference[i, y - 1], difference[i, y], difference[i, y + 1]
            for x in range(width):
                high_column[x] = _largest(above[x], here[x], below[x])
                low_column[x] = _smallest(above[x], here[x], below[x])
            high_line, low_line = high[i], low[i]
            for x in range(1, width - 1):
                high_line[x] = _largest(high_column[x - 1], high_column[x], high_column[x + 1])
                low_line[x] = _smallest(low_column[x - 1], low_column[x], low_column[x + 1])
        for i in range(1, LAYERS + 1):
            here = difference[i, y]
            some = 0
            for x in range(BORDER_PX, width - BORDER_PX):
                v = here[x]
                most = _largest(high[i - 1, x], high[i, x], high[i + 1, x])
                least = _smallest(low[i - 1, x], low[i, x], low[i + 1, x])
                flag = ((v > WORTH_REFINING) & (v >= most)) | ((v < -WORTH_REFINING) & (v <= least))
                flags[x] = flag
                some |= flag
            if some:
                for x in range(BORDER_PX, width - BORDER_PX):
                    if flags[x]:
                        at = (i * height + y) * width + x
                        count[0] += _refined(flat, at, height, width, found[min(count[0], len(found) - 1)])
