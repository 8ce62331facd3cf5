"""The verdict on a search, with what only pixels can say: shared forms, and a second look where nothing convinces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.judging import judged
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.searching.chances import FALSE_ALARMS, Chances
from pictrace.searching.commons import shared_by_many
from pictrace.searching.find import Found
from pictrace.searching.parts import LARGEST, Part, beside, found_alone, held_pictures, with_further
from pictrace.searching.quarters import with_quarters
from pictrace.searching.query import Query
from pictrace.searching.scoring import scored_too
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import Verdict, good_first, verdict
from pictrace.service.forms import Forms
from pictrace.service.sameness import Sameness
from pictrace.service.second_look import SecondLook

__all__ = ["Judge"]

TOLD = 5
"""Details at a closer look that are told as the grounds; with fewer, it was the score."""


class Judge:
    """Of one query; nothing is looked at twice, however often the ranking changes."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._forms = Forms(query.image, query.info, own=query.id)
        self._second = SecondLook(query.image)
        self._same = Sameness(query)
        self._known_commons: dict[tuple[str, tuple[int, ...]], frozenset[int]] = {}

    def held(
        self, query: Query, table: ScoreTable, cache: FeatureCache, among: NDArray[np.int64] | None = None
    ) -> tuple[ScoreTable, tuple[Part, ...]]:
        """Where pictures of the catalog lie within the query, those that only a closer look finds among them.

        Parameters
        ----------
        query
            This judge's, or the same picture with the features of further metrics.
        table, cache
            What was compared, and the features of the catalog.
        among : (k,) int64 array, optional
            The only pictures to compare, by id.

        Returns
        -------
        ScoreTable
            With all of them in it.
        tuple of Part
            Two or more, or none.
        """
        held = self._held(query, table, cache, among)
        return scored_too(query, cache, table, (one for part in held for one in part.ids)), held

    def _held(
        self, query: Query, table: ScoreTable, cache: FeatureCache, among: NDArray[np.int64] | None
    ) -> tuple[Part, ...]:
        held = with_quarters(query, table, cache, held_pictures(query, table, cache), among)
        further = self._second.parts(cache.catalog, beside(query, table, cache, held))
        further = [one for one in further if one.area <= LARGEST]
        if not further:
            return held
        held = held or (found_alone(query, table, cache, further),)
        return tuple(with_further(held, further, table, cache))

    def verdict(
        self,
        catalog: Catalog,
        table: ScoreTable,
        found: Sequence[Found],
        criteria: Criteria,
        held: Sequence[Part] = (),
        *,
        sources: Sequence[Accidents] = (),
        alarms: float = FALSE_ALARMS,
    ) -> Verdict:
        """What searching.verdict says, knowing forms, what a second look found, and what chance gives.

        Parameters
        ----------
        catalog
            Where the pictures are.
        table, found, criteria, held
            As for searching.verdict.
        sources
            What is known of chance in this catalog; without any, fixed values decide.
        alarms
            The share of false alarms that is accepted.
        """
        shown = [one.match.id for one in found]

        def chances(details: Mapping[int, int] | None = None) -> Chances | None:
            return judged(sources, table, criteria, alarms=alarms, query_id=self.query.id, shown=shown, details=details)

        known = chances()
        good = good_first(self.query, table, criteria, known)
        closer = {one: part.details for part in held if part.details for one in part.ids}
        if not good and not (table.ids == self.query.id).any():
            if known is None:
                closer |= self._second.among(catalog, shown)
            else:
                details = self._second.details(catalog, shown)
                known = chances(details)
                good = good_first(self.query, table, criteria, known)
                closer |= {
                    one: count for one, count in details.items() if known and one in known.good and count >= TOLD
                }
        others = [one for one in good if one not in closer]
        forms = self._forms.among(catalog, others) | self._forms.among(catalog, list(closer))
        forms |= self._commons(catalog, others)
        same = {}
        if not self._forms.drawn:
            convincing = {*good, *closer} - forms
            same = self._same.among(catalog, table, [one.picture for one in found if one.match.id in convincing])
        return verdict(
            self.query,
            table,
            found,
            criteria,
            forms,
            drawn=self._forms.drawn,
            held=held,
            closer=closer,
            same=same,
            chances=known,
        )

    def _commons(self, catalog: Catalog, good: Sequence[int]) -> frozenset[int]:
        key = catalog.identity, tuple(good)
        if key not in self._known_commons:
            self._known_commons = {key: shared_by_many(self.query, catalog, good)}  # of the last ranking
        return self._known_commons[key]
