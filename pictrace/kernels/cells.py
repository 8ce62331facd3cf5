"""In which cells of an inverted multi-index keypoints lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["HALF", "MAX_CELLS", "nearest_cells", "pairs_of"]

BITS = 256
HALF = 32
"""Numbers that each of the two halves has."""

MAX_CELLS = 32
MIN_CHUNK = 64

_SIGNS = np.array([[1 if value >> (3 - bit) & 1 else -1 for bit in range(4)] for value in range(16)], np.float32)


def nearest_cells(
    rows: NDArray[np.uint8],
    directions: NDArray[np.float32],
    centres: NDArray[np.float32],
    squares: NDArray[np.float32],
    most: int,
) -> NDArray[np.uint32]:
    """The cells nearest to keypoints, of which only bits are known.

    Bits, as -1 and 1, times ``directions`` give two halves of 32 numbers. Each half has a distance to each of ``side``
    centres; a cell is a pair of centres, ``first * side + second``, and as far away as both together. Babenko,
    Lempitsky: The inverted multi-index, CVPR 2012, doi:10.1109/CVPR.2012.6248038.

    Parameters
    ----------
    rows : (k, 32) uint8
        256 bits each, in the order of np.unpackbits.
    directions : (256, 64) float32
        The first half's numbers, then the second's.
    centres : (2, 32, side) float32
        Of each half, times -2.
    squares : (2, side) float32
        Their squared lengths.
    most : int
        Cells for each keypoint, 1 to 32, not above ``side``.

    Returns
    -------
    (k, most) uint32
        The nearest first. Where two are equally near up to rounding, implementations may differ.

    Raises
    ------
    ValueError
        For another number of cells, or another dtype or shape.
    """
    rows = arranged(rows, np.uint8, (None, BITS // 8), "rows")
    directions = arranged(directions, np.float32, (BITS, 2 * HALF), "directions")
    centres = arranged(centres, np.float32, (2, HALF, None), "centres")
    squares = arranged(squares, np.float32, (2, centres.shape[2]), "squares")
    if not 1 <= most <= min(MAX_CELLS, centres.shape[2]):
        raise ValueError(f"there can be 1 to {MAX_CELLS} cells a keypoint, of {centres.shape[2]} a half, not {most}")
    cells = np.empty((len(rows), most), np.uint32)
    # What four bits give together is looked up.
    tables = np.ascontiguousarray(_SIGNS @ directions.reshape(BITS // 4, 4, 2 * HALF))
    fill = implementation("cells").nearest(rows, tables, centres, squares, pairs_of(most), cells)
    run_chunks(fill, len(rows), min_chunk=MIN_CHUNK)
    return cells


def pairs_of(most: int) -> NDArray[np.int64]:
    """The pairs (i, j) that may be among the nearest ``most``: the i-th and the j-th nearest centre of both halves.

    Such a pair is behind all pairs of nearer ones, (i + 1) * (j + 1) in all.
    """
    return np.array([(i, j) for i in range(most) for j in range(most) if (i + 1) * (j + 1) <= most], np.int64)
