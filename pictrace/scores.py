"""The result of one search, and its ranking: everything that a slider moves happens here.

A ScoreTable is computed once per query. Ranking only reads it: weights, ranking settings (such as
ORB's ratio threshold) and thresholds change nothing in it and recompute nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import CriteriaError
from pictrace.images import VARIANTS, Variant
from pictrace.metrics.base import Metric, RawScores, Settings, SettingValue

__all__ = ["Criteria", "Match", "MetricScore", "ScoreTable"]


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What counts as a match.

    weights: metric name to a number of 0 or more; a metric that is not named weighs nothing.
    settings: metric name to its ranking settings, such as ``{"orb": {"ratio": 0.75}}``.
    min_score: fused scores below it are left out, 0 to 1.
    top: how many matches at the most.
    """

    weights: Mapping[str, float]
    settings: Mapping[str, Settings] = field(default_factory=dict)
    min_score: float = 0.0
    top: int = 5

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if not math.isfinite(weight) or weight < 0:
                raise CriteriaError(f"The weight of {name} is {weight}. Give a number of 0 or more.")
        if not 0 <= self.min_score <= 1:
            raise CriteriaError(f"The minimum score is {self.min_score}. Give a number between 0 and 1.")
        if self.top < 1:
            raise CriteriaError(f"{self.top} matches were asked for. Ask for at least 1.")

    @property
    def total_weight(self) -> float:
        return float(sum(self.weights.values()))

    def require_weight(self) -> None:
        """Raise CriteriaError where nothing has any weight."""
        if self.total_weight <= 0:
            raise CriteriaError("Every metric's weight is zero, so nothing can be ranked. Raise at least one.")


@dataclass(frozen=True)
class MetricScore:
    """One metric's part in a match; NaN where it could not compare the pair."""

    raw: float
    similarity: float
    weight: float
    contribution: float


@dataclass(frozen=True)
class Match:
    """One ranked picture. coverage is the share of the weight that could be compared, 0 to 1."""

    rank: int
    id: int
    score: float
    coverage: float
    metrics: Mapping[str, MetricScore]
    variant: Variant


@dataclass(frozen=True)
class _View:
    """The table under one choice of ranking settings; rows are metrics, so that each is contiguous."""

    raw: NDArray[np.float32]  # (m, n)
    similarity: NDArray[np.float32]  # (m, n), NaN where not comparable
    filled: NDArray[np.float32]  # (m, n), similarity with 0 for NaN
    present: NDArray[np.float32]  # (m, n), 1 where comparable, else 0
    complete: bool  # everything is comparable


@dataclass(frozen=True)
class ScoreTable:
    """One query against n candidates by m metrics; read-only.

    ids: (n,) int64, ascending. columns: what each metric's comparison gave, in the order of metrics.
    catalog_size: pictures in the catalog, of which these n were scored exactly.
    """

    ids: NDArray[np.int64]
    metrics: tuple[Metric, ...]
    columns: tuple[RawScores, ...]
    catalog_size: int

    def __post_init__(self) -> None:
        if len(self.metrics) != len(self.columns):
            raise ValueError("one column per metric is needed")
        if len(self.ids) > 1 and not bool((np.diff(self.ids) > 0).all()):
            raise ValueError("ids must ascend")
        for array in (self.ids, *(part for one in self.columns for part in (one.raw, one.variant))):
            array.setflags(write=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(metric.name for metric in self.metrics)

    @property
    def exhaustive(self) -> bool:
        """Whether every picture of the catalog was scored exactly."""
        return len(self.ids) == self.catalog_size

    @cached_property
    def _views(self) -> dict[tuple[tuple[int, ...], ...], _View]:
        return {}

    def _view(self, settings: Mapping[str, Settings]) -> _View:
        try:
            positions = tuple(metric.setting_positions(settings.get(metric.name, {})) for metric in self.metrics)
        except ValueError as error:
            raise CriteriaError(f"A ranking setting is out of range: {error}.") from error
        view = self._views.get(positions)
        if view is None:
            rows = zip(self.metrics, self.columns, positions, strict=True)
            raw = np.stack([column.raw[position] for _, column, position in rows]) if self.metrics else None
            if raw is None:
                raise CriteriaError("No metric was compared, so nothing can be ranked.")
            similarity = np.stack(
                [
                    metric.scale_for(settings.get(metric.name, {})).similarity(row)
                    for metric, row in zip(self.metrics, raw, strict=True)
                ]
            )
            missing = np.isnan(similarity)
            view = _View(
                raw,
                similarity,
                np.where(missing, np.float32(0), similarity),
                (~missing).astype(np.float32),
                not missing.any(),
            )
            if len(self._views) >= 8:  # moving the ratio slider through its range must not pile up views
                self._views.pop(next(iter(self._views)))
            self._views[positions] = view
        return view

    @property
    def similarity(self) -> NDArray[np.float32]:
        """(n, m) in [0, 1] at the default settings; NaN = this pair cannot be compared by that metric."""
        return self._view({}).similarity.T

    @property
    def raw(self) -> NDArray[np.float32]:
        """(n, m) in each metric's own unit, at the default settings."""
        return self._view({}).raw.T

    def under(self, criteria: Criteria) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(raw, similarity), each (n, m), under the criteria's ranking settings."""
        view = self._view(criteria.settings)
        return view.raw.T, view.similarity.T

    def _weights(self, criteria: Criteria) -> NDArray[np.float32]:
        criteria.require_weight()
        weights = np.array([criteria.weights.get(name, 0.0) for name in self.names], np.float32)
        if not weights.any():
            raise CriteriaError(
                "No metric with a weight above zero was compared. The metrics here are: " + ", ".join(self.names) + "."
            )
        return weights

    def fused(self, criteria: Criteria) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(fused score, coverage), each (n,): the weighted mean over the metrics that could compare.

        Where none could, the score is 0 and the coverage 0.
        """
        view, weights = self._view(criteria.settings), self._weights(criteria)
        total = np.float32(criteria.total_weight)
        score = weights @ view.filled
        if view.complete:
            share = np.float32(weights.sum())
            return score / share, np.full(len(self.ids), share / total, np.float32)
        covered = weights @ view.present
        np.divide(score, covered, out=score, where=covered > 0)
        return score, covered / total

    def contributions(self, criteria: Criteria) -> NDArray[np.float32]:
        """(n, m): each metric's part in the fused score; each row sums to it."""
        view, weights = self._view(criteria.settings), self._weights(criteria)
        covered = weights @ view.present
        parts = view.filled * weights[:, np.newaxis]
        np.divide(parts, covered, out=parts, where=covered > 0)
        return parts.T

    def order(self, criteria: Criteria) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """(positions of the matches, best first; fused scores of all; coverage of all).

        Equal scores are ordered by ascending id, so that every store ranks alike.
        """
        score, covered = self.fused(criteria)
        n, top = len(score), criteria.top
        threshold = np.float32(criteria.min_score)
        if top < n:
            threshold = max(threshold, np.partition(score, n - top)[n - top])
        kept = np.flatnonzero(score >= threshold)
        kept = kept[covered[kept] > 0]
        kept = kept[np.argsort(-score[kept], kind="stable")][:top]
        return kept, score, covered

    def rank(self, criteria: Criteria) -> list[Match]:
        """The best matches, at most ``criteria.top``, best first; CriteriaError where all weights are zero."""
        kept, score, covered = self.order(criteria)
        view, weights = self._view(criteria.settings), self._weights(criteria)
        total = criteria.total_weight
        matches = []
        for rank, position in enumerate(kept, start=1):
            share = float(covered[position]) * total
            parts = {
                name: MetricScore(
                    float(view.raw[row, position]),
                    float(view.similarity[row, position]),
                    float(weights[row]),
                    float(view.filled[row, position] * weights[row] / share),
                )
                for row, name in enumerate(self.names)
            }
            matches.append(
                Match(
                    rank,
                    int(self.ids[position]),
                    float(score[position]),
                    float(covered[position]),
                    parts,
                    self._variant(int(position), criteria, weights),
                )
            )
        return matches

    def _variant(self, position: int, criteria: Criteria, weights: NDArray[np.float32]) -> Variant:
        """The orientation told by the metric that contributes most, of those that can tell one."""
        view = self._view(criteria.settings)
        told, strongest = 0, 0.0
        for row, (metric, column) in enumerate(zip(self.metrics, self.columns, strict=True)):
            part = float(view.filled[row, position] * weights[row])
            if len(metric.variants) > 1 and part > strongest:
                place = metric.setting_positions(criteria.settings.get(metric.name, {}))
                told, strongest = int(column.variant[(*place, position)]), part
        return VARIANTS[told]


def setting_value(criteria: Criteria, metric: Metric, name: str) -> SettingValue:
    """The value of one ranking setting under the criteria, its default where it is not named."""
    return criteria.settings.get(metric.name, {}).get(name, metric.default_settings()[name])
