"""Where the query lies in a match: a transform fitted to matched keypoints by RANSAC."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Overlap", "Placement", "place"]

TOLERANCE_PX = 6.0
FEWEST = 6
GAIN = 1.15
CONFIDENCE = 0.999
TRIALS = 1000
NEAREST_DEPTH = 1e-6  # what lies nearer to the horizon of a perspective transform is cut off


@dataclass(frozen=True)
class Overlap:
    """What two pictures share, by area, each 0 to 1: of the query, and of the match."""

    query: float
    match: float


@dataclass(frozen=True)
class Placement:
    """A transform that takes points of the query to points of the match, and the matches that follow it.

    matrix: (3, 3) float64, on homogeneous (x, y, 1) in pixels. inliers: (k,) bool.
    """

    matrix: NDArray[np.float64]
    inliers: NDArray[np.bool_]

    def moved(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) points of the query as points of the match."""
        return np.asarray(cv2.perspectiveTransform(points[np.newaxis].astype(np.float64), self.matrix)[0], np.float32)

    def outline(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Corners of a query of this shape in the match, (4, 2), clockwise from the upper left."""
        height, width = shape[:2]
        return self.moved(_corners(width, height).astype(np.float32))

    def overlap(self, query_shape: tuple[int, ...], match_shape: tuple[int, ...]) -> Overlap:
        """How much of the query lies within the match, and how much of the match it covers.

        The query is cut by the match's four borders where they lie in the query, so that a perspective
        transform's horizon may cross it too.
        """
        (height, width), (match_height, match_width) = query_shape[:2], match_shape[:2]
        centre = np.array([width / 2, height / 2, 1])
        right, down, depth = self.matrix * (np.sign(self.matrix[2] @ centre) or 1.0)
        shared = _corners(width, height)
        nearest = depth - np.array([0, 0, NEAREST_DEPTH])
        for border in (nearest, right, match_width * depth - right, down, match_height * depth - down):
            shared = _cut(shared, border)
        if len(shared) < 3:
            return Overlap(0.0, 0.0)
        there = cv2.perspectiveTransform(shared[np.newaxis], self.matrix)[0]
        return Overlap(
            min(1.0, _area(shared) / (width * height)), min(1.0, _area(there) / (match_width * match_height))
        )


def place(query: NDArray[np.float32], match: NDArray[np.float32]) -> Placement | None:
    """Fit a transform to (k, 2) points of the query and the (k, 2) points of the match that they found.

    A turn with scale and shift is fitted first; a perspective one is taken only where clearly more
    matches follow it, and where it keeps the picture's corners in order. None where fewer than 6 agree.
    Fischler, Bolles: Random sample consensus, CACM 24 (1981), doi:10.1145/358669.358692.
    """
    if len(query) < FEWEST:
        return None
    cv2.setRNGSeed(1)  # the same matches give the same transform
    flat, mask = cv2.estimateAffinePartial2D(query, match, None, cv2.RANSAC, TOLERANCE_PX, TRIALS, CONFIDENCE)
    best: Placement | None = None
    if flat is not None and int(mask.sum()) >= FEWEST:
        best = Placement(np.vstack([flat, [0, 0, 1]]), mask.ravel().astype(np.bool_))
    full, mask = cv2.findHomography(query, match, cv2.RANSAC, TOLERANCE_PX, None, TRIALS, CONFIDENCE)
    if full is not None:
        found = Placement(np.asarray(full, np.float64), mask.ravel().astype(np.bool_))
        needed = max(2 * FEWEST, GAIN * best.inliers.sum() if best else 0)
        if found.inliers.sum() >= needed and _sensible(found, query):
            return found
    return best


def _corners(width: float, height: float) -> NDArray[np.float64]:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


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


def _sensible(found: Placement, query: NDArray[np.float32]) -> bool:
    """Whether the box around the points stays convex and of a size that one could have photographed."""
    low, high = query.min(axis=0), query.max(axis=0)
    box = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float32)
    moved = found.moved(box)
    if not np.isfinite(moved).all() or not cv2.isContourConvex(moved):
        return False
    ratio = cv2.contourArea(moved) / max(1.0, float(cv2.contourArea(box)))
    return 0.02 < ratio < 50
