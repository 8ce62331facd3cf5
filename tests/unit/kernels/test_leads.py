"""Counts of leads: both implementations against what is counted one by one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pictrace.kernels import forced, leads

SIZES = (3, 0, 700, 1, 1300)  # a run of none, and runs beyond what is done at once


@pytest.mark.parametrize("columns", [1, 2, 5, 8])
@pytest.mark.parametrize("backend", ["plain", "compiled"])
def test_counts_are_those_of_one_by_one(backend: str, columns: int) -> None:
    random = np.random.default_rng(columns)
    offsets = np.concatenate([[0], np.cumsum(SIZES)])
    ahead = random.integers(-8, 9, (columns, offsets[-1])).astype(np.float32) / np.float32(8)  # sums of these are exact
    weights = random.integers(0, 5, (7, columns)).astype(np.float32)
    with forced("plain" if backend == "plain" else "compiled"):
        found = leads(ahead, offsets, weights)
    assert found.dtype == np.int32
    for run, (begin, end) in enumerate(pairwise(offsets.tolist())):
        for choice, one in enumerate(weights):
            sums = [sum(float(w) * float(a) for w, a in zip(one, pair, strict=True)) for pair in ahead[:, begin:end].T]
            assert found[run, choice] == sum(total > 0 for total in sums)


def test_what_does_not_fit_is_refused() -> None:
    ahead, offsets, weights = np.zeros((2, 3), np.float32), np.array([0, 3]), np.zeros((1, 2), np.float32)
    assert leads(ahead, offsets, weights).tolist() == [[0]]
    with pytest.raises(ValueError, match="weights"):
        leads(ahead, offsets, np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="offsets"):
        leads(ahead, np.array([0, 4]), weights)
