"""Correlation of colour histograms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged, checked_offsets
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["COARSE_BINS", "histogram_coarse", "histogram_correlation", "largest_bins"]

COARSE_BINS = 256
MAX_BINS = 65536


def histogram_correlation(
    query_bins: NDArray[np.uint16],
    query_counts: NDArray[np.float32],
    rows: NDArray[np.uint16],
    offsets: NDArray[np.int64],
    bins: int = 32768,
) -> NDArray[np.float32]:
    """Pearson correlation of one full histogram with each of n, as OpenCV's ``HISTCMP_CORREL``.

    Exact and sparse: (sum h1*h2 - N*m1*m2) / (s1*s2) needs the occupied bins alone. As in OpenCV, a
    histogram with the same count in every bin correlates by 1 with all.

    Parameters
    ----------
    query_bins : (k,) uint16
        The occupied bins, each once, below ``bins``.
    query_counts : (k,) float32
    rows : (total, 3) uint16
        Bin, count modulo 65536, count div 65536.
    offsets : (n + 1,) int64
        Where each candidate's rows begin and end.
    bins
        Of the full histogram, occupied or not: N, 1 to 65536.

    Returns
    -------
    (n,) float32
        In [-1, 1]; NaN where either histogram has no rows.

    Raises
    ------
    ValueError
        For another number of bins, another dtype or shape, or offsets that leave the rows.
    """
    query_bins = arranged(query_bins, np.uint16, (None,), "query_bins")
    query_counts = arranged(query_counts, np.float32, query_bins.shape, "query_counts")
    rows = arranged(rows, np.uint16, (None, 3), "rows")
    offsets = checked_offsets(offsets, len(rows))
    if not 1 <= bins <= MAX_BINS:
        raise ValueError(f"there can be 1 to {MAX_BINS} bins, not {bins}")
    out = np.full(len(offsets) - 1, np.nan, np.float32)
    if len(query_bins):
        query, sums = _dense(query_bins, query_counts)
        fill = implementation("histogram").correlate(query, sums, bins, rows, offsets, out)
        run_chunks(fill, len(out), min_chunk=64)
    return out


def histogram_coarse(query: NDArray[np.uint16], rows: NDArray[np.uint16]) -> NDArray[np.float32]:
    """histogram_correlation on the 256 largest bins alone, all others taken as empty, of 32768.

    Parameters
    ----------
    query : (256, 2) uint16
        From largest_bins.
    rows : (n, 256, 2) uint16
        Likewise.

    Returns
    -------
    (n,) float32
        In [-1, 1]; NaN where either histogram is empty.

    Raises
    ------
    ValueError
        For another dtype or shape.
    """
    query = arranged(query, np.uint16, (COARSE_BINS, 2), "query")
    rows = arranged(rows, np.uint16, (None, COARSE_BINS, 2), "rows")
    out = np.full(len(rows), np.nan, np.float32)
    if query[:, 1].any():
        dense, sums = _dense(query[:, 0], query[:, 1].astype(np.float32))
        fill = implementation("histogram").correlate_coarse(dense, sums, rows, out)
        run_chunks(fill, len(rows), min_chunk=256)
    return out


def largest_bins(rows: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The 256 largest bins of one histogram: (256, 2) uint16, (bin, share), 1 KB, ascending by bin.

    The share is relative to the largest bin's count, which becomes 65535: a correlation does not
    depend on a histogram's scale. Unused rows are zero; on ties the lower bin is kept.

    rows: (k, 3) uint16 as in histogram_correlation.
    """
    rows = arranged(rows, np.uint16, (None, 3), "rows")
    counts = rows[:, 1].astype(np.float64) + 65536.0 * rows[:, 2]
    largest = np.lexsort((rows[:, 0], -counts))[:COARSE_BINS]
    largest = largest[np.argsort(rows[largest, 0])]
    found = np.zeros((COARSE_BINS, 2), np.uint16)
    found[: len(largest), 0] = rows[largest, 0]
    found[: len(largest), 1] = np.rint(counts[largest] * (65535.0 / max(1.0, counts.max(initial=0.0))))
    return found


def _dense(bins: NDArray[np.uint16], counts: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """All counts by bin, (65536,), and the sums of the counts and of their squares, (2,)."""
    # As long as uint16 reaches, so that no bin of a candidate can lie outside of it.
    dense = np.zeros(MAX_BINS, np.float32)
    np.add.at(dense, bins, counts)  # unused rows of largest_bins all name bin 0
    wide = counts.astype(np.float64)
    # Not a product of vectors: for that numpy would wake another library's pool of threads.
    return dense, np.array([wide.sum(), np.square(wide).sum()])
