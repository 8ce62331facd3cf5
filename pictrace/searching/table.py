"""The result of one search, and its ranking: everything that a slider moves happens here.

A ScoreTable is computed once per query. Ranking only reads it: weights, ranking settings (such as
ORB's ratio threshold) and thresholds change nothing in it and recompute nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import CriteriaError
from pictrace.features import RawScores, Settings
from pictrace.images.orientation import VARIANTS, Variant
from pictrace.metrics.base import Metric
from pictrace.told import told

__all__ = ["Criteria", "Match", "MetricScore", "ScoreTable"]

CACHED_SETTINGS = 8


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What counts as a match.

    Parameters
    ----------
    weights
        By metric name, numbers of 0 or more; a metric that is not named weighs nothing.
    settings
        By metric name, its ranking settings, such as ``{"orb": {"ratio": 0.75}}``.
    min_score
        Fused scores below it are left out, 0 to 1.
    top
        How many matches at the most, 1 or more.

    Raises
    ------
    CriteriaError
        Where a number is out of its range, with what to give instead.
    """

    weights: Mapping[str, float]
    settings: Mapping[str, Settings] = field(default_factory=dict)
    min_score: float = 0.0
    top: int = 5

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if not math.isfinite(weight) or weight < 0:
                raise CriteriaError(
                    told("The weight of {name} is {weight}. Give a number of 0 or more.", name=name, weight=weight)
                )
        if not 0 <= self.min_score <= 1:
            raise CriteriaError(
                told("The minimum score is {min_score}. Give a number between 0 and 1.", min_score=self.min_score)
            )
        if self.top < 1:
            raise CriteriaError(told("{top} matches were asked for. Ask for at least 1.", top=self.top))

    @property
    def total_weight(self) -> float:
        return float(sum(self.weights.values()))

    def require_weight(self) -> None:
        """Raise CriteriaError where nothing has any weight."""
        if self.total_weight <= 0:
            raise CriteriaError(told("Every metric's weight is zero, so nothing can be ranked. Raise at least one."))


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
class _Row:
    """One metric's column of the table under one choice of its ranking settings; arrays are (n,)."""

    raw: NDArray[np.float32]
    similarity: NDArray[np.float32]  # NaN where not comparable
    filled: NDArray[np.float32]  # similarity with 0 for NaN
    present: NDArray[np.float32] | None  # 1 where comparable, else 0; None where everything is
    variant: NDArray[np.uint8]
    able: bool  # anything is comparable


@dataclass(frozen=True)
class ScoreTable:
    """One query against n candidates by m metrics; read-only.

    Parameters
    ----------
    ids : (n,) int64 array
        The candidates, ascending.
    metrics
        The m metrics.
    columns
        What each metric's comparison gave, in the order of ``metrics``.
    catalog_size
        Pictures in the catalog, of which these n were scored exactly.
    unanswered
        Pictures of the catalog that were not looked at, as what searches them did not answer: what is not found among
        the others may be there.
    told
        What a person should know of how it came about, "" where nothing.
    silent
        By name of each server of several that did not answer, why: how many pictures it has may be unknown.
    """

    ids: NDArray[np.int64]
    metrics: tuple[Metric, ...]
    columns: tuple[RawScores, ...]
    catalog_size: int
    unanswered: int = 0
    told: str = ""
    silent: Mapping[str, str] = field(default_factory=dict)

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
        return len(self.ids) == self.catalog_size and not self.silent

    @property
    def looked_at(self) -> int:
        """How many pictures of the catalog were searched."""
        return self.catalog_size - self.unanswered

    @property
    def incomplete(self) -> bool:
        """Whether pictures were not looked at: what is not found may be there."""
        return self.unanswered > 0 or bool(self.silent)

    @cached_property
    def _cache(self) -> list[dict[tuple[int, ...], _Row]]:
        return [{} for _ in self.metrics]

    def _rows(self, settings: Mapping[str, Settings]) -> list[_Row]:
        return [self._row(index, settings.get(metric.name, {})) for index, metric in enumerate(self.metrics)]

    def _row(self, index: int, settings: Settings) -> _Row:
        metric, column, cache = self.metrics[index], self.columns[index], self._cache[index]
        try:
            place = metric.setting_positions(settings)
        except ValueError as error:
            raise CriteriaError(told("A ranking setting is out of range: {error}.", error=error)) from error
        row = cache.get(place)
        if row is None:
            raw = column.raw[place]
            similarity = metric.scale_for(settings).similarity(raw)
            missing = np.isnan(similarity)
            if missing.any():
                filled = np.where(missing, np.float32(0), similarity)
                row = _Row(
                    raw, similarity, filled, (~missing).astype(np.float32), column.variant[place], not missing.all()
                )
            else:
                row = _Row(raw, similarity, similarity, None, column.variant[place], len(raw) > 0)
            if len(cache) >= CACHED_SETTINGS:  # moving a slider through its range must not pile up rows
                cache.pop(next(iter(cache)))
            cache[place] = row
        return row

    @property
    def similarity(self) -> NDArray[np.float32]:
        """(n, m) float32 in [0, 1], at the default settings; NaN where a metric cannot compare a pair."""
        return np.stack([row.similarity for row in self._rows({})], axis=1)

    @property
    def raw(self) -> NDArray[np.float32]:
        """(n, m) in each metric's own unit, at the default settings."""
        return np.stack([row.raw for row in self._rows({})], axis=1)

    def under(self, criteria: Criteria) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Raw values and similarities under the criteria's ranking settings.

        Returns
        -------
        raw, similarity : (n, m) float32 arrays
            In each metric's own unit, and in [0, 1]; NaN where a metric cannot compare a pair.
        """
        rows = self._rows(criteria.settings)
        return np.stack([row.raw for row in rows], axis=1), np.stack([row.similarity for row in rows], axis=1)

    def _weights(self, criteria: Criteria) -> list[np.float32]:
        criteria.require_weight()
        weights = [np.float32(criteria.weights.get(name, 0.0)) for name in self.names]
        if not any(weights):
            raise CriteriaError(
                told(
                    "No metric with a weight above zero was compared. The metrics here are: {names}.",
                    names=", ".join(self.names),
                )
            )
        return weights

    def _able(self, rows: Sequence[_Row], weights: Sequence[np.float32]) -> np.float32:
        """The weight of the metrics that can compare the query with any picture here."""
        return np.float32(sum(w for row, w in zip(rows, weights, strict=True) if row.able))

    def _coverage(self, rows: Sequence[_Row], weights: Sequence[np.float32]) -> NDArray[np.float32]:
        """(n,) the weight that could be compared."""
        everywhere = np.float32(sum(w for row, w in zip(rows, weights, strict=True) if row.present is None))
        covered = np.full(len(self.ids), everywhere, np.float32)
        for row, weight in zip(rows, weights, strict=True):
            if weight and row.present is not None:
                covered += weight * row.present
        return covered

    def fused(self, criteria: Criteria) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The weighted mean of similarities; a metric that cannot compare a pair has a similarity of 0.

        So what only one of many metrics can compare, such as a blank page by its colours, is not first by that one. A
        metric that can compare the query with nothing here takes no part: the query is what it is.

        Returns
        -------
        score, coverage : (n,) float32 arrays
            The mean, and the share of the weight that could be compared, each 0 to 1; both 0 where nothing could.

        Raises
        ------
        CriteriaError
            Where no metric of the table has a weight.
        """
        rows, weights = self._rows(criteria.settings), self._weights(criteria)
        score, able = np.zeros(len(self.ids), np.float32), self._able(rows, weights)
        for row, weight in zip(rows, weights, strict=True):
            if weight:
                score += weight * row.filled
        if able > 0:
            score /= able
        return score, self._coverage(rows, weights) / np.float32(criteria.total_weight)

    def contributions(self, criteria: Criteria) -> NDArray[np.float32]:
        """(n, m) float32: each metric's part in the fused score; each row sums to it."""
        rows, weights = self._rows(criteria.settings), self._weights(criteria)
        parts = np.stack([weight * row.filled for row, weight in zip(rows, weights, strict=True)])
        able = self._able(rows, weights)
        if able > 0:
            parts /= able
        return parts.T

    def order(
        self, criteria: Criteria, first: Collection[int] = ()
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """The matches as positions in the table. Equal scores are ordered by ascending id, so every store ranks alike.

        Parameters
        ----------
        criteria
            What counts as a match.
        first
            Ids that come before all others, among themselves by score too.

        Returns
        -------
        positions : (at most criteria.top,) array
            Best first.
        score, coverage : (n,) float32 arrays
            Of all candidates, as ``fused`` gives them.
        """
        score, coverage = self.fused(criteria)
        n, top = len(score), criteria.top
        threshold = np.float32(criteria.min_score)
        if top < n:
            threshold = max(threshold, np.partition(score, n - top)[n - top])
        kept = np.flatnonzero(score >= threshold)
        kept = kept[coverage[kept] > 0]
        if first:
            kept = np.union1d(kept, self._able_to_match(first, score, coverage, criteria))
        kept = kept[np.argsort(-score[kept], kind="stable")]
        if first:
            kept = kept[np.argsort(~np.isin(self.ids[kept], list(first)), kind="stable")]
        return kept[:top], score, coverage

    def _able_to_match(
        self,
        ids: Collection[int],
        score: NDArray[np.float32],
        coverage: NDArray[np.float32],
        criteria: Criteria,
    ) -> NDArray[np.intp]:
        """Where these are that reach the minimum score, in ascending order."""
        places = np.flatnonzero(np.isin(self.ids, list(ids)))
        return places[(score[places] >= np.float32(criteria.min_score)) & (coverage[places] > 0)]

    def rank(self, criteria: Criteria, first: Collection[int] = ()) -> list[Match]:
        """The best matches, at most ``criteria.top``, best first; CriteriaError where all weights are zero.

        first: as ``order`` takes it.
        """
        kept, score, coverage = self.order(criteria, first)
        rows, weights = self._rows(criteria.settings), self._weights(criteria)
        able = float(self._able(rows, weights))
        matches = []
        for rank, position in enumerate(kept.tolist(), start=1):
            metrics: dict[str, MetricScore] = {}
            told, strongest = 0, 0.0
            for metric, row, weight in zip(self.metrics, rows, weights, strict=True):
                part = float(row.filled[position] * weight)
                metrics[metric.name] = MetricScore(
                    float(row.raw[position]), float(row.similarity[position]), float(weight), part / able
                )
                if part > strongest and len(metric.variants) > 1:
                    told, strongest = int(row.variant[position]), part
            # The orientation is told by the metric that contributes most, of those that can tell one.
            variant = VARIANTS[told]
            found = float(score[position]), float(coverage[position])
            matches.append(Match(rank, int(self.ids[position]), *found, metrics, variant))
        return matches
