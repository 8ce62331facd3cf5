"""Counts of leads, compiled; see pictrace.kernels.leads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, output, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["fill"]

AT_ONCE = 512  # pairs, whose differences stay in the nearest cache while all weights go over them


def fill(
    ahead: NDArray[np.float32], offsets: NDArray[np.int64], weights: NDArray[np.float32], found: NDArray[np.int32]
) -> Fill:
    """What fills found[start:stop], (r, g)."""

    def work(start: int, stop: int) -> None:
        _count(ahead, offsets[start : stop + 1], weights, np.empty(AT_ONCE, np.float32), found[start:stop])

    return work


@compiled(
    readonly(types.float32, 2),
    readonly(types.int64, 1),
    readonly(types.float32, 2),
    output(types.float32, 1),
    output(types.int32, 2),
    fastmath={"contract"},
)
def _count(
    ahead: NDArray[np.float32],
    offsets: NDArray[np.int64],
    weights: NDArray[np.float32],
    lead: NDArray[np.float32],
    found: NDArray[np.int32],
) -> None:
    columns = len(ahead)
    for run in range(len(found)):
        for begin in range(offsets[run], offsets[run + 1], AT_ONCE):
            end = min(begin + AT_ONCE, offsets[run + 1])
            part = lead[: end - begin]  # slices, as indices that may be negative keep loops from being vectorised
            for choice in range(len(weights)):
                first, row = weights[choice, 0], ahead[0, begin:end]
                for i in range(len(part)):
                    part[i] = first * row[i]
                column = 1
                while column + 1 < columns:  # two at a time: half the writing
                    one, other = weights[choice, column], weights[choice, column + 1]
                    row, next_row = ahead[column, begin:end], ahead[column + 1, begin:end]
                    for i in range(len(part)):
                        part[i] += one * row[i] + other * next_row[i]
                    column += 2
                if column < columns:
                    one, row = weights[choice, column], ahead[column, begin:end]
                    for i in range(len(part)):
                        part[i] += one * row[i]
                above = np.int32(0)
                for i in range(len(part)):
                    if part[i] > np.float32(0):
                        above += np.int32(1)
                found[run, choice] += above
