"""A closer look at the nearest pictures: how rarely chance gives as many details and as good a score together.

Details at a closer look cost too much to be counted for a catalog's background. Among wrong pictures they come by
accident, whatever the score is, so that their distribution over photographs that have nothing in common is laid over
the scores that the background knows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.shipped import shipped_details
from pictrace.calibration.tail import beyond

__all__ = ["DETAIL", "LOOKED_AT", "reached"]

DETAIL = 0.04
"""Of score, that one more detail is worth, as the balanced preset counts keypoints."""

LOOKED_AT = 5
"""Pictures of a search that are looked at closely; see pictrace.service.second_look."""

MOST = 64


@cache
def rarity() -> NDArray[np.float64]:
    """(MOST + 1,) the share of wrong pictures that show at least so many details."""
    known = shipped_details()
    counts = np.arange(MOST + 1)
    shares = (1 + (known >= counts[:, np.newaxis]).sum(axis=1)) / (1 + len(known))
    for count in counts[counts > known.max(initial=0)]:
        shares[count] = min(shares[count], beyond(known, float(count)))
    return np.minimum.accumulate(np.where(counts > 0, shares, 1.0))


def reached(nearest: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """With what probability each search reaches a level of score and details by accident.

    Parameters
    ----------
    nearest : (n, LOOKED_AT) array
        Scores of each search's nearest wrong pictures; -inf where there are no more.
    level
        A score plus DETAIL for each detail.

    Returns
    -------
    (n,) array
    """
    with np.errstate(invalid="ignore"):
        needed = np.ceil((level - nearest) / DETAIL - 1e-9)
    shares = rarity()[np.clip(needed, 0, MOST).astype(np.intp)]
    shares[np.isneginf(nearest)] = 0
    return np.asarray(1 - np.prod(1 - shares, axis=1))
