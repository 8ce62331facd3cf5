"""The fitted tail against samples whose tails are known."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace.calibration.tail import beyond


@pytest.mark.parametrize("draw", ["exponential", "pareto"])
def test_the_tail_of_a_known_kind_is_told_about_right(draw: str) -> None:
    """Over fifty samples of 300, one in 3,000 is told within a factor of two and a half, mostly."""
    rng = np.random.default_rng(4)
    told = []
    for _ in range(50):
        sample = rng.exponential(size=300) if draw == "exponential" else rng.pareto(4.0, 300)
        level = np.log(3000) if draw == "exponential" else 3000 ** (1 / 4) - 1
        told.append(beyond(sample, level))
    assert 1 / 7500 < np.median(told) < 1 / 1200


def test_it_falls_with_the_value_and_never_to_nothing() -> None:
    sample = np.random.default_rng(1).normal(size=200)
    told = [beyond(sample, value) for value in (1.5, 2.5, 4.0, 40.0)]
    assert told == sorted(told, reverse=True)
    assert 0 < told[-1] < told[0] <= 0.2


def test_counts_fall_as_counts_do() -> None:
    """Each further one a sixth as often: seven more than the commonest are one in 6^7."""
    sample = np.random.default_rng(5).geometric(5 / 6, 2000).astype(float)
    assert 6**-9 < beyond(sample, 8.0) < 6**-5


def test_a_sample_that_is_too_small_or_all_the_same_says_little() -> None:
    assert beyond(np.arange(29.0), 100.0) == 1.0
    assert beyond(np.ones(100), 2.0) == pytest.approx(1 / 101)
