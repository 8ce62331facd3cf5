"""Two pictures against each other: every metric's number, and what explaining each needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pictrace.features import FeatureBatch
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import ComparedPair
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, Match, ScoreTable

__all__ = ["PairScores", "compare_queries"]


@dataclass(frozen=True)
class PairScores:
    """The second picture as the only candidate of a search for the first; pairs: by metric name."""

    first: Query
    second: Query
    table: ScoreTable
    pairs: Mapping[str, ComparedPair]

    def match(self, criteria: Criteria) -> Match | None:
        """The pair under these criteria; None where no metric with a weight can compare it."""
        ranked = self.table.rank(criteria)
        return ranked[0] if ranked else None


def compare_queries(
    first: Query, second: Query, metrics: Sequence[Metric] | None = None, *, orientations: bool = True
) -> PairScores:
    """The first, in each of its orientations that has features, against the second as it is.

    Nothing is extracted again.

    Parameters
    ----------
    first, second
        The pictures with their features.
    metrics
        By default, those that the first has features of.
    orientations
        Compare it in all of them, not only upright.
    """
    chosen = first.metrics if metrics is None else tuple(metrics)
    pairs = {}
    for metric in chosen:
        queries, candidate = first.features[metric.name], second.features[metric.name][UPRIGHT]
        if not orientations:
            queries = {UPRIGHT: queries[UPRIGHT]}
        scores = metric.compare_variants(queries, FeatureBatch.of([candidate], metric.layout))
        pairs[metric.name] = ComparedPair(first.image, second.image, queries, candidate, scores)
    columns = tuple(pairs[metric.name].scores for metric in chosen)
    return PairScores(first, second, ScoreTable(np.array([second.id], np.int64), chosen, columns, 1), pairs)
