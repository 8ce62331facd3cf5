"""A whole search in one call, for those who ask once: the command line, and programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.sources import Background
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.errors import CriteriaError, ModelError
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.output.documents import search_document
from pictrace.searching.attempts import score_either
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.find import Found, find
from pictrace.searching.parts import Part
from pictrace.searching.query import Query, needed_metrics
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import Verdict
from pictrace.service.judge import Judge
from pictrace.told import told

__all__ = ["Outcome", "ids_among", "search_once", "usable_metrics"]


@dataclass(frozen=True)
class Outcome:
    """What a search found, and all that it rests on."""

    query: Query
    table: ScoreTable
    criteria: Criteria
    found: Sequence[Found]
    said: Verdict
    held: Sequence[Part]
    timing_ms: Mapping[str, float]

    @property
    def is_good(self) -> bool:
        """Whether any match that is shown convinces."""
        return any(one.match.id in self.said.good for one in self.found)

    def document(self, address: str, catalog: Catalog, only: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """As ``pictrace search --json`` prints it.

        Parameters
        ----------
        address
            Where the query came from.
        catalog
            What was searched.
        only
            What the pictures' metadata had to be.
        """
        return search_document(
            address,
            self.query,
            catalog,
            self.table,
            self.criteria,
            self.found,
            self.timing_ms,
            said=self.said,
            held=self.held,
            only=only,
        )


def search_once(
    query: Query,
    cache: FeatureCache,
    criteria: Criteria,
    *,
    among: NDArray[np.int64] | None = None,
    exhaustive: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
    alarms: float = FALSE_ALARMS,
) -> Outcome:
    """Compare, rank and judge.

    Parameters
    ----------
    query
        With the features that the criteria need.
    cache, among, exhaustive, progress
        As ``score_either`` takes them.
    criteria
        What counts as a match.
    alarms
        The share of searches for a picture that is not there which may find something.
    """
    catalog = cache.catalog
    started = time.perf_counter()
    query, table = score_either(query, cache, exhaustive=exhaustive, among=among, progress=progress)
    scored = time.perf_counter()
    judge = Judge(query)
    table, held = judge.held(query, table, cache, among)
    found = find(catalog, table, criteria, held)
    sources = Background(cache).sources()
    said = judge.verdict(catalog, table, found, criteria, held, sources=sources, alarms=alarms)
    timing = {**query.timing_ms, "score": (scored - started) * 1e3, "rank": (time.perf_counter() - scored) * 1e3}
    return Outcome(query, table, criteria, found, said, held, timing)


def usable_metrics(criteria: Criteria) -> tuple[Metric, ...]:
    """What these criteria need; ModelError where one of them turns out not to work."""
    metrics = needed_metrics(criteria.weights)
    for name in {name for name, weight in criteria.weights.items() if weight > 0} - {one.name for one in metrics}:
        raise ModelError(get_metric(name).unavailable())
    return metrics


def ids_among(catalog: Catalog, only: Mapping[str, Sequence[str]]) -> NDArray[np.int64] | None:
    """The pictures to compare, None for all; CriteriaError for a name that no picture has, a slip of the pen."""
    if not only:
        return None
    among = catalog.ids_with(only)
    if not len(among):
        names = catalog.metadata_names()
        for name in only:
            if not any(one.name == name for one in names):
                known = ", ".join(one.name for one in names) or "none"
                raise CriteriaError(
                    told(
                        "No picture has metadata named {name}. The commonest names are: {known}.",
                        name=repr(name),
                        known=known,
                    )
                )
    return among
