"""A closer look at the nearest pictures: how rarely chance gives as many details and as good a score together.

Details at a closer look cost too much to be counted for all of a catalog's background. Among wrong pictures they come
by accident, whatever the score is, so that their distribution is laid over the scores that the background knows: that
among photographs that have nothing in common, and among the catalog's own nearest ones that were looked at. Covers
and buildings share more details than photographs of anything do.
"""

from __future__ import annotations

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


def rarity(own: NDArray[np.int64]) -> NDArray[np.float64]:
    """(MOST + 1,) the share of wrong pictures that show at least so many details; own: (n,) counts of the catalog."""
    known = np.concatenate([shipped_details(), own])
    counts = np.arange(MOST + 1)
    shares = (1 + (known >= counts[:, np.newaxis]).sum(axis=1)) / (1 + len(known))
    for count in counts[counts > known.max(initial=0)]:
        shares[count] = min(shares[count], beyond(known, float(count)))
    return np.minimum.accumulate(np.where(counts > 0, shares, 1.0))


def reached(nearest: NDArray[np.float64], level: float, rare: NDArray[np.float64]) -> NDArray[np.float64]:
    """With what probability each search reaches a level of score and details by accident.

    Parameters
    ----------
    nearest : (n, LOOKED_AT) array
        Scores of each search's nearest wrong pictures; -inf where there are no more.
    level
        A score plus DETAIL for each detail.
    rare
        As ``rarity`` gives it.

    Returns
    -------
    (n,) array
    """
    with np.errstate(invalid="ignore"):
        needed = np.ceil((level - nearest) / DETAIL - 1e-9)
    shares = rare[np.clip(needed, 0, MOST).astype(np.intp)]
    shares[np.isneginf(nearest)] = 0
    return np.asarray(1 - np.prod(1 - shares, axis=1))
