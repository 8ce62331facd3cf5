"""How often chance does as well: for a whole search, and for each of its matches by each metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.tail import FEWEST, beyond
from pictrace.metrics.base import Metric
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["Calibration", "calibrated"]

SMALLEST = 1e-9
"""No probability that is told is smaller: a tail that was fitted knows nothing of what lies so far out."""


@dataclass(frozen=True)
class _Values:
    """One number a row of some searches' accidents, larger is nearer, and each search's best."""

    accidents: Accidents
    rows: NDArray[np.float64]
    best: NDArray[np.float64]

    @classmethod
    def of(cls, accidents: Accidents, rows: NDArray[np.float64]) -> _Values:
        return cls(accidents, rows, accidents.best(rows))

    def reached(self, level: float, pictures: int) -> float:
        """In how many of the searches chance reaches a level among so many pictures.

        Of fewer pictures than there were, each is among them with the same probability; more are taken for so many
        times as many independent ones.
        """
        share = pictures / self.accidents.pictures
        if share < 1:
            return float((1 - (1 - share) ** self.accidents.at_least(self.rows, level)).sum())
        n = max(1, self.accidents.searches)
        return n * _among(int(np.count_nonzero(self.best >= level)) / n, share)

    def expected(self, level: float, pictures: int) -> float:
        """How many pictures reach a level by chance, over all the searches."""
        return float(self.accidents.at_least(self.rows, level).sum()) * pictures / self.accidents.pictures

    def beyond(self, level: float, pictures: int) -> float:
        """The share of searches that reach a level which none did."""
        return _among(beyond(self.best[np.isfinite(self.best)], level), pictures / self.accidents.pictures)


def _among(share: float, times: float) -> float:
    """The share of searches in which the best of so many times as many pictures is as good."""
    return -math.expm1(times * math.log1p(-min(share, 1 - 1e-12)))


class Calibration:
    """What chance gives under some criteria, from accidents of one origin or several.

    Searches of all origins count alike.

    Parameters
    ----------
    sources
        Accidents that fit the metrics; at least one search in all.
    metrics, criteria
        What is ranked by.
    """

    def __init__(self, sources: Sequence[Accidents], metrics: Sequence[Metric], criteria: Criteria) -> None:
        self.searches = sum(one.searches for one in sources)
        self._metrics = {one.name: one for one in metrics}
        self._sources = [one for one in sources if one.searches]
        self._criteria = criteria
        self._fused = [_Values.of(one, _fused(one, metrics, criteria)) for one in self._sources]
        self._values: dict[str, list[_Values]] = {}

    def p(self, score: float, pictures: int) -> float:
        """In what share of searches for a picture that is not there would the best match score so much?

        Conformal: (1 + searches that reach it) / (searches + 1), which holds wherever the search and those of the
        background may change places (Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005). Beyond
        all of them, what a fitted tail says, if that is less.

        Parameters
        ----------
        score
            The best fused score, 0 to 1.
        pictures
            That it is the best of.

        Returns
        -------
        float
            From 0 to 1; never 0.
        """
        reached = sum(one.reached(score, pictures) for one in self._fused)
        share = (1 + reached) / (1 + self.searches)
        if not any((one.best >= score).any() for one in self._fused):
            share = min(share, self._beyond(self._fused, score, pictures))
        return max(share, SMALLEST)

    def expected(self, name: str, raw: float, pictures: int) -> float:
        """How many of so many pictures would come as near by accident, by one metric?

        Parameters
        ----------
        name
            Of the metric.
        raw
            Its value, in its own unit, under the criteria's settings.
        pictures
            In the catalog.

        Returns
        -------
        float
            From 0 to ``pictures``; NaN where the pair could not be compared.
        """
        if np.isnan(raw):
            return float("nan")
        metric = self._metrics[name]
        sign = -1.0 if metric.scale_for(self._criteria.settings.get(name, {})).smaller_is_nearer else 1.0
        values = self._of(metric, sign)
        counted = sum(one.expected(sign * raw, pictures) for one in values) / self.searches
        if not counted:
            most = sum(pictures / one.accidents.pictures for one in values) / (1 + self.searches)
            counted = min(most, self._beyond(values, sign * raw, pictures))
        return min(counted, float(pictures))

    def _of(self, metric: Metric, sign: float) -> list[_Values]:
        if metric.name not in self._values:
            settings = self._criteria.settings.get(metric.name, {})
            self._values[metric.name] = [
                _Values.of(one, sign * one.values(metric, settings).astype(np.float64)) for one in self._sources
            ]
        return self._values[metric.name]

    def _beyond(self, values: Sequence[_Values], level: float, pictures: int) -> float:
        """By the tails of the sources that have searches enough to fit one, each as much as it has searches."""
        fitted = [one for one in values if np.isfinite(one.best).sum() >= FEWEST]
        weights = np.array([one.accidents.searches for one in fitted], np.float64)
        if not fitted:
            return 1.0
        return float(np.average([one.beyond(level, pictures) for one in fitted], weights=weights))


def calibrated(sources: Sequence[Accidents], table: ScoreTable, criteria: Criteria) -> Calibration | None:
    """What chance gives where the accidents fit what was compared; None where they say nothing of it."""
    weighing = [one for one in table.metrics if criteria.weights.get(one.name, 0.0) > 0]
    fitting = [one for one in sources if one.searches and one.fit(weighing)]
    if not weighing or not fitting:
        return None
    known = [one for one in table.metrics if all(source.fit([one]) for source in fitting)]
    return Calibration(fitting, known, criteria)


def _fused(accidents: Accidents, metrics: Sequence[Metric], criteria: Criteria) -> NDArray[np.float64]:
    """(rows,) the weighted mean, as ScoreTable.fused takes it for each search."""
    rows, sizes = int(accidents.offsets[-1]), np.diff(accidents.offsets)
    score, able = np.zeros(rows), np.zeros(accidents.searches)
    for metric in metrics:
        weight = criteria.weights.get(metric.name, 0.0)
        if weight > 0:
            settings = criteria.settings.get(metric.name, {})
            similarity = metric.scale_for(settings).similarity(accidents.values(metric, settings))
            score += weight * np.nan_to_num(similarity)
            able += weight * (accidents.best(similarity.astype(np.float64)) > -np.inf)
    return np.asarray(score / np.repeat(np.maximum(able, 1e-9), sizes))
