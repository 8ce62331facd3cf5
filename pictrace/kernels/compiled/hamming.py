"""Hamming distance of binary codes, compiled; see pictrace.kernels.hamming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, output, popcount, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["nearest", "pairs", "rows"]

BLOCK = 2048  # codes whose distances stay in the cache
ROOM = 4096  # pairs that are first made room for


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


def pairs(
    queries: NDArray[np.uint64],
    codes: NDArray[np.uint64],
    stops: NDArray[np.int64],
    most_bits: int,
    found: list[NDArray[np.int64]],
) -> Fill:
    """What adds to ``found`` the pairs of queries[start:stop]; queries (n, v), codes (m,), stops (n,)."""

    def fill(start: int, stop: int) -> None:
        count, rows = np.zeros(1, np.int64), np.empty((ROOM, 4), np.int64)
        _pairs(queries[start:stop], codes, stops[start:stop], most_bits, rows, count)
        if count[0] > len(rows):  # counted to the end, though there was no room
            rows = np.empty((int(count[0]), 4), np.int64)
            _pairs(queries[start:stop], codes, stops[start:stop], most_bits, rows, count)
        rows = rows[: count[0]]
        rows[:, 0] += start
        found.append(rows)

    return fill


@compiled(
    readonly(types.uint64, 2),
    readonly(types.uint64, 1),
    readonly(types.int64, 1),
    types.int64,
    output(types.int64, 2),
    output(types.int64, 1),
)
def _pairs(
    queries: NDArray[np.uint64],
    codes: NDArray[np.uint64],
    stops: NDArray[np.int64],
    most_bits: int,
    rows: NDArray[np.int64],
    count: NDArray[np.int64],
) -> None:
    fewest = np.empty(BLOCK, np.uint8)
    total = 0
    for first in range(0, len(codes), BLOCK):
        for i in range(len(queries)):
            last = min(first + BLOCK, stops[i])
            size = last - first
            if size <= 0:
                continue
            query = queries[i, 0]
            for j in range(size):
                fewest[j] = popcount(codes[first + j] ^ query)
            for number in range(1, queries.shape[1]):
                query = queries[i, number]
                for j in range(size):
                    fewest[j] = min(np.uint8(popcount(codes[first + j] ^ query)), fewest[j])
            for j in range(size):
                if fewest[j] <= most_bits:
                    if total < len(rows):
                        position = 0
                        while popcount(codes[first + j] ^ queries[i, position]) != fewest[j]:
                            position += 1
                        rows[total, 0], rows[total, 1] = i, first + j
                        rows[total, 2], rows[total, 3] = fewest[j], position
                    total += 1
    count[0] = total
