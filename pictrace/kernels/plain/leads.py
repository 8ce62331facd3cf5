"""Counts of leads in numpy; see pictrace.kernels.leads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.pool import Fill

__all__ = ["fill"]


def fill(
    ahead: NDArray[np.float32], offsets: NDArray[np.int64], weights: NDArray[np.float32], found: NDArray[np.int32]
) -> Fill:
    """What fills found[start:stop], (r, g)."""

    def work(start: int, stop: int) -> None:
        for run in range(start, stop):
            lead = weights @ ahead[:, offsets[run] : offsets[run + 1]]
            found[run] = (lead > 0).sum(axis=1)

    return work
