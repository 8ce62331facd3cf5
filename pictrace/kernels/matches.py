"""Which matches of one pair count, and which agree on one transform: in numpy, for scoring and for showing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.keypoints import (
    SCALE_LIMIT,
    SCALE_STEPS,
    TURN_STEP,
    TURN_STEPS,
    Geometry,
    QueryPoints,
    turns_and_scales,
)

__all__ = ["agreement_of", "chosen_matches"]

Integers = NDArray[np.int64]


def chosen_matches(
    query: QueryPoints,
    best: NDArray[np.integer],
    second: NDArray[np.integer],
    index: NDArray[np.integer],
    percent: int,
) -> tuple[Integers, Integers, Integers, Integers]:
    """Which matches of one candidate pass the ratio test at this percentage, and which of them count.

    Returns, all int64: at what percentage each query descriptor passes, (q,); those that pass; of them one
    per candidate keypoint, the surest first; and the places among these of the one per cell of the query
    that takes part in the vote on the geometry, ascending.
    """
    passes_at = 100 * best.astype(np.int64) // np.maximum(second, 1) + 1
    passing = np.flatnonzero((second > 0) & (passes_at <= percent))
    # One after the other, each keeps the first of its group in this order.
    order = passing[np.lexsort((passing, best[passing], passes_at[passing]))]
    distinct = order[np.unique(index[order], return_index=True)[1]]
    distinct = distinct[np.lexsort((distinct, best[distinct], passes_at[distinct]))]
    voters = np.sort(np.unique(query.cells[distinct], return_index=True)[1])
    return passes_at, passing, distinct, voters


def agreement_of(
    query: NDArray[np.float32], candidate: NDArray[np.float32], geometry: Geometry
) -> tuple[NDArray[np.bool_], Integers]:
    """(k, k) whether match j agrees with the proposal of match i, and the quarter turns of each, (k,)."""
    cosines_sines, scales = turns_and_scales()
    turn = np.rint((candidate[:, 2] - query[:, 2]) * TURN_STEP).astype(np.int64) % TURN_STEPS
    grown = np.rint((candidate[:, 3] - query[:, 3]) * np.float32(SCALE_STEPS)).astype(np.int64)
    grown = np.clip(grown, -SCALE_LIMIT, SCALE_LIMIT)
    scale = scales[grown + SCALE_LIMIT]
    along, across = (cosines_sines[turn] * scale[:, np.newaxis]).T
    shift_x = candidate[:, 0] - (along * query[:, 0] - across * query[:, 1])
    shift_y = candidate[:, 1] - (across * query[:, 0] + along * query[:, 1])
    a, b, right, down = (each[:, np.newaxis] for each in (along, across, shift_x, shift_y))
    miss_x = a * query[:, 0] - b * query[:, 1] + right - candidate[:, 0]
    miss_y = b * query[:, 0] + a * query[:, 1] + down - candidate[:, 1]
    reach = np.float32(geometry.tolerance_px) * np.minimum(scale, np.float32(1))
    near = miss_x * miss_x + miss_y * miss_y <= (reach * reach)[:, np.newaxis]
    apart = (turn - turn[:, np.newaxis] + TURN_STEPS // 2) % TURN_STEPS - TURN_STEPS // 2
    same_turn = np.abs(apart) <= geometry.turn_steps
    same_scale = np.abs(grown - grown[:, np.newaxis]) <= geometry.scale_steps
    agreement = near & same_turn & same_scale
    np.fill_diagonal(agreement, True)  # exactly, whatever rounding does
    quarter = TURN_STEPS // 4
    # OpenCV's angles grow clockwise on screen, quarter turns counter-clockwise.
    return agreement, (TURN_STEPS - turn + quarter // 2) // quarter % 4
