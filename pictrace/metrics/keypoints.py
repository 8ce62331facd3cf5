"""ORB keypoints of a picture, and which of two pictures' found each other: by the rules of the score."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features
from pictrace.images.orientation import Variant, orient
from pictrace.images.pixels import RGBImage, fit, to_gray
from pictrace.kernels.keypoints import Geometry, QueryPoints
from pictrace.kernels.matches import agreement_of, chosen_matches

__all__ = ["LONG_SIDE_PX", "extract_keypoints", "extract_oriented", "keypoint_pairs", "passing_count"]


LONG_SIDE_PX = 512
KEYPOINTS = 500
FEWEST = 16
"""Pictures with fewer keypoints are not comparable: everything would match them."""

DETECTED = 2000
FAST_THRESHOLDS = (10, 4)
"""Gray levels that a corner stands out by; the lower where the higher finds too few keypoints."""
PATCH_PX = 31  # what a descriptor is computed from
GRID = 8
SCALE_FACTOR = 1.2
LEVELS = 8
ROW_BYTES = 40


def extract_keypoints(image: RGBImage, most: int = KEYPOINTS) -> Features:
    """ORB keypoints of the picture at 512 px, (k, 40) uint8, packed as in pictrace.kernels.keypoints.

    Detected generously and spread over a grid; no rows where there are fewer than 16.
    """
    gray = to_gray(fit(image, LONG_SIDE_PX, enlarge=True))
    nothing = np.empty((0, ROW_BYTES), np.uint8)
    if min(gray.shape) < PATCH_PX:
        return nothing
    for threshold in FAST_THRESHOLDS:
        detector = cv2.ORB.create(nfeatures=DETECTED, scaleFactor=SCALE_FACTOR, nlevels=LEVELS, fastThreshold=threshold)
        found = detector.detect(gray, None)
        if len(found) >= most:
            break
    points, descriptors = detector.compute(gray, spread(found, gray.shape, most))
    if descriptors is None or len(points) < FEWEST:
        return nothing
    return _pack(points, np.asarray(descriptors, np.uint8))


def extract_oriented(image: RGBImage, variants: Sequence[Variant], most: int = KEYPOINTS) -> dict[Variant, Features]:
    """The same of the picture in each of these orientations, side by side."""
    with ThreadPoolExecutor(len(variants)) as pool:  # OpenCV lets other threads run meanwhile
        found = pool.map(lambda one: extract_keypoints(orient(image, one), most), variants)
        return dict(zip(variants, found, strict=True))


def keypoint_pairs(query: Features, match: Features, *, percent: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The matches that pass the ratio test at this percentage, one per target keypoint.

    Returns (k, 2) int64 row numbers in query and match, and (k,) bool: those that agree with the
    winning turn, scale and shift, as many as kernels.orb_evidence counts.
    """
    points, other = kernels.unpack_points(query), kernels.unpack_points(match)
    index, _, distinct, voters = _chosen(query, match, percent)
    pairs = np.stack([distinct, index[distinct].astype(np.int64)], axis=1)
    consistent = np.zeros(len(pairs), np.bool_)
    if len(voters):
        chosen = pairs[voters]
        agreeing, _ = agreement_of(points[chosen[:, 0]], other[chosen[:, 1]], Geometry(percent, percent))
        consistent[voters[agreeing[agreeing.sum(axis=1).argmax()]]] = True
    return pairs, consistent


def passing_count(query: Features, match: Features, *, percent: int) -> int:
    """How many of the query's keypoints pass the ratio test at this percentage."""
    return len(_chosen(query, match, percent)[1])


def _chosen(
    query: Features, match: Features, percent: int
) -> tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(the nearest keypoint of each of the query's; the rows that pass; of them the distinct; of these the voters)."""
    offsets = np.array([0, len(match)], np.int64)
    first, other = (np.ascontiguousarray(one[:, :32]) for one in (query, match))
    best, second, index = (one[0] for one in kernels.orb_nearest(first, other, offsets))
    points = QueryPoints.of(kernels.unpack_points(query))
    return index, *chosen_matches(points, best, second, index, percent)[1:]


def spread(points: Sequence[cv2.KeyPoint], shape: tuple[int, ...], most: int) -> list[cv2.KeyPoint]:
    """The strongest of every grid cell, then the second of every cell, and so on, up to ``most``.

    Distributing keypoints over the picture is common practice, see Bailo et al.: Efficient adaptive
    non-maximal suppression algorithms, Pattern Recognition Letters 106 (2018).
    """
    if not points:
        return []
    places = np.asarray(cv2.KeyPoint.convert(list(points)), np.float32)
    strength = np.array([point.response for point in points], np.float32)
    columns = np.minimum(places[:, 0] * GRID / shape[1], GRID - 1).astype(np.int64)
    rows = np.minimum(places[:, 1] * GRID / shape[0], GRID - 1).astype(np.int64)
    cells = rows * GRID + columns
    by_cell = np.lexsort((-strength, cells))
    starts = np.searchsorted(cells[by_cell], np.arange(GRID * GRID))
    turn = np.empty(len(points), np.int64)
    turn[by_cell] = np.arange(len(points)) - starts[cells[by_cell]]
    chosen = np.lexsort((-strength, turn))[:most]
    return [points[index] for index in chosen]


def _pack(points: Sequence[cv2.KeyPoint], descriptors: NDArray[np.uint8]) -> Features:
    rows = np.zeros((len(points), ROW_BYTES), np.uint8)
    rows[:, :32] = descriptors
    places = np.array([point.pt for point in points], np.float64) * 64
    angles = np.array([point.angle for point in points], np.float64) * (65536 / 360)
    numbers = np.column_stack([places, angles]).round().astype(np.int64) & 0xFFFF
    rows[:, 32:38] = numbers.astype("<u2").view(np.uint8)
    rows[:, 38] = [point.octave for point in points]
    return rows
