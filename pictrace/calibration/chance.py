"""How often chance does as well: for a whole search, and for each of its matches by each metric."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.closer import LOOKED_AT, rarity, reached
from pictrace.calibration.scores import all_told
from pictrace.calibration.tail import FEWEST, beyond
from pictrace.features import Settings
from pictrace.metrics.base import Metric
from pictrace.searching.table import Criteria

__all__ = ["Calibration", "calibrated"]

SMALLEST = 1e-9
"""No probability that is told is smaller: a tail that was fitted knows nothing of what lies so far out."""

FEWEST_ALIKE = 100
"""Searches for pictures that could be compared by as much as the query: with fewer, all are taken."""


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

    def looked_at(self, level: float, pictures: int, rare: NDArray[np.float64]) -> float:
        """In how many of the searches a closer look at the nearest brings one of them to a level."""
        times = max(1.0, pictures / self.accidents.pictures)
        return float(np.minimum(1, times * reached(self.nearest, level, rare)).sum())

    @cached_property
    def nearest(self) -> NDArray[np.float64]:
        """(n, LOOKED_AT) the largest of each search, -inf where there are no more."""
        found = np.full((self.accidents.searches, LOOKED_AT), -np.inf)
        for one, (start, stop) in zip(found, pairwise(self.accidents.offsets.tolist()), strict=True):
            largest = np.sort(np.nan_to_num(self.rows[start:stop], nan=-np.inf))[::-1][:LOOKED_AT]
            one[: len(largest)] = largest
        return found

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
        self._values: dict[tuple[str, tuple[int, ...]], list[_Values]] = {}

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
        return self._share(self._fused, score, pictures)

    def p_looked_at(self, level: float, pictures: int) -> float:
        """The same for a score and the details of a closer look together; see pictrace.calibration.closer."""
        hits = sum(one.looked_at(level, pictures, self._rare) for one in self._fused)
        share = (1 + hits) / (1 + self.searches)
        if hits < 1:
            share = min(share, hits / self.searches + self._beyond(self._fused, level, pictures))
        return max(share, SMALLEST)

    @cached_property
    def _rare(self) -> NDArray[np.float64]:
        return rarity(np.concatenate([one.details for one in self._sources]))

    def knows(self, metric: Metric) -> bool:
        """Whether the accidents say anything of this metric."""
        return metric.name in self._metrics

    def p_by(self, metric: Metric, raw: float, pictures: int) -> float:
        """The same by one metric alone, at its default settings."""
        sign = -1.0 if metric.scale.smaller_is_nearer else 1.0
        return self._share(self._of(metric, {}, sign), sign * raw, pictures)

    def expected(self, metric: Metric, raw: float, pictures: int) -> float:
        """How many of so many pictures would come as near by accident, by one metric?

        Parameters
        ----------
        metric
            One that is known.
        raw
            Its value, in its own unit, under the criteria's settings.
        pictures
            In the catalog.

        Returns
        -------
        float
            From 0 to ``pictures``; NaN where the pair could not be compared.
        """
        if math.isnan(raw):
            return math.nan
        settings = self._criteria.settings.get(metric.name, {})
        sign = -1.0 if metric.scale_for(settings).smaller_is_nearer else 1.0
        return self._expected(self._of(metric, settings, sign), sign * raw, pictures)

    def expected_to_score(self, score: float, pictures: int) -> float:
        """The same for the fused score; too few where a search has more such pictures than its accidents hold."""
        return self._expected(self._fused, score, pictures)

    def _expected(self, values: Sequence[_Values], level: float, pictures: int) -> float:
        counted = sum(one.expected(level, pictures) for one in values) / self.searches
        if not counted:
            most = sum(pictures / one.accidents.pictures for one in values) / (1 + self.searches)
            counted = min(most, self._beyond(values, level, pictures))
        return min(max(counted, SMALLEST), float(pictures))

    def _of(self, metric: Metric, settings: Settings, sign: float) -> list[_Values]:
        key = metric.name, metric.setting_positions(settings)
        if key not in self._values:
            self._values[key] = [
                _Values.of(one, sign * one.values(metric, settings).astype(np.float64)) for one in self._sources
            ]
        return self._values[key]

    def _share(self, values: Sequence[_Values], level: float, pictures: int) -> float:
        reached = sum(one.reached(level, pictures) for one in values)
        share = (1 + reached) / (1 + self.searches)
        if not any((one.best >= level).any() for one in values):
            share = min(share, self._beyond(values, level, pictures))
        return max(share, SMALLEST)

    def _beyond(self, values: Sequence[_Values], level: float, pictures: int) -> float:
        """By the tails of the sources that have searches enough to fit one, each as much as it has searches."""
        fitted = [one for one in values if np.isfinite(one.best).sum() >= FEWEST]
        weights = np.array([one.accidents.searches for one in fitted], np.float64)
        if not fitted:
            return 1.0
        return float(np.average([one.beyond(level, pictures) for one in fitted], weights=weights))


def calibrated(
    sources: Sequence[Accidents],
    metrics: Sequence[Metric],
    criteria: Criteria,
    *,
    compared: Collection[str] = (),
) -> Calibration | None:
    """What chance gives where the accidents fit what was compared; None where they say nothing of it.

    Parameters
    ----------
    sources
        Accidents, of the catalog and others.
    metrics, criteria
        What was compared, and what is ranked by.
    compared
        Names of metrics that could compare the query with anything. A picture without keypoints, such as a clear sky,
        is as near to every other one as two photographs never are by chance: searches for such pictures say nothing of
        one that has keypoints (conformal prediction by class: Vovk, Gammerman, Shafer, 2005, 4.5).
    """
    weighing = [one for one in metrics if criteria.weights.get(one.name, 0.0) > 0]
    fitting = [one for one in sources if one.searches and one.fit(weighing)]
    if not weighing or not fitting:
        return None
    alike = [one.compared_by([name for name in compared if name in one.raw]) for one in fitting]
    if sum(one.searches for one in alike) >= FEWEST_ALIKE:
        fitting = alike
    known = [one for one in metrics if all(source.fit([one]) for source in fitting)]
    return Calibration(fitting, known, criteria)


def _fused(accidents: Accidents, metrics: Sequence[Metric], criteria: Criteria) -> NDArray[np.float64]:
    """(rows,) the score of each."""

    def similarity(metric: Metric) -> NDArray[np.float32]:
        settings = criteria.settings.get(metric.name, {})
        return metric.scale_for(settings).similarity(accidents.values(metric, settings))

    weighing = [one for one in metrics if criteria.weights.get(one.name, 0.0) > 0]
    return all_told((criteria.weights[one.name], similarity(one)) for one in weighing)
