"""Hamming distance of 64-bit codes in numpy; see pictrace.kernels.hamming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["nearest"]


def nearest(
    queries: NDArray[np.uint64],
    codes: NDArray[np.uint64],
    bits: NDArray[np.uint8],
    position: NDArray[np.uint8],
) -> Fill:
    """What fills bits[start:stop] and position[start:stop]; queries (v,), all others (n,)."""

    def fill(start: int, stop: int) -> None:
        some = codes[start:stop]
        fewest = np.bitwise_count(some ^ queries[0])
        first = np.zeros(len(some), np.uint8)
        for number, query in enumerate(queries[1:], start=1):
            distance = np.bitwise_count(some ^ query)
            nearer = distance < fewest
            fewest[nearer] = distance[nearer]
            first[nearer] = number
        bits[start:stop] = fewest
        position[start:stop] = first

    return fill
