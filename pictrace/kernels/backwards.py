"""Matches counted from the candidate's descriptors to the query's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import MAX_ROWS, arranged, checked_offsets
from pictrace.kernels.keypoints import DESCRIPTOR_BYTES, PACKED_BYTES, Geometry, QueryPoints, unpack_points
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["consistent_backwards"]


def consistent_backwards(
    query: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    chosen: NDArray[np.integer],
    *,
    first_percent: int = 50,
    last_percent: int = 95,
) -> NDArray[np.uint16]:
    """What orb_score counts as consistent where each chosen candidate is the query, and the query its candidate.

    Parameters
    ----------
    query : (q, 40) uint8
        Packed as in pictrace.kernels.keypoints.
    rows : (total, 40) uint8
        Likewise.
    offsets : (n + 1,) int64
        Where each candidate's rows begin and end; up to 65,535 rows each.
    chosen : (k,) integers
        Which candidates, 0 to n - 1.
    first_percent, last_percent
        The T ratio thresholds, ascending within 1 to 100.

    Returns
    -------
    (T, k) uint16

    Raises
    ------
    ValueError
        For a setting out of its range, another dtype or shape, or a candidate that is not there.
    """
    geometry = Geometry(first_percent, last_percent)
    query = arranged(query, np.uint8, (None, PACKED_BYTES), "query")
    rows = arranged(rows, np.uint8, (None, PACKED_BYTES), "rows")
    offsets = checked_offsets(offsets, len(rows), max_rows=MAX_ROWS)
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(offsets) - 1:
        raise ValueError(f"chosen must name candidates from 0 to {len(offsets) - 2}")
    whole = checked_offsets(np.array([0, len(query)], np.int64), len(query), max_rows=MAX_ROWS)
    found = np.zeros((geometry.thresholds, len(chosen)), np.uint16)
    score = implementation("evidence").score

    def fill(start: int, stop: int) -> None:
        for place in range(start, stop):
            own = rows[offsets[chosen[place]] : offsets[chosen[place] + 1]]
            counts = np.zeros((3, geometry.thresholds, 1), np.uint16)
            turn = np.zeros((geometry.thresholds, 1), np.uint8)
            if len(own):
                points = QueryPoints.of(unpack_points(own))
                described = np.ascontiguousarray(own[:, :DESCRIPTOR_BYTES])
                score(described, points, query, whole, geometry, counts, turn)(0, 1)
            found[:, place] = counts[2, :, 0]

    run_chunks(fill, len(chosen), min_chunk=4)
    return found
