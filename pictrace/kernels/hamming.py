"""Hamming distance of binary codes: of 64 bits, or of many times 64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["hamming64_variants", "hamming_rows"]

MIN_CHUNK_ROWS = 4096
MIN_CHUNK = 65536  # under 10 microseconds; a second thread would not be awake by then


def hamming64_variants(
    queries: NDArray[np.uint64], codes: NDArray[np.uint64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The nearest of v codes (such as those of eight orientations) to each of n codes.

    Parameters
    ----------
    queries : (v,) uint64
        v from 1 to 255.
    codes : (n,) uint64

    Returns
    -------
    bits : (n,) uint8
        The smallest number of differing bits, 0 to 64.
    position : (n,) uint8
        The position in ``queries`` that gave it, the first on ties.

    Raises
    ------
    ValueError
        For another number of queries, or another dtype or shape.
    """
    queries = arranged(queries, np.uint64, (None,), "queries")
    codes = arranged(codes, np.uint64, (None,), "codes")
    if not 1 <= len(queries) <= 255:
        raise ValueError(f"there must be 1 to 255 query codes, not {len(queries)}")
    bits = np.empty(len(codes), np.uint8)
    position = np.empty(len(codes), np.uint8)
    fill = implementation("hamming").nearest(queries, codes, bits, position)
    run_chunks(fill, len(codes), min_chunk=MIN_CHUNK)
    return bits, position


def hamming_rows(query: NDArray[np.uint64], codes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Number of bits in which a long code differs from each of n others.

    Parameters
    ----------
    query : (w,) uint64
        w at most 1023, so that the number fits.
    codes : (n, w) uint64

    Returns
    -------
    (n,) uint16
        0 to 64 w.

    Raises
    ------
    ValueError
        For a longer code, or another dtype or shape.
    """
    query = arranged(query, np.uint64, (None,), "query")
    codes = arranged(codes, np.uint64, (None, len(query)), "codes")
    if len(query) > 1023:
        raise ValueError(f"a code must have at most 1023 words, not {len(query)}")
    bits = np.empty(len(codes), np.uint16)
    run_chunks(implementation("hamming").rows(query, codes, bits), len(codes), min_chunk=MIN_CHUNK_ROWS)
    return bits
