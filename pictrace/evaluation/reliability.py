"""Is what is said true? Said and real false alarms, and how often a match that scores so much is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.chance import calibrated
from pictrace.evaluation.cube import Block, Cube
from pictrace.searching.table import Criteria

__all__ = ["SAID", "Alarms", "Shown", "alarms_of", "isotonic", "shown_of"]

SAID = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

MATCHES = 5
"""Of each query, as many as are shown by default."""

FEWEST_SHOWN = 20


@dataclass(frozen=True)
class Alarms:
    """How often chance is said to do as well as the best wrong picture, by query.

    Attributes
    ----------
    strangers
        (s,) of queries that match nothing.
    held_out
        (h,) of the other queries, as if none of their right pictures were in the catalog.
    searches
        Without an answer, that what is said rests on.
    """

    strangers: NDArray[np.float64]
    held_out: NDArray[np.float64]
    searches: int

    def was(self, said: float) -> tuple[int, int]:
        """How many strangers, and how many others, raise an alarm where this share is accepted."""
        return int((self.strangers <= said).sum()), int((self.held_out <= said).sum())


@dataclass(frozen=True)
class Shown:
    """Matches that are shown, in groups of neighbouring scores whose share of right ones never falls.

    lowest, right, of: (g,) each, the lowest score first: from which score on, and how many of how many are right.
    """

    lowest: NDArray[np.float64]
    right: NDArray[np.int64]
    of: NDArray[np.int64]

    def at(self, score: float) -> float:
        """The share of right ones among matches that score so much."""
        right, of = self.about(score)
        return right / of

    def about(self, score: float) -> tuple[int, int]:
        """How many of how many are right that score about as much."""
        place = max(0, int(np.searchsorted(self.lowest, score, side="right")) - 1)
        return int(self.right[place]), int(self.of[place])

    def reaches(self, share: float) -> float | None:
        """The score from which on at least this share is right; None where it never is."""
        enough = np.flatnonzero(self.right >= share * self.of)
        return float(self.lowest[enough[0]]) if len(enough) else None


def alarms_of(cube: Cube, criteria: Criteria, sources: Sequence[Accidents]) -> Alarms | None:
    """By the score alone, before a closer look; None where no accidents fit what is compared.

    Parameters
    ----------
    cube
        The queries; every wrong picture of each is taken for a stranger.
    criteria
        What is ranked by; CriteriaError where its settings were not scored.
    sources
        What is known of chance in the catalog.
    """
    weights = cube.weights_of(criteria)
    compared = [_compared(cube, one, weights) for one in cube.blocks]
    known = {names: calibrated(sources, cube.metrics, criteria, compared=names) for names in set(compared)}
    strangers, others = list[float](), list[float]()
    for block, names in zip(cube.blocks, compared, strict=True):
        wrong = np.ones(len(block.ids), np.bool_)
        wrong[block.right] = False
        calibration = known[names]
        if calibration is None:
            return None
        if wrong.any():
            share = calibration.p(float(_all_told(block, weights)[wrong].max()), cube.catalog_size - block.total)
            (others if block.total else strangers).append(share)
    searches = max((one.searches for one in known.values() if one is not None), default=0)
    return Alarms(np.array(strangers), np.array(others), searches)


def _compared(cube: Cube, block: Block, weights: NDArray[np.float32]) -> frozenset[str]:
    """Names of the metrics with a weight that could compare a query with anything."""
    return frozenset(cube.columns[place].metric for place in np.flatnonzero(block.able & (weights > 0)))


def _all_told(block: Block, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) scores as they are held against chance; see pictrace.calibration.scores."""
    chosen = np.flatnonzero(weights)
    told: NDArray[np.float64] = weights[chosen].astype(np.float64) @ block.similarity[chosen] / weights.sum()
    return told


def shown_of(cube: Cube, criteria: Criteria) -> Shown | None:
    """How many of the matches that are shown are right, by their score; None where too little was shown."""
    weights = cube.weights_of(criteria)
    scores, rights = [np.empty(0, np.float32)], [np.empty(0, np.bool_)]
    for block in cube.blocks:
        fused = block.fused(weights)
        best = np.argsort(-fused, kind="stable")[:MATCHES]
        scores.append(fused[best])
        rights.append(np.isin(best, block.right))
    return isotonic(np.concatenate(scores), np.concatenate(rights))


def isotonic(score: NDArray[np.float32], right: NDArray[np.bool_]) -> Shown | None:
    """Isotonic regression of what is right on the score, both (n,); None of fewer than FEWEST_SHOWN.

    M. Ayer et al., "An empirical distribution function for sampling with incomplete information", 1955,
    doi:10.1214/aoms/1177728423: neighbours whose shares would fall are pooled.
    """
    if len(score) < FEWEST_SHOWN:
        return None
    levels, place = np.unique(score, return_inverse=True)
    pools: list[tuple[float, int, int]] = []
    for level, hits, of in zip(levels, np.bincount(place, right), np.bincount(place), strict=True):
        pools.append((float(level), int(hits), int(of)))
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            (lowest, hits_below, of_below), (_, hits_here, of_here) = pools[-2:]
            pools[-2:] = [(lowest, hits_below + hits_here, of_below + of_here)]
    return Shown(
        np.array([lowest for lowest, _, _ in pools]),
        np.array([hits for _, hits, _ in pools], np.int64),
        np.array([of for _, _, of in pools], np.int64),
    )
