"""Where the metrics disagree about one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.explore.weights.mixing import UNRANKED, Mixer, mean_ranks, weights_of
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["Dispute", "agreement", "disputes"]

FEWEST = 3
"""Pictures that a correlation needs: two are always in perfect agreement, or in perfect disagreement."""


def agreement(table: ScoreTable, criteria: Criteria) -> NDArray[np.float64]:
    """Spearman's rank correlation of each pair of metrics, (m, m) in [-1, 1].

    It is taken over the pictures that both can compare; equal similarities share the mean of their ranks (C. Spearman,
    "The proof and measurement of association between two things", 1904, doi:10.2307/1412159; as
    ``scipy.stats.spearmanr``). NaN where a metric gives all of them the same, or fewer than three are comparable.
    """
    similarity = table.under(criteria)[1].T
    present = ~np.isnan(similarity)
    complete = [mean_ranks(row[there]) for row, there in zip(similarity, present, strict=True)]
    found = np.full((len(similarity), len(similarity)), np.nan)
    for i in range(len(similarity)):
        for j in range(i, len(similarity)):
            both = present[i] & present[j]
            count = both.sum()
            one = complete[i] if count == len(complete[i]) else mean_ranks(similarity[i, both])
            other = complete[j] if count == len(complete[j]) else mean_ranks(similarity[j, both])
            found[i, j] = found[j, i] = _correlation(one, other)
    return found


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(one) < FEWEST:
        return float("nan")
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(np.clip((one @ other) / spread, -1, 1)) if spread > 0 else float("nan")


@dataclass(frozen=True)
class Dispute:
    """A picture on which the metrics disagree.

    Attributes
    ----------
    ranks
        By metric name, 1 the most similar, equals sharing the mean of their ranks; None where it cannot compare the
        pair, or gives all pictures the same.
    now
        Its rank by the weights as they are, None where it has none.
    spread
        The worst rank over the best, as a number of doublings.
    """

    id: int
    ranks: Mapping[str, float | None]
    now: float | None
    spread: float


def disputes(table: ScoreTable, criteria: Criteria, *, most: int = 8) -> tuple[Dispute, ...]:
    """The pictures that the metrics dispute most, the most disputed first.

    What counts is the ratio of a picture's ranks, not their difference: first here and hundredth there is a dispute,
    nine-hundredth and thousandth is none.
    """
    if not len(table.ids):
        return ()
    mixer, weights = Mixer.of(table, criteria), weights_of(table, criteria)
    ranks = np.stack([_ranks(row) for row in mixer.scores(np.eye(len(table.names)))])
    now = _ranks(mixer.scores(weights[np.newaxis])[0])
    known = ~np.isnan(ranks)
    high = np.where(known, ranks, -np.inf).max(axis=0)
    low = np.where(known, ranks, np.inf).min(axis=0)
    compared = known.sum(axis=0) > 1
    spread = np.zeros(len(table.ids))
    spread[compared] = np.log2(high[compared] / low[compared])
    order = np.argsort(-spread, kind="stable")[:most]
    return tuple(
        Dispute(
            int(table.ids[one]),
            {name: _known(rank) for name, rank in zip(table.names, ranks[:, one], strict=True)},
            _known(now[one]),
            float(spread[one]),
        )
        for one in order.tolist()
        if spread[one] > 0
    )


def _ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean ranks, (n,); NaN where unranked, and everywhere where all are equal."""
    ranks = np.full(len(scores), np.nan)
    there = scores != UNRANKED
    if there.any() and (scores[there] != scores[there][0]).any():
        ranks[there] = mean_ranks(scores[there])
    return ranks


def _known(rank: float) -> float | None:
    return None if np.isnan(rank) else float(rank)
