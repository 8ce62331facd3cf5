"""Hamming distance of binary codes: of 64 bits, or of many times 64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["hamming64_pairs", "hamming64_variants", "hamming_rows"]

MIN_CHUNK_ROWS = 4096
MIN_CHUNK_QUERIES = 16
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


def hamming64_pairs(
    queries: NDArray[np.uint64], codes: NDArray[np.uint64], stops: NDArray[np.int64], *, most_bits: int
) -> NDArray[np.int64]:
    """All pairs of n pictures with m codes that differ in few bits.

    Parameters
    ----------
    queries : (n, v) uint64
        The codes of each picture, such as those of its eight orientations; the nearest counts. v from 1 to 255.
    codes : (m,) uint64
    stops : (n,) int64
        Each picture is compared with the codes before this position, 0 to m, so that no pair is looked at twice.
    most_bits : int
        0 to 64.

    Returns
    -------
    (k, 4) int64
        Row of ``queries``, position in ``codes``, bits that differ, and which of the v codes it was, the first on
        ties; by row and position.

    Raises
    ------
    ValueError
        For numbers out of range, or another dtype or shape.
    """
    queries = arranged(queries, np.uint64, (None, None), "queries")
    codes = arranged(codes, np.uint64, (None,), "codes")
    stops = arranged(stops, np.int64, (len(queries),), "stops")
    if not 1 <= queries.shape[1] <= 255:
        raise ValueError(f"there must be 1 to 255 codes a picture, not {queries.shape[1]}")
    if len(stops) and not 0 <= stops.min() <= stops.max() <= len(codes):
        raise ValueError(f"stops must lie within the {len(codes)} codes")
    if not 0 <= most_bits <= 64:
        raise ValueError(f"most_bits must lie within 0 to 64, not {most_bits}")
    found = [np.empty((0, 4), np.int64)]
    run_chunks(
        implementation("hamming").pairs(queries, codes, stops, most_bits, found),
        len(queries),
        min_chunk=MIN_CHUNK_QUERIES,
    )
    rows = np.concatenate(found)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]
