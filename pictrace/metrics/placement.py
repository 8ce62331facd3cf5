"""Where the query lies in a match: a transform fitted to matched keypoints by RANSAC."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.geometry import box, corners, moved, overlaps, sensible

__all__ = ["Overlap", "Placement", "place"]

TOLERANCE_PX = 6.0
FEWEST = 6
GAIN = 1.15
CONFIDENCE = 0.999
TRIALS = 1000


@dataclass(frozen=True)
class Overlap:
    """What two pictures share, by area, each 0 to 1: of the query, and of the match."""

    query: float
    match: float


@dataclass(frozen=True)
class Placement:
    """A transform that takes points of the query to points of the match, and the matches that follow it.

    Attributes
    ----------
    matrix
        (3, 3) float64, on homogeneous (x, y, 1) in pixels.
    inliers
        (k,) bool.
    """

    matrix: NDArray[np.float64]
    inliers: NDArray[np.bool_]

    def moved(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) points of the query as points of the match."""
        return moved(self.matrix, points.astype(np.float64)).astype(np.float32)

    def outline(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Corners of a query of this shape in the match, (4, 2), clockwise from the upper left."""
        return moved(self.matrix, corners(shape)).astype(np.float32)

    def overlap(self, query_shape: tuple[int, ...], match_shape: tuple[int, ...]) -> Overlap:
        """How much of the query lies within the match, and how much of the match it covers."""
        return Overlap(*overlaps(self.matrix, query_shape, match_shape))


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
        if found.inliers.sum() >= needed and sensible(found.matrix, box(query.min(axis=0), query.max(axis=0))):
            return found
    return best
