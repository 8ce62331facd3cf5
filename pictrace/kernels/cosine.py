"""Cosines of one embedding with many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["cosines"]

MIN_CHUNK = 256


def cosines(query: NDArray[np.float16], rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """Cosine of the angle between an embedding and each of n others.

    Computed in float32, correct to 1e-6.

    Parameters
    ----------
    query : (d,) float16
        Of any length but 0, finite.
    rows : (n, d) float16
        Likewise.

    Returns
    -------
    (n,) float32
        In [-1, 1].

    Raises
    ------
    ValueError
        For another dtype or shape.
    """
    query = arranged(query, np.float16, (None,), "query")
    rows = arranged(rows, np.float16, (None, len(query)), "rows")
    first = query.astype(np.float32)
    first /= max(float(np.linalg.norm(first)), 1e-12)
    found = np.empty(len(rows), np.float32)
    run_chunks(implementation("cosine").fill(first, rows.view(np.uint16), found), len(rows), min_chunk=MIN_CHUNK)
    return np.clip(found, -1, 1, out=found)
