"""Which keypoints of two pictures found each other, for showing: the same rules as the score's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.kernels.keypoints import Geometry, QueryPoints
from pictrace.kernels.plain.evidence import agreement_of
from pictrace.metrics.base import Features

__all__ = ["keypoint_pairs"]


def keypoint_pairs(query: Features, match: Features, *, percent: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The matches that pass the ratio test at this percentage, one per target keypoint.

    Returns (k, 2) int64 row numbers in query and match, and (k,) bool: those that agree with the
    winning turn, scale and shift, as many as kernels.orb_evidence counts.
    """
    points, other = kernels.unpack_points(query), kernels.unpack_points(match)
    offsets = np.array([0, len(match)], np.int64)
    best, second, index = (
        one[0].astype(np.int64)
        for one in kernels.orb_nearest(
            np.ascontiguousarray(query[:, :32]), np.ascontiguousarray(match[:, :32]), offsets
        )
    )
    passes_at = 100 * best // np.maximum(second, 1) + 1
    passing = np.flatnonzero((second > 0) & (passes_at <= percent))
    order = passing[np.lexsort((passing, best[passing], passes_at[passing]))]
    distinct = order[np.unique(index[order], return_index=True)[1]]
    distinct = distinct[np.lexsort((distinct, best[distinct], passes_at[distinct]))]
    pairs = np.stack([distinct, index[distinct]], axis=1)
    # One per cell of the query takes part in the vote; see kernels.orb_evidence.
    cells = QueryPoints.of(points, 8.0).cells
    voters = np.sort(np.unique(cells[distinct], return_index=True)[1])
    consistent = np.zeros(len(pairs), np.bool_)
    if len(voters):
        chosen = pairs[voters]
        geometry = Geometry(percent, percent, 24.0, 0.5, 0.8)
        agreeing, _ = agreement_of(points[chosen[:, 0]], other[chosen[:, 1]], geometry)
        consistent[voters[agreeing[agreeing.sum(axis=1).argmax()]]] = True
    return pairs, consistent
