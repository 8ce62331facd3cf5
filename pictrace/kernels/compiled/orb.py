"""Nearest descriptors, compiled; see pictrace.kernels.orb.

Query descriptors lie side by side as four planes of uint64, so that one vector instruction serves
eight of them. Distance and row are packed in one integer, ``distance << 16 | row``: its minimum is
the nearest row, the lowest on ties, and the row comes for free.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, helper, output, popcount, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["NO_MATCH", "coarse", "nearest", "nearest_words", "planes"]

WORDS = 4
LANES = 16
NO_MATCH = 65535
FARTHEST = 1 << 30
SHIFT = np.uint32(16)
ROW_MASK = np.uint32(0xFFFF)


def planes(query: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Descriptors (q, 32) uint8 as (4, p) uint64, p = q rounded up to whole vectors."""
    padded = np.zeros((-(-len(query) // LANES) * LANES, WORDS), np.uint64)
    padded[: len(query)] = query.view(np.uint64)
    return np.ascontiguousarray(padded.T)


def nearest(
    query: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
) -> Fill:
    """What fills best, second and index[start:stop]; rows (total, 32), the three (n, q)."""
    side_by_side = planes(query)
    words = np.require(rows.view(np.uint64), requirements="A")

    def fill(start: int, stop: int) -> None:
        chosen = slice(start, stop)
        nearest_words(side_by_side, words, offsets[start : stop + 1], best[chosen], second[chosen], index[chosen])

    return fill


def coarse(
    query: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    counts: NDArray[np.uint8],
    out: NDArray[np.uint16],
) -> Fill:
    """What fills out[start:stop]; query (k, 32), rows (n, 64, 32), counts and out (n,)."""
    side_by_side = planes(query)
    words = np.require(rows.view(np.uint64), requirements="A")

    def fill(start: int, stop: int) -> None:
        _coarse(side_by_side, len(query), words[start:stop], counts[start:stop], out[start:stop])

    return fill


@helper
def _packed(w0: np.uint64, w1: np.uint64, w2: np.uint64, w3: np.uint64, row: np.uint32) -> np.uint32:
    distance = np.uint32(popcount(w0) + popcount(w1) + popcount(w2) + popcount(w3))
    return np.uint32((distance << SHIFT) | row)


@helper
def _two_nearest(
    query: NDArray[np.uint64],
    words: NDArray[np.uint64],
    best: NDArray[np.uint32],
    second: NDArray[np.uint32],
) -> None:
    """Fill the packed best and second of each lane, (p,), over the rows of words, (m, 4 or more)."""
    q0, q1, q2, q3 = query[0], query[1], query[2], query[3]
    for i in range(len(best)):
        best[i] = second[i] = np.uint32(FARTHEST)
    rows = len(words)
    whole = rows - rows % 4
    for row in range(0, whole, 4):  # four a pass: a quarter of the loads and stores of best and second
        a0, a1, a2, a3 = words[row, 0], words[row, 1], words[row, 2], words[row, 3]
        b0, b1, b2, b3 = words[row + 1, 0], words[row + 1, 1], words[row + 1, 2], words[row + 1, 3]
        c0, c1, c2, c3 = words[row + 2, 0], words[row + 2, 1], words[row + 2, 2], words[row + 2, 3]
        d0, d1, d2, d3 = words[row + 3, 0], words[row + 3, 1], words[row + 3, 2], words[row + 3, 3]
        row_a, row_b, row_c, row_d = (
            np.uint32(row),
            np.uint32(row + 1),
            np.uint32(row + 2),
            np.uint32(row + 3),
        )
        for i in range(len(best)):
            x0, x1, x2, x3 = q0[i], q1[i], q2[i], q3[i]
            a = _packed(x0 ^ a0, x1 ^ a1, x2 ^ a2, x3 ^ a3, row_a)
            b = _packed(x0 ^ b0, x1 ^ b1, x2 ^ b2, x3 ^ b3, row_b)
            c = _packed(x0 ^ c0, x1 ^ c1, x2 ^ c2, x3 ^ c3, row_c)
            d = _packed(x0 ^ d0, x1 ^ d1, x2 ^ d2, x3 ^ d3, row_d)
            low, high = min(min(a, b), min(c, d)), min(max(min(a, b), min(c, d)), min(max(a, b), max(c, d)))
            second[i] = min(min(second[i], high), max(best[i], low))
            best[i] = min(best[i], low)
    for row in range(whole, rows):
        a0, a1, a2, a3 = words[row, 0], words[row, 1], words[row, 2], words[row, 3]
        row_a = np.uint32(row)
        for i in range(len(best)):
            a = _packed(q0[i] ^ a0, q1[i] ^ a1, q2[i] ^ a2, q3[i] ^ a3, row_a)
            second[i] = min(second[i], max(best[i], a))
            best[i] = min(best[i], a)


@compiled(
    readonly(types.uint64, 2),
    readonly(types.uint64, 2),
    readonly(types.int64, 1),
    output(types.uint16, 2),
    output(types.uint16, 2),
    output(types.uint16, 2),
)
def nearest_words(
    query: NDArray[np.uint64],
    words: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
) -> None:
    """Fill the three (n, q) for candidates with at least two rows of words, (total, 4 or more)."""
    packed_best = np.empty(query.shape[1], np.uint32)
    packed_second = np.empty(query.shape[1], np.uint32)
    for one in range(len(best)):
        if offsets[one + 1] - offsets[one] < 2:
            continue
        _two_nearest(query, words[offsets[one] : offsets[one + 1]], packed_best, packed_second)
        for i in range(best.shape[1]):
            best[one, i] = packed_best[i] >> SHIFT
            second[one, i] = packed_second[i] >> SHIFT
            index[one, i] = packed_best[i] & ROW_MASK


@compiled(
    readonly(types.uint64, 2),
    types.int64,
    readonly(types.uint64, 3),
    readonly(types.uint8, 1),
    output(types.uint16, 1),
)
def _coarse(
    query: NDArray[np.uint64],
    descriptors: int,
    words: NDArray[np.uint64],
    counts: NDArray[np.uint8],
    out: NDArray[np.uint16],
) -> None:
    best = np.empty(query.shape[1], np.uint32)
    second = np.empty(query.shape[1], np.uint32)
    for one in range(len(out)):
        if counts[one] < 2:
            continue
        _two_nearest(query, words[one, : counts[one]], best, second)
        hit = np.uint64(0)  # one bit per row: there are 64
        for i in range(descriptors):
            passes = np.uint64(4 * (best[i] >> SHIFT) < 3 * (second[i] >> SHIFT))
            hit |= passes << np.uint64(best[i] & ROW_MASK)
        out[one] = popcount(hit)
