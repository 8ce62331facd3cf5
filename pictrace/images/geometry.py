"""Transforms between the pixels of two pictures: homogeneous, pixel centres on whole numbers, edges at -0.5."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.orientation import Variant

__all__ = [
    "Matrix",
    "box",
    "corners",
    "inverse",
    "moved",
    "orienting",
    "overlaps",
    "scale_of",
    "scaling",
    "sensible",
]

NEAREST_DEPTH = 1e-6  # what lies nearer to the horizon of a perspective transform is cut off
MOST_AREA, MOST_SIDES, FARTHEST_PX = 400, 3, 1e5

Matrix = NDArray[np.float64]
"""(3, 3), on (x, y, 1)."""


def scaling(across: float, down: float) -> Matrix:
    """(3, 3): pixels of a picture to those of one resized by these factors; pixel centres lie on whole numbers."""
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]], np.float64)


def orienting(variant: Variant, shape: tuple[int, ...]) -> Matrix:
    """(3, 3): pixels of a picture of this shape to those of orient(picture, variant)."""
    height, width = shape[:2]
    matrix = np.eye(3)
    if variant.mirrored:
        matrix = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    for _ in range(variant.quarter_turns):  # counter-clockwise: (x, y) to (y, width - 1 - x)
        matrix = np.array([[0.0, 1, 0], [-1, 0, width - 1], [0, 0, 1]]) @ matrix
        height, width = width, height
    return matrix


def inverse(matrix: Matrix) -> Matrix:
    """The way back."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def moved(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) points through a (3, 3) transform."""
    if not len(points):
        return np.empty((0, 2))
    found = cv2.perspectiveTransform(np.asarray(points, np.float64)[np.newaxis], matrix)
    return np.asarray(found[0], np.float64)


def corners(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The outer corners of a picture of this shape, (4, 2) as (x, y), clockwise from the upper left."""
    return box((-0.5, -0.5), (shape[1] - 0.5, shape[0] - 0.5))


def box(low: Sequence[float], high: Sequence[float]) -> NDArray[np.float64]:
    """The corners of an upright rectangle, (4, 2), between two (x, y), clockwise from the upper left."""
    return np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float64)


def scale_of(matrix: Matrix, shape: tuple[int, ...]) -> float:
    """Target pixels per pixel of a picture of this shape, the mean of its area."""
    height, width = shape[:2]
    outline = moved(matrix, corners(shape)).astype(np.float32)
    return float(np.sqrt(cv2.contourArea(outline) / (height * width)))


def sensible(matrix: Matrix, outline: NDArray[np.float64]) -> bool:
    """Whether a box, (4, 2), stays convex, and of a size and proportions that somebody could have made."""
    if not np.isfinite(matrix).all():
        return False
    there = moved(matrix, outline)
    if not np.isfinite(there).all() or np.abs(there).max() > FARTHEST_PX:
        return False
    if not cv2.isContourConvex(there.astype(np.float32)):
        return False
    sides, were = (np.linalg.norm(np.roll(one, -1, axis=0) - one, axis=1) for one in (there, outline))
    if were.min() == 0:
        return False
    area, stretched = _area(there) / _area(outline), sides / were
    return bool(1 / MOST_AREA < area < MOST_AREA and stretched.max() < MOST_SIDES * stretched.min())


def overlaps(matrix: Matrix, shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[float, float]:
    """The share of a picture of this shape that lies within the other, and of the other that it covers, 0 to 1.

    The first is cut by the other's four borders where they lie in it, so that a perspective transform's horizon
    may cross it too.
    """
    centre = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2, 1])
    right, down, depth = matrix * (np.sign(matrix[2] @ centre) or 1.0)
    shared = corners(shape)
    nearest = depth - np.array([0, 0, NEAREST_DEPTH])
    left, top, (far, low) = right + depth / 2, down + depth / 2, (other[1] - 0.5, other[0] - 0.5)
    for border in (nearest, left, far * depth - right, top, low * depth - down):
        shared = _cut(shared, border)
    if len(shared) < 3:
        return 0.0, 0.0
    there = moved(matrix, shared)
    return min(1.0, _area(shared) / (shape[0] * shape[1])), min(1.0, _area(there) / (other[0] * other[1]))


def _cut(polygon: NDArray[np.float64], border: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of a convex polygon, (k, 2), where border @ (x, y, 1) is 0 or more.

    Sutherland, Hodgman: Reentrant polygon clipping, CACM 17 (1974), doi:10.1145/360767.360802.
    """
    sides = polygon @ border[:2] + border[2]
    kept = []
    for place, (here, there) in enumerate(zip(sides, np.roll(sides, -1), strict=True)):
        start, end = polygon[place], polygon[(place + 1) % len(polygon)]
        if here >= 0:
            kept.append(start)
        if (here >= 0) != (there >= 0):
            kept.append(start + (end - start) * (here / (here - there)))
    return np.array(kept, np.float64).reshape(-1, 2)


def _area(polygon: NDArray[np.float64]) -> float:
    """By the trapezoid formula."""
    x, y = polygon.T
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2
