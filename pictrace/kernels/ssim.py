"""Mean structural similarity (SSIM) of gray pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["shrunk", "ssim_chosen", "ssim_pairs", "ssim_variants"]

WINDOW_PX = 7
SMALL_PX = 64  # up to this side, candidates are compared side by side rather than one after another
LANES = 64


def ssim_pairs(query: NDArray[np.uint8], rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean SSIM of one picture with each of n others.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE Transactions on Image Processing
    13 (2004), doi:10.1109/TIP.2003.819861. As scikit-image's ``structural_similarity(a, b,
    data_range=255)``: window 7, uniform, sample covariance, without the outer 3 pixels; within 5e-5, on
    photographs within 5e-6.

    Parameters
    ----------
    query : (S, S) uint8
        Gray, 0 to 255, S >= 7.
    rows : (n, S, S) uint8

    Returns
    -------
    (n,) float32
        In [-1, 1].

    Raises
    ------
    ValueError
        For another dtype or shape.
    """
    query = arranged(query, np.uint8, (None, None), "query")
    if len(query) <= SMALL_PX:
        return np.asarray(ssim_variants(query[np.newaxis], rows)[0])
    side = _side(query[np.newaxis])
    rows = arranged(rows, np.uint8, (None, side, side), "rows")
    out = np.empty(len(rows), np.float32)
    compare = implementation("ssim").compare_pairs(query, rows, out)
    run_chunks(compare, len(rows), min_chunk=4)
    return out


def ssim_chosen(
    queries: NDArray[np.uint8], choice: NDArray[np.integer], rows: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Mean SSIM of each of n others with one of v pictures: candidate i with ``queries[choice[i]]``.

    Parameters
    ----------
    queries : (v, S, S) uint8
        Gray, 0 to 255, S >= 7.
    choice : (n,) integers
        From 0 to v - 1.
    rows : (n, S, S) uint8

    Returns
    -------
    (n,) float32
        In [-1, 1], as ssim_pairs gives for each.

    Raises
    ------
    ValueError
        For a choice outside of the queries, or another dtype or shape.
    """
    queries = arranged(queries, np.uint8, (None, None, None), "queries")
    side = _side(queries)
    rows = arranged(rows, np.uint8, (None, side, side), "rows")
    if choice.shape != (len(rows),) or (len(rows) and not 0 <= choice.min() <= choice.max() < len(queries)):
        raise ValueError(f"choice must be {len(rows)} whole numbers from 0 to {len(queries) - 1}")
    out = np.empty(len(rows), np.float32)
    compare = implementation("ssim").compare_chosen(queries, choice, rows, out)
    run_chunks(compare, len(rows), min_chunk=4)
    return out


def ssim_variants(queries: NDArray[np.uint8], rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean SSIM of v pictures (such as the eight orientations of one) with each of n others.

    The formula of ssim_pairs, made for small S: what depends on a candidate alone is computed once.

    Parameters
    ----------
    queries : (v, S, S) uint8
        Gray, 0 to 255, S >= 7.
    rows : (n, S, S) uint8

    Returns
    -------
    (v, n) float32
        In [-1, 1].

    Raises
    ------
    ValueError
        For another dtype or shape.
    """
    queries = arranged(queries, np.uint8, (None, None, None), "queries")
    side = _side(queries)
    rows = arranged(rows, np.uint8, (None, side, side), "rows")
    out = np.empty((len(queries), len(rows)), np.float32)
    if len(queries):
        compare = implementation("ssim").compare_variants(queries, rows, out)
        run_chunks(compare, len(rows), min_chunk=LANES)
    return out


def shrunk(rows: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Squares scaled down by area, as OpenCV's INTER_AREA does.

    Parameters
    ----------
    rows : (n, S, S) uint8
    side : int
        S divided by a whole number of 3 or more.

    Returns
    -------
    (n, side, side) uint8
        Means, rounded to the nearest whole number, a half to the even one.

    Raises
    ------
    ValueError
        For another side, dtype or shape.
    """
    rows = arranged(rows, np.uint8, (None, rows.shape[-1], rows.shape[-1]), "rows")
    if side < 1 or rows.shape[-1] % side or rows.shape[-1] < 3 * side:  # of two a side, OpenCV rounds a half up
        raise ValueError(f"squares of {rows.shape[-1]} px cannot be made {side} px wide by three or more pixels each")
    small = np.empty((len(rows), side, side), np.uint8)
    run_chunks(implementation("ssim").shrink(rows, small), len(rows), min_chunk=16)
    return small


def _side(queries: NDArray[np.uint8]) -> int:
    _, height, width = queries.shape
    if height != width or height < WINDOW_PX:
        raise ValueError(f"pictures must be squares of at least {WINDOW_PX} px, not {width} x {height}")
    return int(height)
