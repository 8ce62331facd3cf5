"""The score that is held against chance: the weighted mean over all metrics, compared or not.

A ranking leaves out what can compare the query with nothing. A query without keypoints, such as a clear sky, then
scores high against every other sky, and its scores would not stand beside those of others. Here they are low instead.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["all_told", "scores_of"]


def all_told(similarities: Iterable[tuple[float, NDArray[np.float32]]]) -> NDArray[np.float64]:
    """(n,) the mean of similarities (n,), each with its weight, at least one above 0; NaN counts as 0."""
    total, score = 0.0, np.zeros(1)
    for weight, similarity in similarities:
        if weight > 0:
            total += weight
            score = score + weight * np.nan_to_num(similarity.astype(np.float64))
    return np.asarray(score / total)


def scores_of(table: ScoreTable, criteria: Criteria) -> NDArray[np.float64]:
    """(n,) of a table's pictures; NaN where no metric with a weight could compare them."""
    _, similarity = table.under(criteria)
    weights = [criteria.weights.get(name, 0.0) for name in table.names]
    score = all_told(zip(weights, similarity.T, strict=True))
    weighing = np.array([weight > 0 for weight in weights])
    return np.where(np.isnan(similarity[:, weighing]).all(axis=1), np.nan, score)
