"""How many matches agree with one similarity transform, compiled; see orb_evidence in pictrace.kernels.orb."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import helper
from pictrace.kernels.keypoints import OCTAVES, PX, RADIANS, SCALE_LIMIT, SCALE_STEPS, TURN_STEP, TURN_STEPS

__all__ = ["LANES", "UNREACHABLE", "agree", "step_differences", "unpack_point"]

LANES = 16
UNREACHABLE = np.float32(1e9)  # px
QUARTER = TURN_STEPS // 4
STEPS_PER_OCTAVE = np.float32(SCALE_STEPS)
CIRCLE = np.int32(TURN_STEPS - 1)
WHOLE_SCALE = np.float32(1)
PX_STEP, ANGLE_STEP, LOG2_STEP = PX, RADIANS, OCTAVES
LOW_16, LOW_8 = np.uint64(0xFFFF), np.uint64(0xFF)
BITS_16, BITS_32, BITS_48 = np.uint64(16), np.uint64(32), np.uint64(48)


@helper
def unpack_point(word: np.uint64, point: NDArray[np.float32]) -> None:
    """The last eight bytes of a packed keypoint as (x px, y px, radians, log2 of the scale), (4,)."""
    point[0] = np.float32(word & LOW_16) * PX_STEP
    point[1] = np.float32((word >> BITS_16) & LOW_16) * PX_STEP
    point[2] = np.float32((word >> BITS_32) & LOW_16) * ANGLE_STEP
    point[3] = np.float32((word >> BITS_48) & LOW_8) * LOG2_STEP


@helper
def step_differences(query: NDArray[np.float32], candidate: NDArray[np.float32]) -> tuple[Any, Any]:
    """Turn (0 to 4095) and scale (-2048 to 2048) from one point, (4,), to another, in steps."""
    turn = np.int64(np.rint((candidate[2] - query[2]) * TURN_STEP)) % TURN_STEPS
    grown = np.int64(np.rint((candidate[3] - query[3]) * STEPS_PER_OCTAVE))
    return turn, min(max(grown, -SCALE_LIMIT), SCALE_LIMIT)


@helper
def agree(
    places: NDArray[np.float32],
    steps: NDArray[np.int32],
    flags: NDArray[np.int32],
    passes_at: NDArray[np.int32],
    ends: NDArray[np.int32],
    limits: NDArray[np.int32],
    tolerance_px: np.float32,
    cosines_sines: NDArray[np.float32],
    scales: NDArray[np.float32],
    most: NDArray[np.int32],
    turned: NDArray[np.int32],
) -> None:
    """Fill ``most`` and ``turned`` at the thresholds, from ``limits[0]`` to ``limits[1]`` percent.

    k matches in the order of thresholds, then unreachable ones up to whole blocks of LANES: places
    (4, blocks, LANES), x and y of the query's and of the candidate's points; steps (2, blocks, LANES),
    turn and scale; flags (blocks, LANES) is scratch; passes_at (k,). ends (101,): the matches that
    pass at each percent. most and turned (101,): agreeing matches and quarter turns of the winner,
    zeros before.
    """
    first, last = limits[0], limits[1]
    turn_steps, scale_steps = limits[2], limits[3]
    turn_span, scale_span = np.uint32(2 * turn_steps), np.uint32(2 * scale_steps)
    flat_places, flat_steps = places.reshape(4, flags.size), steps.reshape(2, flags.size)
    flat_flags = flags.reshape(flags.size)
    for i in range(len(passes_at)):
        query_x, query_y, x, y = flat_places[0, i], flat_places[1, i], flat_places[2, i], flat_places[3, i]
        turn, grown = flat_steps[0, i], flat_steps[1, i]
        scale = scales[grown + SCALE_LIMIT]
        along, across = cosines_sines[turn, 0] * scale, cosines_sines[turn, 1] * scale
        right = x - (along * query_x - across * query_y)
        down = y - (across * query_x + along * query_y)
        reach = tolerance_px * min(scale, WHOLE_SCALE)
        square = reach * reach
        # Whole numbers stay in 32 bits, as the coordinates, so that all vectors have one length.
        lowest_turn, lowest_grown = np.int32(turn - turn_steps), np.int32(grown - scale_steps)
        total = np.int32(0)
        for block in range(len(flags)):
            xs, ys = places[0, block], places[1, block]
            to_xs, to_ys = places[2, block], places[3, block]
            turns, growths, agrees = steps[0, block], steps[1, block], flags[block]
            for j in range(LANES):
                miss_x = along * xs[j] - across * ys[j] + right - to_xs[j]
                miss_y = across * xs[j] + along * ys[j] + down - to_ys[j]
                near = miss_x * miss_x + miss_y * miss_y <= square
                same_turn = np.uint32(np.int32(turns[j] - lowest_turn) & CIRCLE) <= turn_span
                same_scale = np.uint32(growths[j] - lowest_grown) <= scale_span
                agrees[j] = np.int32(near & same_turn & same_scale)
                total = np.int32(total + agrees[j])
        total = np.int32(total + 1 - flat_flags[i])
        flat_flags[i] = 1  # exactly, whatever rounding does
        percent = max(passes_at[i], first)
        if total <= most[percent]:
            continue  # more cannot be had at a later threshold either, where most is no smaller
        agreeing = done = 0
        for at in range(percent, last + 1):
            for j in range(done, ends[at]):
                agreeing += flat_flags[j]
            done = ends[at]
            if agreeing > most[at]:
                most[at] = agreeing
                # OpenCV's angles grow clockwise on screen, quarter turns counter-clockwise.
                turned[at] = (TURN_STEPS - turn + QUARTER // 2) // QUARTER % 4
