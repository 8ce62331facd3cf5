"""Keypoints of a picture as rows, and which of two pictures' found each other: by the rules of the score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features
from pictrace.kernels.keypoints import PACKED_BYTES, Geometry, QueryPoints
from pictrace.kernels.matches import agreement_of, chosen_matches

__all__ = ["FEWEST", "FRAME_PX", "keypoint_pairs", "no_keypoints", "passing_count", "spread"]

FRAME_PX = 512
"""The long side of the picture in whose pixels all keypoints are placed, whatever size they were found at."""

FEWEST = 16
"""Pictures with fewer keypoints are not comparable: everything would match them."""

GRID = 8


def no_keypoints() -> Features:
    return np.empty((0, PACKED_BYTES), np.uint8)


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


def spread(
    places: NDArray[np.float32], strength: NDArray[np.float32], shape: tuple[int, ...], most: int
) -> NDArray[np.intp]:
    """The strongest of every grid cell, then the second of every cell, and so on, up to ``most``.

    Parameters
    ----------
    places : (k, 2) float32
        x and y in a picture of this shape, (height, width).
    strength : (k,) float32
        The more, the better.

    Returns
    -------
    (up to most,) intp
        Which of them, in that order.

    Distributing keypoints over the picture is common practice, see Bailo et al.: Efficient adaptive
    non-maximal suppression algorithms, Pattern Recognition Letters 106 (2018).
    """
    columns = np.minimum(places[:, 0] * GRID / shape[1], GRID - 1).astype(np.int64)
    rows = np.minimum(places[:, 1] * GRID / shape[0], GRID - 1).astype(np.int64)
    cells = rows * GRID + columns
    by_cell = np.lexsort((-strength, cells))
    starts = np.searchsorted(cells[by_cell], np.arange(GRID * GRID))
    turn = np.empty(len(places), np.int64)
    turn[by_cell] = np.arange(len(places)) - starts[cells[by_cell]]
    return np.lexsort((-strength, turn))[:most]
