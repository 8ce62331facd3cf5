"""All evidence of a search under one share of false alarms.

The fused score speaks for a picture, and so does each metric that alone may convince, and a closer look at the
nearest. Each has a part of the false alarms that are accepted, so that together they raise no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.chance import SMALLEST, Calibration, calibrated
from pictrace.calibration.closer import DETAIL, LOOKED_AT
from pictrace.calibration.scores import scores_of
from pictrace.metrics.base import Metric
from pictrace.searching.chances import Chances
from pictrace.searching.convincing import alone
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["judged"]

FUSED, CLOSER, METRICS = 0.05, 0.85, 0.1
"""Parts of the false alarms: of the score alone, of the score with the details of a closer look, and of the metrics
that may convince alone, together. What needs a closer look is what is in doubt, so that it has the largest part; where
none is possible, the score has it."""


LISTED = 8
"""Matches that may be good by the share of false ones in their list: as many of a search's accidents are known."""


@dataclass(frozen=True)
class _Witness:
    """One kind of evidence: values by picture, larger is nearer, -inf for none; p: how often chance reaches one."""

    values: NDArray[np.float64]
    p: Callable[[float], float]

    def level(self, alarms: float) -> float:
        """The smallest value that is rarer than that; inf where none is."""
        known = np.unique(self.values[np.isfinite(self.values)])
        low, high = 0, len(known)
        while low < high:
            middle = (low + high) // 2
            if self.p(float(known[middle])) <= alarms:
                high = middle
            else:
                low = middle + 1
        return float(known[low]) if low < len(known) else np.inf


def judged(
    sources: Sequence[Accidents],
    table: ScoreTable,
    criteria: Criteria,
    *,
    alarms: float,
    query_id: int,
    shown: Sequence[int] = (),
    details: Mapping[int, int] | None = None,
) -> Chances | None:
    """What chance says of a search; None where no accidents fit what was compared.

    Parameters
    ----------
    sources
        Accidents, of the catalog and others.
    table, criteria
        The search, and what it is ranked by.
    alarms
        Share of false alarms that is accepted, above 0 and below 1.
    query_id
        Of the picture itself: where its bytes are in the catalog, no chance put them there.
    shown
        Ids of the matches that are to be told about.
    details
        By id, what a closer look counted in some pictures; none where it found no original. None before the look.
    """
    able = np.flatnonzero((~np.isnan(table.raw)).any(axis=0))
    compared = [name for name in (table.names[one] for one in able) if criteria.weights.get(name, 0.0) > 0]
    calibration = calibrated(sources, table.metrics, criteria, compared=compared)
    if calibration is None or not len(table.ids):
        return None
    own = table.ids == query_id
    witnesses = _witnesses(calibration, table, criteria, own, details)
    good = own.copy()
    told = set(np.flatnonzero(np.isin(table.ids, shown)).tolist())
    for one in witnesses:
        good |= one.values >= one.level(alarms)
        told |= set(np.argsort(-one.values, kind="stable")[:LOOKED_AT].tolist())
    if good.any():
        further = _listed(calibration, witnesses[0].values, table.catalog_size, alarms)
        good[further] = True
        told |= set(further)
    p = {int(table.ids[place]): min(one.p(float(one.values[place])) for one in witnesses) for place in told}
    p |= dict.fromkeys(table.ids[own].tolist(), SMALLEST)
    expected = {one: _expected(calibration, table, criteria, one) for one in shown}
    return Chances(p, frozenset(table.ids[good].tolist()), expected, alarms, calibration.searches)


def _listed(calibration: Calibration, scores: NDArray[np.float64], pictures: int, alarms: float) -> list[int]:
    """Positions of the best scores, as many as can stand with at most that share of false ones among them.

    Once something is found, the k-th best may be what chance gives alarms times k pictures of: Y. Benjamini and
    Y. Hochberg, "Controlling the false discovery rate", 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; the number that
    is expected is their p-value times the number of tests.
    """
    best = [int(one) for one in np.argsort(-scores, kind="stable")[:LISTED] if np.isfinite(scores[one])]
    kept = 0
    for count, place in enumerate(best, start=1):
        if calibration.expected_to_score(float(scores[place]), pictures) <= alarms * count:
            kept = count
    return best[:kept]


def _witnesses(
    calibration: Calibration,
    table: ScoreTable,
    criteria: Criteria,
    own: NDArray[np.bool_],
    details: Mapping[int, int] | None,
) -> list[_Witness]:
    pictures = table.catalog_size
    vouching = [one for one in table.metrics if one.convincing is not None and calibration.knows(one)]
    scores = scores_of(table, criteria)
    score_part = FUSED if details is None or details else FUSED + CLOSER
    found = [
        _witness(scores, own, score_part, lambda value: calibration.p(value, pictures)),
        *(_by_metric(calibration, table, one, own, METRICS / len(vouching)) for one in vouching),
    ]
    if details:
        counts = np.array([details.get(int(one), np.nan) for one in table.ids])
        closer = scores + DETAIL * counts
        found.append(_witness(closer, own, CLOSER, lambda value: calibration.p_looked_at(value, pictures)))
    return found


def _by_metric(
    calibration: Calibration, table: ScoreTable, metric: Metric, own: NDArray[np.bool_], part: float
) -> _Witness:
    sign = -1 if metric.scale.smaller_is_nearer else 1
    raw = sign * table.raw[:, table.metrics.index(metric)].astype(np.float64)
    pictures = table.catalog_size
    return _witness(raw, own | alone(table), part, lambda value: calibration.p_by(metric, sign * value, pictures))


def _witness(
    values: NDArray[np.floating], left_out: NDArray[np.bool_], part: float, p: Callable[[float], float]
) -> _Witness:
    known = np.asarray(np.where(left_out | np.isnan(values), -np.inf, values), np.float64)
    return _Witness(known, lambda value: min(1.0, p(value) / part) if np.isfinite(value) else 1.0)


def _expected(calibration: Calibration, table: ScoreTable, criteria: Criteria, one: int) -> dict[str, float]:
    raw, _ = table.under(criteria)
    place = int(np.searchsorted(table.ids, one))
    pictures = table.catalog_size
    return {
        metric.name: calibration.expected(metric, float(value), pictures)
        for metric, value in zip(table.metrics, raw[place], strict=True)
        if calibration.knows(metric)
    }
