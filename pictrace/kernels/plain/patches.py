"""Directions and descriptors of keypoints in numpy; see pictrace.kernels.patches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.patches import (
    AXES,
    MOST_OF_ALL,
    POOLED,
    SIDE,
    SPACING,
    STEP_WEIGHTS,
    STEPS,
    TURN_AXES,
    TURN_WIDTH,
    WIDTH,
)
from pictrace.kernels.scale_space import LAYERS

__all__ = ["describe", "shares"]

POINTS_AT_ONCE = 64  # a few megabytes

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def shares(values: Floats, shapes: Integers, points: Floats, out: Floats) -> None:
    """Fill out, (k, DIRECTIONS)."""
    offsets = (np.arange(STEPS) - STEPS // 2).astype(np.float32) * SPACING
    for some in _parts(len(points)):
        start, height, width = _levels(shapes, points[some])
        down, across = (
            (points[some, axis, np.newaxis] + offsets * points[some, 3:4] + np.float32(0.5)).astype(np.int64)
            for axis in (1, 0)
        )
        y, x = down.clip(1, height - 2)[:, :, np.newaxis], across.clip(1, width - 2)[:, np.newaxis]
        at = start[:, :, np.newaxis] + y * width[:, :, np.newaxis] + x
        line = width[:, :, np.newaxis]
        gx = (values[at + 1] - values[at - 1]) * STEP_WEIGHTS
        gy = (values[at + line] - values[at - line]) * STEP_WEIGHTS
        least = TURN_WIDTH * np.sqrt(gx * gx + gy * gy)
        along = gx[..., np.newaxis] * TURN_AXES[0] + gy[..., np.newaxis] * TURN_AXES[1] - least[..., np.newaxis]
        out[some] = np.maximum(along, 0).sum(axis=(1, 2))


def describe(values: Floats, shapes: Integers, points: Floats, out: Floats) -> None:
    """Fill out, (k, 128)."""
    for some in _parts(len(points)):
        patch = _sampled(values, shapes, points[some])
        gx = patch[:, 1:-1, 2:] - patch[:, 1:-1, :-2]
        gy = patch[:, 2:, 1:-1] - patch[:, :-2, 1:-1]
        least = WIDTH * np.sqrt(gx * gx + gy * gy)
        axes = AXES[:, :, np.newaxis, np.newaxis]
        along = np.maximum(gx[:, np.newaxis] * axes[0] + gy[:, np.newaxis] * axes[1] - least[:, np.newaxis], 0)
        pooled = np.swapaxes(along @ POOLED, 2, 3) @ POOLED  # (k, direction, column, row)
        sums = pooled.transpose(0, 3, 2, 1).reshape(len(patch), -1)
        sums = np.minimum(sums, MOST_OF_ALL * np.linalg.norm(sums, axis=1, keepdims=True))
        out[some] = np.sqrt(sums / np.maximum(sums.sum(axis=1, keepdims=True), np.float32(1e-30)))


def _parts(count: int) -> list[slice]:
    return [slice(start, start + POINTS_AT_ONCE) for start in range(0, count, POINTS_AT_ONCE)]


def _levels(shapes: Integers, points: Floats) -> tuple[Integers, Integers, Integers]:
    """Where the levels of the points' own blurs begin, their heights and widths, (k, 1) each."""
    start, height, width = shapes[points[:, 5].astype(np.int64)].T
    number = (points[:, 2] + np.float32(0.5)).astype(np.int64).clip(0, LAYERS + 2)
    return (start + number * height * width)[:, np.newaxis], height[:, np.newaxis], width[:, np.newaxis]


def _sampled(values: Floats, shapes: Integers, points: Floats) -> Floats:
    """(k, SIDE + 2, SIDE + 2) by linear interpolation; beyond the picture its border goes on."""
    start, height, width = (one[:, :, np.newaxis] for one in _levels(shapes, points))
    along = np.arange(-1, SIDE + 1, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    step = points[:, 3] * SPACING
    c, s = ((f(points[:, 4]) * step)[:, np.newaxis, np.newaxis] for f in (np.cos, np.sin))
    i, j = along[:, np.newaxis], along[np.newaxis]
    beyond = np.float32(1.001)
    x = (points[:, 0, np.newaxis, np.newaxis] - s * i + c * j).clip(0, width.astype(np.float32) - beyond)
    y = (points[:, 1, np.newaxis, np.newaxis] + c * i + s * j).clip(0, height.astype(np.float32) - beyond)
    left, top = x.astype(np.int64), y.astype(np.int64)
    across, down = x - left.astype(np.float32), y - top.astype(np.float32)
    at = start + top * width + left
    a = values[at] + across * (values[at + 1] - values[at])
    b = values[at + width] + across * (values[at + width + 1] - values[at + width])
    return np.asarray(a + down * (b - a), np.float32)
