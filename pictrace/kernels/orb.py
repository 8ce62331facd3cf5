"""Matches between binary descriptors: nearest and second nearest, and what follows from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import MAX_ROWS, arranged, checked_offsets
from pictrace.kernels.keypoints import (
    CELL_PX,
    DESCRIPTOR_BYTES,
    PACKED_BYTES,
    SCALE_TOLERANCE,
    TOLERANCE_PX,
    TURN_TOLERANCE,
    Geometry,
    QueryPoints,
)
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["COARSE_DESCRIPTORS", "NO_MATCH", "orb_coarse", "orb_evidence", "orb_nearest", "orb_score"]

NO_MATCH = 65535
"""Best and second distance where the candidate has fewer than two descriptors."""

COARSE_DESCRIPTORS = 64


def orb_nearest(
    query: NDArray[np.uint8], rows: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """The nearest and the second nearest descriptor of each candidate to each query descriptor, exactly.

    Parameters
    ----------
    query : (q, 32) uint8
    rows : (total, 32) uint8
    offsets : (n + 1,) int64
        Where each candidate's rows begin and end; up to 65,535 rows each.

    Returns
    -------
    best, second : (n, q) uint16
        The two smallest numbers of differing bits, 0 to 256. Where a candidate has fewer than two
        rows, no match can be judged: both are 65535, and index is 0.
    index : (n, q) uint16
        The row within the candidate of the best, the lowest on ties, as OpenCV's BFMatcher.

    Raises
    ------
    ValueError
        For another dtype or shape, or offsets that leave the rows.
    """
    query = arranged(query, np.uint8, (None, DESCRIPTOR_BYTES), "query")
    rows = arranged(rows, np.uint8, (None, DESCRIPTOR_BYTES), "rows")
    offsets = checked_offsets(offsets, len(rows), max_rows=MAX_ROWS)
    shape = (len(offsets) - 1, len(query))
    best, second = np.full(shape, NO_MATCH, np.uint16), np.full(shape, NO_MATCH, np.uint16)
    index = np.zeros(shape, np.uint16)
    if len(query):
        fill = implementation("orb").nearest(query, rows, offsets, best, second, index)
        run_chunks(fill, len(best), min_chunk=4)
    return best, second, index


def orb_evidence(
    query_points: NDArray[np.float32],
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
    candidate_points: NDArray[np.float32],
    offsets: NDArray[np.int64],
    *,
    first_percent: int = 50,
    last_percent: int = 95,
    tolerance_px: float = TOLERANCE_PX,
    turn_tolerance: float = TURN_TOLERANCE,
    scale_tolerance: float = SCALE_TOLERANCE,
    cell_px: float = CELL_PX,
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """How much the matches prove, at every ratio threshold t from first_percent to last_percent.

    A query descriptor passes at t if ``100 * best < t * second`` (Lowe's ratio test,
    doi:10.1023/B:VISI.0000029664.99615.94). ``counts[:, t - first_percent]`` holds, for each candidate:

    0. the query descriptors that pass;
    1. the distinct candidate keypoints that they hit;
    2. the geometrically consistent ones. Of the passing matches, one is kept per candidate keypoint,
       then one per cell of ``cell_px`` px of the query: the one that passes at the lowest t, then the
       one with the lowest best, then the lowest query index. Each kept match proposes the similarity
       transform (turn, scale, shift) that takes its query keypoint to its candidate keypoint. Another
       agrees with it if its own turn differs by at most ``turn_tolerance`` radians, its own log2 scale
       by at most ``scale_tolerance``, and if its query point lands within ``tolerance_px`` (times the
       scale, where that is below 1, so that shrinking makes nothing agree) of its candidate point. The
       count is that of the proposal with most agreeing matches, itself included.

    Every t gives exactly what it would give if it were the only one.

    Parameters
    ----------
    query_points : (q, 4) float32
        x px, y px, angle in radians (clockwise on screen), log2 of the scale.
    best, second, index : (n, q) uint16
        As from orb_nearest.
    candidate_points : (total, 4) float32
        Like ``query_points``.
    offsets : (n + 1,) int64
        Where each candidate's points begin and end.
    first_percent, last_percent
        The T thresholds, ascending within 1 to 100.
    tolerance_px, turn_tolerance, scale_tolerance
        Pixels, radians and log2 of a scale, as above; from 0 on.
    cell_px
        Side of a cell of the query, above 0.

    Returns
    -------
    counts : (3, T, n) uint16
    turn : (T, n) uint8
        The quarter turns, counter-clockwise on screen as of ``np.rot90(query, turn)``, nearest to the
        turn of the proposal that won; on ties that of the lowest t, then the lowest query index.
        Nothing passing gives zeros.

    Raises
    ------
    ValueError
        For a setting out of its range, another dtype or shape, or rows that a candidate does not have.
    """
    geometry = Geometry(first_percent, last_percent, tolerance_px, turn_tolerance, scale_tolerance)
    query = QueryPoints.of(query_points, cell_px)
    candidate_points = arranged(candidate_points, np.float32, (None, 4), "candidate_points")
    offsets = checked_offsets(offsets, len(candidate_points), max_rows=MAX_ROWS)
    shape = (len(offsets) - 1, len(query.points))
    best = arranged(best, np.uint16, shape, "best")
    second = arranged(second, np.uint16, shape, "second")
    index = arranged(index, np.uint16, shape, "index")
    if (index >= np.maximum(np.diff(offsets), 1)[:, np.newaxis]).any():
        raise ValueError("index names a row that its candidate does not have")
    counts, turn = _no_evidence(geometry, shape[0])
    if shape[1]:
        evidence = implementation("evidence").evidence
        fill = evidence(query, best, second, index, candidate_points, offsets, geometry, counts, turn)
        run_chunks(fill, shape[0], min_chunk=16)
    return counts, turn


def orb_score(
    query_desc: NDArray[np.uint8],
    query_points: NDArray[np.float32],
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    *,
    first_percent: int = 50,
    last_percent: int = 95,
    tolerance_px: float = TOLERANCE_PX,
    turn_tolerance: float = TURN_TOLERANCE,
    scale_tolerance: float = SCALE_TOLERANCE,
    cell_px: float = CELL_PX,
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """orb_nearest and then orb_evidence, candidate by candidate, without the arrays between them.

    The settings, the results and what is raised are those of orb_evidence.

    Parameters
    ----------
    query_desc : (q, 32) uint8
    query_points : (q, 4) float32
        As in orb_evidence.
    rows : (total, 40) uint8
        Packed as in pictrace.kernels.keypoints.
    offsets : (n + 1,) int64
        Where each candidate's rows begin and end.

    Returns
    -------
    counts : (3, T, n) uint16
    turn : (T, n) uint8
    """
    geometry = Geometry(first_percent, last_percent, tolerance_px, turn_tolerance, scale_tolerance)
    query = QueryPoints.of(query_points, cell_px)
    query_desc = arranged(query_desc, np.uint8, (len(query.points), DESCRIPTOR_BYTES), "query_desc")
    rows = arranged(rows, np.uint8, (None, PACKED_BYTES), "rows")
    offsets = checked_offsets(offsets, len(rows), max_rows=MAX_ROWS)
    counts, turn = _no_evidence(geometry, len(offsets) - 1)
    if len(query_desc):
        fill = implementation("evidence").score(query_desc, query, rows, offsets, geometry, counts, turn)
        run_chunks(fill, len(offsets) - 1, min_chunk=4)
    return counts, turn


def orb_coarse(query: NDArray[np.uint8], rows: NDArray[np.uint8], counts: NDArray[np.integer]) -> NDArray[np.uint16]:
    """Distinct descriptors of a candidate that the query's descriptors hit with best < 0.75 * second.

    Meant for the strongest descriptors of each picture. The distinct ones are counted, because of a
    picture with few keypoints the same one is the nearest to everything.

    Parameters
    ----------
    query : (k, 32) uint8
        k up to 64.
    rows : (n, 64, 32) uint8
        Of which candidate i fills the first ``counts[i]``.
    counts : (n,) integers
        From 0 to 64.

    Returns
    -------
    (n,) uint16
        0 for fewer than two rows.

    Raises
    ------
    ValueError
        For too many descriptors, counts out of range, or another dtype or shape.
    """
    query = arranged(query, np.uint8, (None, DESCRIPTOR_BYTES), "query")
    rows = arranged(rows, np.uint8, (None, COARSE_DESCRIPTORS, DESCRIPTOR_BYTES), "rows")
    if len(query) > COARSE_DESCRIPTORS:
        raise ValueError(f"there can be up to {COARSE_DESCRIPTORS} query descriptors, not {len(query)}")
    if counts.shape != (len(rows),) or (len(rows) and not 0 <= counts.min() <= counts.max() <= COARSE_DESCRIPTORS):
        raise ValueError(f"counts must be {len(rows)} whole numbers from 0 to {COARSE_DESCRIPTORS}")
    out = np.zeros(len(rows), np.uint16)
    if len(query):
        fill = implementation("orb").coarse(query, rows, counts.astype(np.uint8), out)
        run_chunks(fill, len(rows), min_chunk=64)
    return out


def _no_evidence(geometry: Geometry, n: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    return np.zeros((3, geometry.thresholds, n), np.uint16), np.zeros((geometry.thresholds, n), np.uint8)
