"""What matches prove, compiled; see orb_evidence in pictrace.kernels.orb.

Every threshold at once: a match has one threshold from which on it passes; what is kept of a group
is the match that passes first; and those that agree with a proposal are counted cumulatively over
the thresholds. Each step then gives at every threshold what it would give there alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import MAX_ROWS
from pictrace.kernels.compiled.agreement import LANES, UNREACHABLE, agree, step_differences, unpack_point
from pictrace.kernels.compiled.jit import compiled, helper, output, readonly, types
from pictrace.kernels.compiled.orb import NO_MATCH, nearest_words, planes
from pictrace.kernels.compiled.selection import PERCENTS, select
from pictrace.kernels.keypoints import Geometry, QueryPoints, turns_and_scales
from pictrace.kernels.pool import Fill

__all__ = ["evidence", "score"]


BLOCK = 32  # candidates whose matches stay in the cache between two kernels
TALLIES = (0, 1, 3, 4)  # lines of the tally that are results

TABLES = (
    readonly(types.int32, 1),  # limits
    types.float32,  # tolerance_px
    readonly(types.float32, 2),  # cosines_sines
    readonly(types.float32, 1),  # scales
)
RESULTS = (types.int64, output(types.uint16, 3), output(types.uint8, 2))


def evidence(
    query: QueryPoints,
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
    candidate_points: NDArray[np.float32],
    offsets: NDArray[np.int64],
    geometry: Geometry,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> Fill:
    """What fills counts[:, :, start:stop] and turn[:, start:stop]."""
    tables = geometry.limits, np.float32(geometry.tolerance_px), *turns_and_scales()
    nothing = np.empty((0, 5), np.uint64)

    def fill(start: int, stop: int) -> None:
        chosen = slice(start, stop)
        near = offsets[start : stop + 1]
        matches = best[chosen], second[chosen], index[chosen], candidate_points, nothing, near
        _evidence(query.points, query.cells, *matches, *tables, start, counts, turn)

    return fill


def score(
    query_desc: NDArray[np.uint8],
    query: QueryPoints,
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    geometry: Geometry,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> Fill:
    """What fills counts[:, :, start:stop] and turn[:, start:stop]; rows (total, 40)."""
    tables = geometry.limits, np.float32(geometry.tolerance_px), *turns_and_scales()
    side_by_side, nothing = planes(query_desc), np.empty((0, 4), np.float32)
    words = np.require(rows.view(np.uint64), requirements="A")

    def fill(start: int, stop: int) -> None:
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            own, shape = slice(offsets[first], offsets[last]), (last - first, len(query_desc))
            near = offsets[first : last + 1] - offsets[first]
            best, second = np.full(shape, NO_MATCH, np.uint16), np.full(shape, NO_MATCH, np.uint16)
            index = np.zeros(shape, np.uint16)
            nearest_words(side_by_side, words[own], near, best, second, index)
            matches = best, second, index, nothing, words[own], near
            _evidence(query.points, query.cells, *matches, *tables, first, counts, turn)

    return fill


@helper
def _judge(
    points: NDArray[np.float32],
    candidate: NDArray[np.float32],
    kept: NDArray[np.int32],
    tally: NDArray[np.int32],
    limits: NDArray[np.int32],
    tolerance_px: np.float32,
    cosines_sines: NDArray[np.float32],
    scales: NDArray[np.float32],
) -> None:
    """Fill lines 3 and 4 of ``tally``: consistent matches and the winner's quarter turns, by percent."""
    matches = kept.shape[1]
    blocks = -(-matches // LANES)
    places = np.empty((4, blocks, LANES), np.float32)
    steps = np.empty((2, blocks, LANES), np.int32)
    for k in range(blocks * LANES):
        block, lane = k // LANES, k % LANES
        if k < matches:
            query = points[kept[0, k]]
            turn, grown = step_differences(query, candidate[k])
            places[0, block, lane], places[1, block, lane] = query[0], query[1]
            places[2, block, lane], places[3, block, lane] = candidate[k, 0], candidate[k, 1]
            steps[0, block, lane], steps[1, block, lane] = turn, grown
        else:
            for axis in range(4):
                places[axis, block, lane] = UNREACHABLE if axis < 2 else -UNREACHABLE
            steps[0, block, lane] = steps[1, block, lane] = 0
    flags = np.empty((blocks, LANES), np.int32)
    agree(
        places,
        steps,
        flags,
        kept[2],
        tally[2],
        limits,
        tolerance_px,
        cosines_sines,
        scales,
        tally[3],
        tally[4],
    )


@helper
def _write(
    results: NDArray[np.uint16],
    first: int,
    last: int,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> None:
    """Copy results, (4, T, last - first), to the candidates from first up to last."""
    for column in range(counts.shape[1]):
        for line in range(3):
            for one in range(last - first):
                counts[line, column, first + one] = results[line, column, one]
        for one in range(last - first):
            turn[column, first + one] = results[3, column, one]


@compiled(
    readonly(types.float32, 2),
    readonly(types.int32, 1),
    readonly(types.uint16, 2),
    readonly(types.uint16, 2),
    readonly(types.uint16, 2),
    readonly(types.float32, 2),
    readonly(types.uint64, 2),
    readonly(types.int64, 1),
    *TABLES,
    *RESULTS,
)
def _evidence(
    points: NDArray[np.float32],
    cells: NDArray[np.int32],
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
    candidate_points: NDArray[np.float32],
    words: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    limits: NDArray[np.int32],
    tolerance_px: np.float32,
    cosines_sines: NDArray[np.float32],
    scales: NDArray[np.float32],
    start: int,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> None:
    packed_best, packed_second = np.empty(len(points), np.uint32), np.empty(len(points), np.uint32)
    candidate = np.empty((len(points), 4), np.float32)
    kept = np.empty((3, len(points)), np.int32)
    tally = np.empty((5, PERCENTS), np.int32)
    results = np.empty((4, counts.shape[1], BLOCK), np.uint16)
    cell_keys, row_keys = np.empty(len(points), np.uint64), np.empty(MAX_ROWS, np.uint64)
    for first in range(0, len(best), BLOCK):
        last = min(first + BLOCK, len(best))
        for one in range(first, last):
            for i in range(len(points)):
                packed_best[i] = (np.uint32(best[one, i]) << np.uint32(16)) | index[one, i]
                packed_second[i] = np.uint32(second[one, i]) << np.uint32(16)
            row, rows = offsets[one], offsets[one + 1] - offsets[one]
            keep = select(packed_best, packed_second, cells, limits, row_keys[:rows], cell_keys, kept, tally)
            for k in range(keep):
                if len(words):
                    unpack_point(words[row + kept[1, k], 4], candidate[k])
                else:
                    for axis in range(4):
                        candidate[k, axis] = candidate_points[row + kept[1, k], axis]
            _judge(points, candidate, kept[:, :keep], tally, limits, tolerance_px, cosines_sines, scales)
            for column in range(counts.shape[1]):
                percent = limits[0] + column
                for line in range(4):
                    results[line, column, one - first] = tally[TALLIES[line], percent]
        # By the block: candidate by candidate, each number would touch a cache line of its own.
        _write(results, start + first, start + last, counts, turn)
