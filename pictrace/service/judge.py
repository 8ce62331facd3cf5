"""The verdict on a search, with what only pixels can say: shared forms, and a second look where nothing convinces."""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.catalog.base import Catalog
from pictrace.searching.find import Found
from pictrace.searching.parts import Part
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import Verdict, good_first, verdict
from pictrace.service.forms import Forms
from pictrace.service.second_look import SecondLook

__all__ = ["Judge"]


class Judge:
    """Of one query; nothing is looked at twice, however often the ranking changes."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._forms = Forms(query.image)
        self._second = SecondLook(query.image)

    def verdict(
        self,
        catalog: Catalog,
        table: ScoreTable,
        found: Sequence[Found],
        criteria: Criteria,
        held: Sequence[Part] = (),
    ) -> Verdict:
        """What searching.verdict says, knowing forms and what a second look found.

        Parameters
        ----------
        catalog
            Where the pictures are.
        table, found, criteria, held
            As for searching.verdict.
        """
        good = good_first(self.query, table, criteria)
        closer: dict[int, int] = {}
        if not good and not (table.ids == self.query.id).any():
            closer = self._second.among(catalog, [one.match.id for one in found])
        forms = self._forms.among(catalog, good or list(closer))
        return verdict(self.query, table, found, criteria, forms, drawn=self._forms.drawn, held=held, closer=closer)
