"""Mean SSIM, compiled: one candidate after another, vectors along the columns; see pictrace.kernels.ssim.

Gray levels are taken relative to 128, which changes no covariance: all sums of a window are then whole
numbers that float32 holds exactly. Everything is scaled by 49 ** 2, to divide by nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import compiled, output, readonly, types
from pictrace.kernels.compiled.ssim_lanes import compare_variants
from pictrace.kernels.pool import Fill
from pictrace.kernels.windows import C1, C2, PIXELS, SAMPLE, WINDOW_PX

__all__ = ["compare_chosen", "compare_pairs", "compare_variants", "shrink"]

MIDDLE = np.float32(128)
MIDDLE_SUM = np.float32(128 * PIXELS)
COUNT = np.float32(PIXELS)
SPREAD, TWICE = np.float32(SAMPLE), np.float32(2 * SAMPLE)
TWO = np.float32(2)
WHOLE = np.float32(1)
ABOVE_1, ABOVE_2 = C1, C2


def compare_pairs(query: NDArray[np.uint8], rows: NDArray[np.uint8], out: NDArray[np.float32]) -> Fill:
    """What fills out[start:stop]; query (S, S), rows (n, S, S), out (n,)."""
    prepared = _prepared(query)

    def fill(start: int, stop: int) -> None:
        _pairs(*prepared, rows[start:stop], out[start:stop])

    return fill


def compare_chosen(
    queries: NDArray[np.uint8], choice: NDArray[np.integer], rows: NDArray[np.uint8], out: NDArray[np.float32]
) -> Fill:
    """What fills out[start:stop]; queries (v, S, S), choice (n,) of them, rows (n, S, S), out (n,)."""
    prepared = {int(one): _prepared(queries[one]) for one in np.unique(choice)}

    def fill(start: int, stop: int) -> None:
        for one in range(start, stop):
            _pairs(*prepared[int(choice[one])], rows[one : one + 1], out[one : one + 1])

    return fill


def _prepared(
    query: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What depends on the query alone: (S, S) relative to 128, and of each window (S - 6, S - 6) sum and variance."""
    windows = (len(query) - WINDOW_PX + 1,) * 2
    made = np.empty(query.shape, np.float32), np.empty(windows, np.float32), np.empty(windows, np.float32)
    _prepare(np.ascontiguousarray(query), *made)
    return made


def shrink(rows: NDArray[np.uint8], out: NDArray[np.uint8]) -> Fill:
    """What fills out[start:stop]; rows (n, S, S), out (n, s, s), s a divisor of S."""

    def fill(start: int, stop: int) -> None:
        _shrink(rows[start:stop], out[start:stop])

    return fill


@compiled(readonly(types.uint8, 3), output(types.uint8, 3))
def _shrink(rows: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    side, small = rows.shape[1], out.shape[1]
    times = side // small
    share = WHOLE / np.float32(times * times)
    columns = np.empty(side, np.int32)
    for one in range(len(out)):
        for r in range(small):
            columns[:] = 0
            for i in range(times):
                line = rows[one, r * times + i]
                for c in range(side):
                    columns[c] += np.int32(line[c])
            for c in range(small):
                total = 0
                for i in range(times):
                    total += columns[c * times + i]
                out[one, r, c] = np.uint8(np.rint(np.float32(total) * share))


@compiled(readonly(types.uint8, 2), output(types.float32, 2), output(types.float32, 2), output(types.float32, 2))
def _prepare(
    query: NDArray[np.uint8],
    centred: NDArray[np.float32],
    sums: NDArray[np.float32],
    variances: NDArray[np.float32],
) -> None:
    side = len(query)
    x, xx = np.zeros(side, np.int32), np.zeros(side, np.int32)
    for r in range(side):
        line = query[r]
        for c in range(side):
            new = np.int32(line[c])
            centred[r, c] = np.float32(new) - MIDDLE
            x[c] += new
            xx[c] += np.int32(new * new)  # whole numbers stay in 32 bits, where twice as many fit into a vector
        if r >= WINDOW_PX:
            gone = query[r - WINDOW_PX]
            for c in range(side):
                old = np.int32(gone[c])
                x[c] -= old
                xx[c] -= np.int32(old * old)
        if r < WINDOW_PX - 1:
            continue
        for c in range(side - WINDOW_PX + 1):
            s = np.int32(x[c] + x[c + 1] + x[c + 2] + x[c + 3] + x[c + 4] + x[c + 5] + x[c + 6])
            squares = np.int32(xx[c] + xx[c + 1] + xx[c + 2] + xx[c + 3] + xx[c + 4] + xx[c + 5] + xx[c + 6])
            sums[r - WINDOW_PX + 1, c] = np.float32(s)
            variances[r - WINDOW_PX + 1, c] = SPREAD * np.float32(np.int32(np.int32(PIXELS) * squares - s * s))


@compiled(
    readonly(types.float32, 2),
    readonly(types.float32, 2),
    readonly(types.float32, 2),
    readonly(types.uint8, 3),
    output(types.float32, 1),
    fastmath={"contract"},
)
def _pairs(
    query: NDArray[np.float32],
    query_sums: NDArray[np.float32],
    query_variances: NDArray[np.float32],
    rows: NDArray[np.uint8],
    out: NDArray[np.float32],
) -> None:
    side = len(query)
    windows = side - 6
    # Sums over the last seven pixels of each column: of y, y * y and x * y.
    y, yy, xy = np.empty(side, np.float32), np.empty(side, np.float32), np.empty(side, np.float32)
    similarity = np.empty(windows, np.float32)
    for one in range(len(out)):
        for c in range(side):
            y[c] = yy[c] = xy[c] = 0
        for c in range(windows):
            similarity[c] = 0
        for r in range(side):
            line, x = rows[one, r], query[r]
            if r < 7:
                for c in range(side):
                    new = np.float32(line[c]) - MIDDLE
                    y[c] += new
                    yy[c] += new * new
                    xy[c] += new * x[c]
            else:
                old_line, old_x = rows[one, r - 7], query[r - 7]
                for c in range(side):
                    new, old = np.float32(line[c]) - MIDDLE, np.float32(old_line[c]) - MIDDLE
                    y[c] += new - old
                    yy[c] += new * new - old * old
                    xy[c] += new * x[c] - old * old_x[c]
            if r < 6:
                continue
            sums, variances = query_sums[r - 6], query_variances[r - 6]
            for c in range(windows):
                s = y[c] + y[c + 1] + y[c + 2] + y[c + 3] + y[c + 4] + y[c + 5] + y[c + 6]
                squares = yy[c] + yy[c + 1] + yy[c + 2] + yy[c + 3] + yy[c + 4] + yy[c + 5] + yy[c + 6]
                products = xy[c] + xy[c + 1] + xy[c + 2] + xy[c + 3] + xy[c + 4] + xy[c + 5] + xy[c + 6]
                sum_x, sum_y = sums[c], s + MIDDLE_SUM
                covariance = COUNT * products - (sum_x - MIDDLE_SUM) * s
                variance = COUNT * squares - s * s
                above = (TWO * sum_x * sum_y + ABOVE_1) * (TWICE * covariance + ABOVE_2)
                below = (sum_x * sum_x + sum_y * sum_y + ABOVE_1) * (SPREAD * variance + variances[c] + ABOVE_2)
                similarity[c] += above / below
        total = 0.0
        for c in range(windows):
            total += similarity[c]
        out[one] = total / (windows * windows)
