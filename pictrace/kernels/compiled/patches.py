"""Directions and descriptors of keypoints, compiled; see pictrace.kernels.patches.

A gradient's part in a direction is what it has along it beyond a share of its length: no angle is computed, and a
vector instruction serves 8 or 16 of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, fused_helper, output, readonly, types
from pictrace.kernels.patches import (
    AXES,
    BINS,
    DIRECTIONS,
    MOST_OF_ALL,
    POOLED,
    SIDE,
    SPACING,
    STEP_WEIGHTS,
    STEPS,
    TURN_AXES,
    TURN_WIDTH,
    TURNED,
    WIDTH,
)
from pictrace.kernels.scale_space import LAYERS

__all__ = ["describe", "shares"]

HALF, ZERO, ONE, BEYOND = np.float32(0.5), np.float32(0), np.float32(1), np.float32(1.001)
ALONG = np.arange(-1, SIDE + 1, dtype=np.float32) - np.float32((SIDE - 1) / 2)
FIRST_BIN = np.maximum((POOLED > 0).argmax(axis=1), 0)
STEP_OFFSETS = (np.arange(STEPS) - STEPS // 2).astype(np.float32) * SPACING
FASTER = {"contract", "reassoc", "nnan", "nsz"}


@fused_helper
def _level(values: NDArray[np.float32], shapes: NDArray[np.int64], point: NDArray[np.float32]) -> NDArray[np.float32]:
    """The level of a point's own blur, (height, width)."""
    start, height, width = shapes[int(point[5])]
    number = min(max(int(point[2] + HALF), 0), LAYERS + 2)
    start += number * height * width
    return values[start : start + height * width].reshape(height, width)


@compiled(
    readonly(types.float32, 1),
    readonly(types.int64, 2),
    readonly(types.float32, 2),
    output(types.float32, 2),
    fastmath=FASTER,
)
def shares(
    values: NDArray[np.float32],
    shapes: NDArray[np.int64],
    points: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    for k in range(len(points)):
        level = _level(values, shapes, points[k])
        height, width = level.shape
        sums = np.zeros(DIRECTIONS, np.float32)
        for i in range(STEPS):
            y = min(max(int(points[k, 1] + STEP_OFFSETS[i] * points[k, 3] + HALF), 1), height - 2)
            for j in range(STEPS):
                x = min(max(int(points[k, 0] + STEP_OFFSETS[j] * points[k, 3] + HALF), 1), width - 2)
                gx = (level[y, x + 1] - level[y, x - 1]) * STEP_WEIGHTS[i, j]
                gy = (level[y + 1, x] - level[y - 1, x]) * STEP_WEIGHTS[i, j]
                least = TURN_WIDTH * np.sqrt(gx * gx + gy * gy)
                for b in range(DIRECTIONS):
                    sums[b] += max(gx * TURN_AXES[0, b] + gy * TURN_AXES[1, b] - least, ZERO)
        for b in range(DIRECTIONS):
            out[k, b] = sums[b]


@fused_helper
def _sample(level: NDArray[np.float32], point: NDArray[np.float32], patch: NDArray[np.float32]) -> None:
    """Fill the patch, (SIDE + 2, SIDE + 2), by linear interpolation; beyond the picture its border goes on."""
    height, width = level.shape
    right, bottom = np.float32(width) - BEYOND, np.float32(height) - BEYOND
    step = point[3] * SPACING
    c, s = np.cos(point[4]) * step, np.sin(point[4]) * step
    for i in range(SIDE + 2):
        start_x, start_y = point[0] - s * ALONG[i], point[1] + c * ALONG[i]
        for j in range(SIDE + 2):
            x = min(max(start_x + c * ALONG[j], ZERO), right)
            y = min(max(start_y + s * ALONG[j], ZERO), bottom)
            left, top = int(x), int(y)
            across, down = x - np.float32(left), y - np.float32(top)
            a = level[top, left] + across * (level[top, left + 1] - level[top, left])
            b = level[top + 1, left] + across * (level[top + 1, left + 1] - level[top + 1, left])
            patch[i, j] = a + down * (b - a)


@fused_helper
def _rooted(sums: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Cut what is too much of all, and take the roots of shares."""
    squares, total = ZERO, ZERO
    for i in range(len(out)):
        squares += sums[i] * sums[i]
    most = MOST_OF_ALL * np.sqrt(squares)
    for i in range(len(out)):
        sums[i] = min(sums[i], most)
        total += sums[i]
    if total > ZERO:
        share = ONE / total
        for i in range(len(out)):
            out[i] = np.sqrt(sums[i] * share)


@compiled(
    readonly(types.float32, 1),
    readonly(types.int64, 2),
    readonly(types.float32, 2),
    output(types.float32, 2),
    fastmath=FASTER,
)
def describe(
    values: NDArray[np.float32],
    shapes: NDArray[np.int64],
    points: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    patch = np.empty((SIDE + 2, SIDE + 2), np.float32)
    gx, gy, least = np.empty(SIDE, np.float32), np.empty(SIDE, np.float32), np.empty(SIDE, np.float32)
    rows = np.empty((BINS, TURNED, SIDE), np.float32)
    sums = np.empty(BINS * BINS * TURNED, np.float32)
    for k in range(len(points)):
        _sample(_level(values, shapes, points[k]), points[k], patch)
        rows[:] = ZERO
        for i in range(SIDE):
            for j in range(SIDE):
                gx[j] = patch[i + 1, j + 2] - patch[i + 1, j]
                gy[j] = patch[i + 2, j + 1] - patch[i, j + 1]
                least[j] = WIDTH * np.sqrt(gx[j] * gx[j] + gy[j] * gy[j])
            one = FIRST_BIN[i]
            other = min(one + 1, BINS - 1)
            first, second = POOLED[i, one], POOLED[i, other] if other > one else ZERO
            for o in range(TURNED):
                c, s = AXES[0, o], AXES[1, o]
                for j in range(SIDE):
                    v = max(gx[j] * c + gy[j] * s - least[j], ZERO)
                    rows[one, o, j] += first * v
                    rows[other, o, j] += second * v
        for b in range(BINS):
            for across in range(BINS):
                for o in range(TURNED):
                    total = ZERO
                    for j in range(SIDE):
                        total += rows[b, o, j] * POOLED[j, across]
                    sums[(b * BINS + across) * TURNED + o] = total
        _rooted(sums, out[k])
