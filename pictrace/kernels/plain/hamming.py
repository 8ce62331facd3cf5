"""Hamming distance of binary codes in numpy; see pictrace.kernels.hamming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["nearest", "pairs", "rows"]

Pairs = NDArray[np.int64]

ROWS_AT_ONCE = 1024  # their intermediate results stay in the processor's cache


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


def rows(query: NDArray[np.uint64], codes: NDArray[np.uint64], bits: NDArray[np.uint16]) -> Fill:
    """What fills bits[start:stop]; query (w,), codes (n, w), bits (n,)."""

    def fill(start: int, stop: int) -> None:
        for first in range(start, stop, ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE, stop)
            np.bitwise_count(codes[first:last] ^ query).sum(axis=1, dtype=np.uint16, out=bits[first:last])

    return fill


def pairs(
    queries: NDArray[np.uint64], codes: NDArray[np.uint64], stops: NDArray[np.int64], most_bits: int, found: list[Pairs]
) -> Fill:
    """What adds to ``found`` the pairs of queries[start:stop]; queries (n, v), codes (m,), stops (n,)."""

    def fill(start: int, stop: int) -> None:
        for query in range(start, stop):
            distance = np.bitwise_count(queries[query][:, np.newaxis] ^ codes[: stops[query]])
            position = distance.argmin(axis=0)
            bits = distance.min(axis=0)
            near = np.flatnonzero(bits <= most_bits)
            rows = np.stack([np.full(len(near), query), near, bits[near], position[near]], axis=1)
            found.append(rows.astype(np.int64))

    return fill
