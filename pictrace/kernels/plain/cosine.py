"""Cosines of embeddings in numpy; see pictrace.kernels.cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["fill"]

ROWS_AT_ONCE = 64  # half a megabyte as float32, which stays in the processor's cache


def fill(query: NDArray[np.float32], rows: NDArray[np.uint16], found: NDArray[np.float32]) -> Fill:
    """What fills found[start:stop]; query (d,) of length 1, rows (n, d) the bits of float16, found (n,)."""
    halves = rows.view(np.float16)

    def work(start: int, stop: int) -> None:
        some = np.empty((min(ROWS_AT_ONCE, stop - start), rows.shape[1]), np.float32)
        for first in range(start, stop, ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE, stop)
            part = some[: last - first]
            part[:] = halves[first:last]
            lengths = np.sqrt(np.vecdot(part, part))
            found[first:last] = np.vecdot(part, query) / np.maximum(lengths, np.float32(1e-12))

    return work
