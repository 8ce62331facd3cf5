"""Where the query lies in a match: a transform fitted to matched keypoints by RANSAC."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Placement", "place"]

TOLERANCE_PX = 6.0
FEWEST = 6
GAIN = 1.15
CONFIDENCE = 0.999
TRIALS = 1000


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
        return self.moved(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32))


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


def _sensible(found: Placement, query: NDArray[np.float32]) -> bool:
    """Whether the box around the points stays convex and of a size that one could have photographed."""
    low, high = query.min(axis=0), query.max(axis=0)
    box = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]], np.float32)
    moved = found.moved(box)
    if not np.isfinite(moved).all() or not cv2.isContourConvex(moved):
        return False
    ratio = cv2.contourArea(moved) / max(1.0, float(cv2.contourArea(box)))
    return 0.02 < ratio < 50
