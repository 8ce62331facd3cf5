"""Which values convince: those that unrelated pictures practically never reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.metrics.base import Metric
from pictrace.searching.table import ScoreTable

__all__ = ["alone", "convinced", "convinces", "convincing_ids", "ids_of_several_kinds"]

AGREEMENT = 0.8
"""Mean similarity over all metrics that a lone witness needs."""


def convinces(metric: Metric, raw: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which raw values, at the default settings, are such that unrelated pictures do not reach them."""
    if metric.convincing is None:
        return np.zeros(raw.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray(raw <= metric.convincing if metric.scale.smaller_is_nearer else raw >= metric.convincing)


def convincing_ids(table: ScoreTable) -> frozenset[int]:
    """Pictures that at least one metric alone vouches for, whatever the weights are."""
    return frozenset(int(one) for one in table.ids[convinced(table).any(axis=1)])


def ids_of_several_kinds(table: ScoreTable) -> frozenset[int]:
    """Pictures that metrics vouch for which count different things; keypoints of two sorts are one."""
    units = [metric.scale.unit for metric in table.metrics]
    kinds = np.array([[unit == one for unit in units] for one in dict.fromkeys(units)])
    several = (convinced(table)[:, np.newaxis, :] & kinds).any(axis=2).sum(axis=1) > 1
    return frozenset(int(one) for one in table.ids[several])


def convinced(table: ScoreTable) -> NDArray[np.bool_]:
    """(n, m): which metrics vouch for which pictures.

    What is nearly smooth has few details to compare, and is like much else. So a metric that vouches where no other
    that may vouch can compare the pair needs the agreement of all.
    """
    raw = table.raw
    vouched = np.zeros(raw.shape, np.bool_)
    for place, metric in enumerate(table.metrics):
        vouched[:, place] = convinces(metric, raw[:, place])
    vouched[alone(table)] = False
    return vouched


def alone(table: ScoreTable) -> NDArray[np.bool_]:
    """(n,): for which pictures only one metric could vouch, without the agreement of all."""
    raw = table.raw
    able = ~np.isnan(raw[:, [metric.convincing is not None for metric in table.metrics]])
    lone = able.sum(axis=1) == 1
    if able.shape[1] > 1 and lone.any():
        lone[lone] = np.nanmean(table.similarity[lone], axis=1) < AGREEMENT
        return np.asarray(lone)
    return np.zeros(len(table.ids), np.bool_)
