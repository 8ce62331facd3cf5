"""Two pictures against each other: every metric's number, and what explaining each needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import UPRIGHT
from pictrace.images.pixels import RGBImage
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import ComparedPair
from pictrace.metrics.orientations import fitting
from pictrace.searching.query import Query
from pictrace.searching.scoring import score_exactly
from pictrace.searching.table import Criteria, Match, ScoreTable

__all__ = ["PairScores", "compare_as_scored", "compare_queries"]


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
    if not orientations:
        upright = {metric.name: {UPRIGHT: first.features[metric.name][UPRIGHT]} for metric in chosen}
        first = replace(first, features=upright)
    candidates = {metric.name: second.features[metric.name][UPRIGHT] for metric in chosen}
    batches = {metric.name: FeatureBatch.of([candidates[metric.name]], metric.layout) for metric in chosen}
    columns = score_exactly(first, chosen, batches)
    pairs = {
        metric.name: ComparedPair(
            first.image, second.image, first.features[metric.name], candidates[metric.name], scores
        )
        for metric, scores in zip(chosen, columns, strict=True)
    }
    return PairScores(first, second, ScoreTable(np.array([second.id], np.int64), chosen, columns, 1), pairs)


def compare_as_scored(
    query: Query,
    image: RGBImage,
    metric: Metric,
    table: ScoreTable,
    picture_id: int,
    *,
    candidate: Features | None = None,
) -> ComparedPair:
    """All that explaining a match needs: the query in the orientations that its scores in the table are of.

    Parameters
    ----------
    query, table
        What was searched, and what that gave.
    image
        The match's original, as images.reading.load gives it.
    metric, picture_id
        Of the table.
    candidate
        The match's features, where they are at hand, and the image is only to draw on.
    """
    scored = table.columns[table.names.index(metric.name)].variant[..., int(np.searchsorted(table.ids, picture_id))]
    features = query.features[metric.name]
    told = {fitting(int(index), metric.variants) for index in np.unique(scored)}
    chosen = {variant: features[variant] for variant in features if variant in told}
    candidate = metric.extract(image) if candidate is None else candidate
    scores = metric.compare_variants(chosen, FeatureBatch.of([candidate], metric.layout))
    return ComparedPair(query.image, image, chosen, candidate, scores)
