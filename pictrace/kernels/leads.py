"""How many pictures score above each of some others, under many choices of weights at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged, checked_offsets
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["leads"]

MIN_CHUNK = 4


def leads(ahead: NDArray[np.float32], offsets: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int32]:
    """Of each of r runs of pairs, in how many the weighted sum of the differences is above 0.

    Parameters
    ----------
    ahead : (c, p) float32
        By how much the other picture of each pair is ahead, by column; the pairs of one run are neighbours.
    offsets : (r + 1,) int64
        Where each run begins and ends.
    weights : (g, c) float32
        Choices of weights.

    Returns
    -------
    (r, g) int32

    Raises
    ------
    ValueError
        For another dtype or shape, and for offsets beyond the pairs.
    """
    ahead = arranged(ahead, np.float32, (None, None), "ahead")
    weights = arranged(weights, np.float32, (None, len(ahead)), "weights")
    offsets = checked_offsets(offsets, ahead.shape[1])
    found = np.zeros((len(offsets) - 1, len(weights)), np.int32)
    run_chunks(implementation("leads").fill(ahead, offsets, weights, found), len(found), min_chunk=MIN_CHUNK)
    return found
