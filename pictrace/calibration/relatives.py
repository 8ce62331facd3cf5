"""Which pictures are no accident: those that show the same as the query, as far as anything tells it.

All depends on leaving them out: a true pair that passes for an accident makes every answer look like one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.scores import scores_of
from pictrace.catalog.base import Catalog
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.searching.convincing import convinces
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.table import ScoreTable

__all__ = ["Families", "decided_same", "tied"]

SAME = "same"

TIED_SCORE = 0.45
"""By the weights of the balanced preset; of 618 searches none had a wrong picture above .33."""

TIED = 0.8
"""Of the keypoints that convince, so many tie two pictures here: chance gives fewer in nearly all searches."""


def tied(table: ScoreTable) -> NDArray[np.int64]:
    """Ids of the pictures that a metric alone vouches for, or keypoints or all metrics together beyond chance.

    The highest score comes first.
    """
    raw, scores = table.raw, np.nan_to_num(scores_of(table, criteria_of(DEFAULT_PRESET)))
    found = scores >= TIED_SCORE
    for place, metric in enumerate(table.metrics):
        if isinstance(metric, KeypointMetric) and metric.convincing is not None:
            with np.errstate(invalid="ignore"):
                found |= raw[:, place] >= TIED * metric.convincing
        else:
            found |= convinces(metric, raw[:, place])
    places = np.flatnonzero(found)
    return table.ids[places[np.argsort(-scores[places], kind="stable")]]


def decided_same(catalog: Catalog) -> Mapping[int, frozenset[int]]:
    """By picture, those that somebody said to be the same."""
    same = defaultdict[int, set[int]](set)
    for one in catalog.decisions():
        if one.decision == SAME:
            same[one.first_id].add(one.second_id)
            same[one.second_id].add(one.first_id)
    return {one: frozenset(others) for one, others in same.items()}


class Families:
    """Pictures that ties connect: relatives of relatives are relatives, which no keypoints may tie directly."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def tie(self, one: int, others: Iterable[int]) -> None:
        for other in others:
            self._parent[self._root(int(other))] = self._root(one)

    def same(self, one: int, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) which pictures are of one's family, itself among them."""
        root = self._root(one)
        return np.array([self._root(int(other)) == root for other in ids], np.bool_)

    def _root(self, one: int) -> int:
        while (parent := self._parent.setdefault(one, one)) != one:
            self._parent[one] = self._parent[parent]  # halve the way for the next
            one = parent
        return one
