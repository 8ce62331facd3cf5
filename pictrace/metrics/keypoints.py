"""Which keypoints of two pictures found each other, for showing: the same rules as the score's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features
from pictrace.kernels.keypoints import Geometry, QueryPoints
from pictrace.kernels.matches import agreement_of, chosen_matches

__all__ = ["keypoint_pairs", "passing_count"]


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
