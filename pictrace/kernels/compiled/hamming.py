"""Hamming distance of binary codes, compiled; see pictrace.kernels.hamming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, output, popcount, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["nearest", "rows"]


def nearest(
    queries: NDArray[np.uint64],
    codes: NDArray[np.uint64],
    bits: NDArray[np.uint8],
    position: NDArray[np.uint8],
) -> Fill:
    """What fills bits[start:stop] and position[start:stop]; queries (v,), all others (n,)."""

    def fill(start: int, stop: int) -> None:
        _nearest(queries, codes[start:stop], bits[start:stop], position[start:stop])

    return fill


@compiled(readonly(types.uint64, 1), readonly(types.uint64, 1), output(types.uint8, 1), output(types.uint8, 1))
def _nearest(
    queries: NDArray[np.uint64],
    codes: NDArray[np.uint64],
    bits: NDArray[np.uint8],
    position: NDArray[np.uint8],
) -> None:
    query = queries[0]
    for i in range(len(codes)):
        bits[i] = popcount(codes[i] ^ query)
        position[i] = 0
    for number in range(1, len(queries)):
        query = queries[number]
        for i in range(len(codes)):
            distance = np.uint8(popcount(codes[i] ^ query))
            nearer = distance < bits[i]
            position[i] = np.uint8(number) if nearer else position[i]
            bits[i] = min(distance, bits[i])


def rows(query: NDArray[np.uint64], codes: NDArray[np.uint64], bits: NDArray[np.uint16]) -> Fill:
    """What fills bits[start:stop]; query (w,), codes (n, w), bits (n,)."""

    def fill(start: int, stop: int) -> None:
        _rows(query, codes[start:stop], bits[start:stop])

    return fill


@compiled(readonly(types.uint64, 1), readonly(types.uint64, 2), output(types.uint16, 1))
def _rows(query: NDArray[np.uint64], codes: NDArray[np.uint64], bits: NDArray[np.uint16]) -> None:
    for i in range(len(codes)):
        count = np.uint64(0)
        for word in range(len(query)):
            count += popcount(codes[i, word] ^ query[word])
        bits[i] = np.uint16(count)
