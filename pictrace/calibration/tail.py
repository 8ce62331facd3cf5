"""How rarely a value is reached, beyond the largest of a sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "beyond"]

FEWEST = 30
"""Values that a tail is fitted to at the least; fewer say nothing of what they do not hold."""

SHARE = 0.1
FEWEST_EXCESSES = 10
HEAVIEST = 0.5


def beyond(sample: NDArray[np.float64], value: float) -> float:
    """The share of values of the sample's kind that are at least as large as one in or beyond its upper tenth.

    A generalised Pareto distribution, fitted by probability-weighted moments to what exceeds the upper tenth's border
    (Hosking, Wallis: Parameter and quantile estimation for the generalized Pareto distribution, Technometrics 29
    (1987), doi:10.1080/00401706.1987.10488243). A tail that would end is taken for an exponential one, which does not:
    that no larger value can come is nothing that a sample shows.

    Parameters
    ----------
    sample : (n,) array
        Independent values, in any order, no NaN.
    value
        At least the border; smaller ones are counted, not fitted.

    Returns
    -------
    float
        From 0 to 1; 1 where the sample has fewer than FEWEST values.
    """
    n = len(sample)
    if n < FEWEST:
        return 1.0
    ordered = np.sort(sample)
    lowest = ordered[n - max(FEWEST_EXCESSES, int(n * SHARE))]
    above = n - int(np.searchsorted(ordered, lowest))
    if above == n:  # all the same: a value beyond them is of another kind
        return 1 / (n + 1)
    # Halfway to the next lower one: of counts, half a step below them.
    border = float(lowest + ordered[n - above - 1]) / 2
    excesses = ordered[n - above :] - border
    mean = float(excesses.mean())
    # Weighted by the share that is larger: a_1 of the fit.
    weighted = float((excesses * (above - 0.65 - np.arange(above)) / above).sum()) / above
    shape = min(HEAVIEST, max(0.0, 2 - mean / (mean - 2 * weighted))) if mean > 2 * weighted else 0.0
    scale = mean * (1 - shape)
    reach = max(0.0, value - border) / scale
    share = math.exp(-reach) if shape < 1e-6 else (1 + shape * reach) ** (-1 / shape)
    return min(1.0, above / n * share)
