"""How often a match of a score is right, by a catalog's labels: labelled pairs, scored again by stored features."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.stored_query import stored_query
from pictrace.catalog.cache import FeatureCache
from pictrace.evaluation.labels import NOT_SAME, SAME, labels_of
from pictrace.evaluation.reliability import Shown, isotonic
from pictrace.searching.query import needed_metrics
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["LabelledScores"]

MOST_QUERIES = 200
"""Labelled queries that are scored, the latest: each takes some milliseconds while somebody waits."""


@dataclass(frozen=True)
class _Labelled:
    """One query's labelled matches. right: (n,) bool, as the table has them."""

    table: ScoreTable
    right: NDArray[np.bool_]


class LabelledScores:
    """Of one catalog; scored once for each state of it, for whatever weights. Safe for threads."""

    def __init__(self, cache: FeatureCache) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._known: tuple[object, list[_Labelled]] = (None, [])

    def shown(self, criteria: Criteria) -> Shown | None:
        """How many of the labelled matches are right, by their score under these criteria; None where too few are."""
        scores, rights = [np.empty(0, np.float32)], [np.empty(0, np.bool_)]
        for one in self._labelled():
            if all(name in one.table.names for name, weight in criteria.weights.items() if weight > 0):
                score_of, coverage = one.table.fused(criteria)
                scores.append(score_of[coverage > 0])
                rights.append(one.right[coverage > 0])
        return isotonic(np.concatenate(scores), np.concatenate(rights))

    def _labelled(self) -> list[_Labelled]:
        catalog, (revision, ids) = self._cache.catalog, self._cache.ids()
        said = dict[int, dict[int, bool]]()
        labels = [
            one for one in labels_of(catalog) if one.decision in {SAME, NOT_SAME} and one.first_id != one.second_id
        ]
        for one in labels:  # the oldest first: a later word overrules it, and makes its query one of the latest
            said[one.first_id] = {**said.pop(one.first_id, {}), one.second_id: one.decision == SAME}
        state = (revision, len(labels), max((one.at for one in labels), default=""))
        with self._lock:
            if self._known[0] != state:
                here = set(ids.tolist())
                latest = [one for one in said if one in here][-MOST_QUERIES:]
                self._known = (state, [self._score(one, said[one]) for one in latest])
            return self._known[1]

    def _score(self, query_id: int, said: Mapping[int, bool]) -> _Labelled:
        metrics = needed_metrics()
        query = stored_query(self._cache, self._cache.catalog.pictures([query_id])[query_id], metrics)
        table = score(query, self._cache, metrics, among=np.array(list(said), np.int64))
        return _Labelled(table, np.array([said[int(one)] for one in table.ids], np.bool_))
