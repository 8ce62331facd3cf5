"""Mean SSIM of small pictures, compiled: 64 candidates side by side; see pictrace.kernels.ssim.

At 32 pixels a line is too short for vectors; here lanes are candidates, and a pixel of the query is
one number for all of them. Sums over candidates alone are shared by all orientations of the query.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.interleave import LANES, interleave
from pictrace.kernels.compiled.jit import compiled, fused_helper, output, readonly, types
from pictrace.kernels.pool import Fill
from pictrace.kernels.windows import C1, C2, PIXELS, SAMPLE, covariances, window_sums

__all__ = ["compare_variants"]

MIDDLE_SUM = np.float32(128 * PIXELS)
COUNT = np.float32(PIXELS)
SPREAD, TWICE = np.float32(SAMPLE), np.float32(2 * SAMPLE)
LUMINANCE, CONTRAST = C1, C2
ZERO = np.float32(0)
NO_WORDS = np.empty((0, 0, 0), np.uint64)


def compare_variants(queries: NDArray[np.uint8], rows: NDArray[np.uint8], out: NDArray[np.float32]) -> Fill:
    """What fills out[:, start:stop]; queries (v, S, S), rows (n, S, S), out (v, n)."""
    sums = window_sums(queries)
    variances = covariances(queries, queries, sums, sums)
    x = sums.astype(np.float32)
    # Of each window of the query, all that the similarity needs.
    terms = np.stack([2 * x, 2 * x * MIDDLE_SUM + C1, x - MIDDLE_SUM, x * x, variances], axis=-1)
    centred = queries.astype(np.float32) - np.float32(128)

    def fill(start: int, stop: int) -> None:
        found = np.empty((len(queries), stop - start), np.float32)
        some = rows[start:stop]
        words = np.require(some.view(np.uint64), requirements="A") if some.shape[2] % 8 == 0 else NO_WORDS
        _variants(centred, terms, some, words, found)
        out[:, start:stop] = found

    return fill


@fused_helper
def _add_line(
    line: NDArray[np.float32],
    old: NDArray[np.float32],
    enough: bool,
    column_sums: NDArray[np.float32],
    column_squares: NDArray[np.float32],
) -> None:
    """Bring the sums of y and y * y over seven lines from one line to the next; all (S, LANES)."""
    for c in range(len(line)):
        new, gone, sums, squares = line[c], old[c], column_sums[c], column_squares[c]
        if enough:
            for lane in range(LANES):
                sums[lane] += new[lane] - gone[lane]
                squares[lane] += new[lane] * new[lane] - gone[lane] * gone[lane]
        else:
            for lane in range(LANES):
                sums[lane] += new[lane]
                squares[lane] += new[lane] * new[lane]


@fused_helper
def _add_products(
    x: NDArray[np.float32],
    old_x: NDArray[np.float32],
    line: NDArray[np.float32],
    old: NDArray[np.float32],
    enough: bool,
    column_products: NDArray[np.float32],
) -> None:
    """Likewise for the sums of x * y, (S, LANES), of one query; x and old_x (S,)."""
    for c in range(len(line)):
        new, gone, products = line[c], old[c], column_products[c]
        factor, old_factor = x[c], old_x[c]
        if enough:
            for lane in range(LANES):
                products[lane] += factor * new[lane] - old_factor * gone[lane]
        else:
            for lane in range(LANES):
                products[lane] += factor * new[lane]


@fused_helper
def _slide(columns: NDArray[np.float32], running: NDArray[np.float32], windows: NDArray[np.float32]) -> None:
    """Sums over seven columns, (S - 6, LANES), from those of each column, (S, LANES); running (LANES,)."""
    for lane in range(LANES):
        running[lane] = 0
    for c in range(6):
        column = columns[c]
        for lane in range(LANES):
            running[lane] += column[lane]
    for c in range(len(windows)):
        window, entering, leaving = windows[c], columns[c + 6], columns[c]
        for lane in range(LANES):
            total = running[lane] + entering[lane]
            window[lane] = total
            running[lane] = total - leaving[lane]


@fused_helper
def _candidate_terms(
    window_sums: NDArray[np.float32], luminances: NDArray[np.float32], contrasts: NDArray[np.float32]
) -> None:
    """From the sums of y and, in ``contrasts``, of y * y, what the similarity needs; all (S - 6, LANES)."""
    for c in range(len(window_sums)):
        sums, luminance, contrast = window_sums[c], luminances[c], contrasts[c]
        for lane in range(LANES):
            s = sums[lane]
            luminance[lane] = (s + MIDDLE_SUM) * (s + MIDDLE_SUM) + LUMINANCE
            contrast[lane] = SPREAD * (COUNT * contrast[lane] - s * s) + CONTRAST


@fused_helper
def _add_similarity(
    query: NDArray[np.float32],
    window_sums: NDArray[np.float32],
    luminances: NDArray[np.float32],
    contrasts: NDArray[np.float32],
    products: NDArray[np.float32],
    total: NDArray[np.float32],
) -> None:
    """Add the similarity of all windows of a line, (S - 6, LANES); query (S - 6, 5), total (LANES,)."""
    windows = len(window_sums)
    for c in range(0, windows - 1, 2):  # two windows share one division
        a0, a1, a2, a3, a4 = query[c, 0], query[c, 1], query[c, 2], query[c, 3], query[c, 4]
        b0, b1, b2, b3, b4 = query[c + 1, 0], query[c + 1, 1], query[c + 1, 2], query[c + 1, 3], query[c + 1, 4]
        sum_a, luminance_a, contrast_a, product_a = window_sums[c], luminances[c], contrasts[c], products[c]
        sum_b, luminance_b = window_sums[c + 1], luminances[c + 1]
        contrast_b, product_b = contrasts[c + 1], products[c + 1]
        for lane in range(LANES):
            s, t = sum_a[lane], sum_b[lane]
            above_a = (a0 * s + a1) * (TWICE * (COUNT * product_a[lane] - a2 * s) + CONTRAST)
            above_b = (b0 * t + b1) * (TWICE * (COUNT * product_b[lane] - b2 * t) + CONTRAST)
            below_a = (luminance_a[lane] + a3) * (contrast_a[lane] + a4)
            below_b = (luminance_b[lane] + b3) * (contrast_b[lane] + b4)
            total[lane] += (above_a * below_b + above_b * below_a) / (below_a * below_b)
    for c in range(windows - windows % 2, windows):
        a0, a1, a2, a3, a4 = query[c, 0], query[c, 1], query[c, 2], query[c, 3], query[c, 4]
        sum_a, luminance_a, contrast_a, product_a = window_sums[c], luminances[c], contrasts[c], products[c]
        for lane in range(LANES):
            s = sum_a[lane]
            above_a = (a0 * s + a1) * (TWICE * (COUNT * product_a[lane] - a2 * s) + CONTRAST)
            total[lane] += above_a / ((luminance_a[lane] + a3) * (contrast_a[lane] + a4))


@compiled(
    readonly(types.float32, 3),
    readonly(types.float32, 4),
    readonly(types.uint8, 3),
    readonly(types.uint64, 3),
    output(types.float32, 2),
    fastmath={"contract"},
)
def _variants(
    queries: NDArray[np.float32],
    query_terms: NDArray[np.float32],
    rows: NDArray[np.uint8],
    words: NDArray[np.uint64],
    out: NDArray[np.float32],
) -> None:
    variants, side = queries.shape[0], queries.shape[1]
    windows = side - 6
    y = np.empty((side, side, LANES), np.float32)
    column_sums, column_squares = np.empty((side, LANES), np.float32), np.empty((side, LANES), np.float32)
    column_products = np.empty((variants, side, LANES), np.float32)
    sums, luminances = np.empty((windows, LANES), np.float32), np.empty((windows, LANES), np.float32)
    contrasts, products = np.empty((windows, LANES), np.float32), np.empty((windows, LANES), np.float32)
    running = np.empty(LANES, np.float32)
    total = np.empty((variants, LANES), np.float32)
    for first in range(0, len(rows), LANES):
        last = min(first + LANES, len(rows))
        interleave(rows[first:last], words[first:last], y)
        column_sums[:] = ZERO
        column_squares[:] = ZERO
        column_products[:] = ZERO
        total[:] = ZERO
        for r in range(side):
            enough = r >= 7
            old = r - 7 if enough else 0
            _add_line(y[r], y[old], enough, column_sums, column_squares)
            if r >= 6:
                _slide(column_sums, running, sums)
                _slide(column_squares, running, contrasts)
                _candidate_terms(sums, luminances, contrasts)
            for v in range(variants):
                _add_products(queries[v, r], queries[v, old], y[r], y[old], enough, column_products[v])
                if r >= 6:
                    _slide(column_products[v], running, products)
                    _add_similarity(query_terms[v, r - 6], sums, luminances, contrasts, products, total[v])
        for v in range(variants):
            for lane in range(last - first):
                out[v, first + lane] = total[v, lane] / np.float32(windows * windows)
