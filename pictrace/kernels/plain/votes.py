"""Votes of keypoints in numpy; see pictrace.kernels.votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

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
            sums = np.zeros((best.shape[1], TURNS), np.float32)
            for i in range(offsets[variant], offsets[variant + 1]):
                lists = [entries[a:b] for a, b in zip(first[i], last[i], strict=True)]
                found = np.concatenate(lists)
                code = found[:, 0] | found[:, 1].astype(np.uint64) << np.uint64(32)
                weight = np.repeat(weights[i], last[i] - first[i]) * falloff[np.bitwise_count(code ^ signatures[i])]
                voting = np.flatnonzero(weight > 0)
                picture = (found[:, 2] >> np.uint32(8))[voting]
                order = np.lexsort((-weight[voting], picture))  # stable: of equal ones the first
                _, leading = np.unique(picture[order], return_index=True)
                chosen = voting[order[leading]]
                turn = (found[chosen, 2].astype(np.uint8) - turns[i]) >> np.uint8(4)
                sums[found[chosen, 2] >> np.uint32(8), turn] += weight[chosen]
            best[variant] = (sums + np.roll(sums, -1, axis=1)).max(axis=1)

    return fill
