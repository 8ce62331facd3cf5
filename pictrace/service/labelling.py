"""Labelling: queries of the catalog one after the other, and for each the match whose label says most."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Decision
from pictrace.errors import PicTraceError
from pictrace.evaluation.labels import NOT_SAME, NOTHING, SAME, labels_of
from pictrace.evaluation.next_pair import Possible
from pictrace.metrics import all_metrics
from pictrace.searching.query import needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.service.pictures import Picture, catalog_picture, upload_limits

__all__ = ["Labelling", "Question"]

CANDIDATES = 12
MOST_TRIED = 20  # queries whose originals are gone


@dataclass(frozen=True)
class Question:
    """Is this match the same as this query? similarity: (n, m) of the candidates that are left, beside their ids."""

    query: Picture
    query_id: int
    match_id: int
    ids: NDArray[np.int64]
    similarity: NDArray[np.float32]


class Labelling:
    """One session of it, in one catalog. What is decided is in the catalog at once."""

    def __init__(self, cache: FeatureCache, *, seed: int = 0) -> None:
        self._cache, self._catalog = cache, cache.catalog
        self._order = np.random.default_rng(seed).permutation(self._catalog.ids()).tolist()
        self._metrics = needed_metrics(dict.fromkeys((one.name for one in all_metrics()), 1.0))
        self.possible = Possible(len(self._metrics))
        self.question: Question | None = None
        self.given = 0
        self._before: list[tuple[tuple[int, int], Question, Possible, dict[str, list[NDArray[np.float32]]]]] = []
        self._known: dict[str, list[NDArray[np.float32]]] = {SAME: [], NOT_SAME: []}

    @property
    def titles(self) -> dict[str, float]:
        """The mean of the weights that are still possible, by metric title."""
        return dict(zip((one.title for one in self._metrics), self.possible.middle.tolist(), strict=True))

    def begin(self, criteria: Criteria) -> None:
        """The next query that was not labelled yet; no question is left where there is none."""
        asked = {one.first_id for one in labels_of(self._catalog)}
        self.question, self._known = None, {SAME: [], NOT_SAME: []}
        for _ in range(MOST_TRIED):
            while self._order and self._order[0] in asked:
                self._order.pop(0)
            if not self._order:
                return
            query_id = int(self._order.pop(0))
            try:
                picture = catalog_picture(self._catalog, query_id)
                query = prepare_query(picture.data, self._metrics, limits=upload_limits())
            except PicTraceError:
                continue
            table = score(query, self._cache)
            said = {one.second_id for one in labels_of(self._catalog, [query_id])} | {query_id}
            said |= {one.first_id for one in labels_of(self._catalog, [query_id])}
            best, _, _ = table.order(Criteria(weights=criteria.weights, settings=criteria.settings, top=CANDIDATES))
            places = [one for one in best.tolist() if int(table.ids[one]) not in said]
            if places:
                similarity = np.nan_to_num(table.under(criteria)[1][places])
                self._ask(picture, query_id, table.ids[places], similarity)
                return

    def _ask(self, picture: Picture, query_id: int, ids: NDArray[np.int64], similarity: NDArray[np.float32]) -> None:
        chosen = self.possible.choose(similarity)
        self.question = Question(picture, query_id, int(ids[chosen]), ids, similarity)

    def answer(self, decision: str, criteria: Criteria) -> None:
        """Keep what was decided of the match that was asked about, and go on."""
        asked = self.question
        if asked is None:
            return
        self._keep(asked, Decision(asked.query_id, asked.match_id, decision))
        mine = asked.ids == asked.match_id
        self._learn(decision, asked.similarity[mine][0])
        rest = ~mine
        if rest.any():
            self._ask(asked.query, asked.query_id, asked.ids[rest], asked.similarity[rest])
        else:
            self.begin(criteria)

    def _learn(self, decision: str, similarity: NDArray[np.float32]) -> None:
        if decision not in self._known:
            return
        self._known[decision].append(similarity)
        if decision == SAME:
            for other in self._known[NOT_SAME]:
                self.possible.learn(similarity, other)
        else:
            for same in self._known[SAME]:
                self.possible.learn(same, similarity)

    def nothing(self, criteria: Criteria) -> None:
        """Keep that nothing here matches the query, and go on with the next."""
        asked = self.question
        if asked is not None and not self._known[SAME]:
            self._keep(asked, Decision(asked.query_id, asked.query_id, NOTHING))
        self.begin(criteria)

    def undo(self) -> None:
        """Take back the last decision of this session, if there was one, and ask again."""
        if self._before:
            pair, self.question, self.possible, self._known = self._before.pop()
            self._catalog.forget_decisions([pair])
            self.given -= 1

    def _keep(self, asked: Question, decision: Decision) -> None:
        known = {name: list(some) for name, some in self._known.items()}
        self._before.append((decision.pair, asked, copy(self.possible), known))
        self._catalog.decide([decision])
        self.given += 1
