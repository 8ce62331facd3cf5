"""Which matches are judged, compiled; see orb_evidence in pictrace.kernels.orb."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import helper

__all__ = ["PERCENTS", "select"]

PERCENTS = 101
UNSET = np.uint64(0xFFFFFFFFFFFFFFFF)
BITS, ROW_MASK = np.uint32(16), np.uint32(0xFFFF)
LOW_16 = np.uint64(0xFFFF)
BITS_16, BITS_32 = np.uint64(16), np.uint64(32)


@helper
def select(
    best: NDArray[np.uint32],
    second: NDArray[np.uint32],
    cells: NDArray[np.int32],
    limits: NDArray[np.int32],
    row_keys: NDArray[np.uint64],
    cell_keys: NDArray[np.uint64],
    kept: NDArray[np.int32],
    tally: NDArray[np.int32],
) -> int:
    """Choose the matches to judge: one per candidate row, then one per cell of the query.

    best, second: (q or more,), packed distance << 16 | row. Fills the three lines of ``kept`` with
    query positions, candidate rows and percents, ordered by percent, then by query position, and the
    first three of ``tally``, by percent: how many pass, how many rows they hit, how many are kept,
    each up to that percent. Returns how many are kept.
    """
    last = np.uint32(limits[1])
    for line in range(len(tally)):
        for percent in range(PERCENTS):
            tally[line, percent] = 0
    for row in range(len(row_keys)):
        row_keys[row] = UNSET
    for cell in range(len(cell_keys)):
        cell_keys[cell] = UNSET
    passing = kept[0]
    # Half of all matches pass the one or the other test here: to go on by the result costs less than
    # to branch on it, which a processor would guess wrong half of the time.
    passed = 0
    for i in range(len(cells)):
        passing[passed] = i
        passed += np.uint32(100) * (best[i] >> BITS) < last * (second[i] >> BITS)
    for k in range(passed):
        i = passing[k]
        distance, other = best[i] >> BITS, second[i] >> BITS
        percent = np.uint32(100) * distance // other + np.uint32(1)
        tally[0, percent] += 1
        row = best[i] & ROW_MASK
        # The order of preference, as one integer.
        key = (np.uint64(percent) << BITS_32) | (np.uint64(distance) << BITS_16) | np.uint64(i)
        row_keys[row] = min(row_keys[row], key)
    distinct = 0
    for k in range(passed):
        i = passing[k]
        passing[distinct] = i
        distinct += np.int64(row_keys[best[i] & ROW_MASK] & LOW_16) == i
    for k in range(distinct):
        i = passing[k]
        key = row_keys[best[i] & ROW_MASK]
        tally[1, key >> BITS_32] += 1
        cell_keys[cells[i]] = min(cell_keys[cells[i]], key)
    remaining = 0
    for k in range(distinct):
        i = passing[k]
        kept[1, remaining] = i
        remaining += np.int64(cell_keys[cells[i]] & LOW_16) == i
    for k in range(remaining):
        tally[2, cell_keys[cells[kept[1, k]]] >> BITS_32] += 1
    for line in range(3):
        for percent in range(1, PERCENTS):
            tally[line, percent] += tally[line, percent - 1]
    next_free = tally[3]  # a counting sort keeps the order of query positions
    for percent in range(1, PERCENTS):
        next_free[percent] = tally[2, percent - 1]
    for k in range(remaining):
        i = kept[1, k]
        at = np.int64(cell_keys[cells[i]] >> BITS_32)
        kept[0, next_free[at]] = i
        kept[2, next_free[at]] = at
        next_free[at] += 1
    for percent in range(PERCENTS):
        next_free[percent] = 0
    for k in range(remaining):
        kept[1, k] = best[kept[0, k]] & ROW_MASK
    return remaining
