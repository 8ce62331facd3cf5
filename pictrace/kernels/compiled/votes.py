"""Votes of keypoints, compiled; see pictrace.kernels.votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, output, popcount, readonly, types
from pictrace.kernels.pool import Fill
from pictrace.lent import lent

__all__ = ["votes"]

TURNS = 16


def votes(
    signatures: NDArray[np.uint64],
    turns: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    weights: NDArray[np.float32],
    falloff: NDArray[np.float32],
    entries: NDArray[np.uint32],
    best: NDArray[np.float32],
) -> Fill:
    """What fills best[start:stop], (v, pictures)."""

    def fill(start: int, stop: int) -> None:
        for variant in range(start, stop):
            part = slice(offsets[variant], offsets[variant + 1])
            pictures = best.shape[1]
            sums = lent.empty((pictures, TURNS), np.float32)
            sums.fill(0)
            _votes(
                signatures[part],
                turns[part],
                first[part],
                last[part],
                weights[part],
                falloff,
                entries,
                sums,
                np.zeros(pictures, np.int32),
                np.zeros(pictures, np.float32),
                np.zeros(pictures, np.uint8),
                best[variant],
            )

    return fill


@compiled(
    readonly(types.uint64, 1),
    readonly(types.uint8, 1),
    readonly(types.int64, 2),
    readonly(types.int64, 2),
    readonly(types.float32, 2),
    readonly(types.float32, 1),
    readonly(types.uint32, 2),
    output(types.float32, 2),
    output(types.int32, 1),
    output(types.float32, 1),
    output(types.uint8, 1),
    output(types.float32, 1),
)
def _votes(
    signatures: NDArray[np.uint64],
    turns: NDArray[np.uint8],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    weights: NDArray[np.float32],
    falloff: NDArray[np.float32],
    entries: NDArray[np.uint32],
    sums: NDArray[np.float32],
    voter: NDArray[np.int32],
    pending: NDArray[np.float32],
    step: NDArray[np.uint8],
    best: NDArray[np.float32],
) -> None:
    for i in range(len(signatures)):
        low, high = np.uint32(signatures[i]), np.uint32(signatures[i] >> np.uint64(32))
        for j in range(first.shape[1]):
            weight = weights[i, j]
            for e in range(first[i, j], last[i, j]):
                distance = popcount(entries[e, 0] ^ low) + popcount(entries[e, 1] ^ high)
                vote = weight * falloff[distance]
                if vote > 0:
                    picture = entries[e, 2] >> np.uint32(8)
                    turn = np.uint8(entries[e, 2] - turns[i]) >> np.uint8(4)
                    if voter[picture] != i + 1:
                        # The former keypoint's vote is settled; 0 is added to a picture without one.
                        sums[picture, step[picture]] += pending[picture]
                        voter[picture], pending[picture], step[picture] = i + 1, vote, turn
                    elif vote > pending[picture]:
                        pending[picture], step[picture] = vote, turn
    for picture in range(len(best)):
        sums[picture, step[picture]] += pending[picture]
        most = np.float32(0)
        for at in range(TURNS):
            most = max(most, sums[picture, at] + sums[picture, (at + 1) % TURNS])
        best[picture] = most
