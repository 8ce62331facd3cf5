"""One person's search: the picture, what was computed of it, and when that has to be computed again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.errors import PicTraceError
from pictrace.images.encoding import encode_jpeg
from pictrace.indexing.keypoints import complete_index
from pictrace.metrics.base import Metric
from pictrace.output.drawing.parts import with_parts
from pictrace.searching.attempts import score_either
from pictrace.searching.query import Query, needed_metrics, prepare_query, with_metrics
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.answer import Answer, Basis
from pictrace.service.full_check import FullCheck
from pictrace.service.judge import Judge
from pictrace.service.pictures import Picture, upload_limits
from pictrace.told import told

__all__ = ["Search"]

Filters = Mapping[str, Sequence[str]]


class Search:
    """Looks for one picture after the other, in whatever catalog; nothing is computed twice.

    asked: given, and not read yet. problem: why an input was not taken, "" where nothing is wrong.
    exhaustive: asked to score every picture exactly, for the picture at hand. check: what does so in the background.
    """

    def __init__(self) -> None:
        self.asked: Picture | None = None
        self.answer: Answer | None = None
        self.problem = ""
        self.exhaustive = False
        self.check: FullCheck | None = None

    @property
    def picture(self) -> Picture | None:
        """What is being looked for; while another one is asked for, the one whose results are at hand."""
        return None if self.answer is None else self.answer.picture

    def look_for(self, picture: Picture) -> None:
        """Ask for another picture. The former one and its results stay until this one has been read."""
        self.asked, self.problem = picture, ""

    def refuse(self, problem: str) -> None:
        """Say why an input was not taken; the former picture stays."""
        self.problem = problem

    def settle_for_the_closest(self) -> None:
        """Not every picture exactly after all."""
        self.exhaustive = False
        self._drop_check()

    def clear(self) -> None:
        """Back to no picture."""
        self._drop_check()
        self.asked = self.answer = None
        self.problem, self.exhaustive = "", False

    def is_current(
        self, cache: FeatureCache, criteria: Criteria, filters: Filters | None = None, *, orientations: bool = True
    ) -> bool:
        """Whether ``table`` has nothing to compute for these arguments."""
        if self.asked is not None or self.answer is None:
            return self.asked is None
        if self.answer.is_worth_asking_again(cache.catalog):
            return False
        return self.answer.basis == self._basis(cache, self._metrics(criteria), filters or {}, orientations)

    def table(
        self,
        cache: FeatureCache,
        criteria: Criteria,
        filters: Filters | None = None,
        *,
        orientations: bool = True,
    ) -> ScoreTable | None:
        """How alike the pictures of a catalog are to the picture that was asked for.

        Computed only if the picture, the catalog, the filters or the comparison changed. Criteria change none of
        them, but for the first time that a metric which extracts on demand gets a weight: then it alone is
        extracted, and stays for this picture.

        Where all pictures shall be compared exactly and the table has the closest only, ``check`` is begun, and what
        it has found is taken by the first call after its end.

        Parameters
        ----------
        cache
            The features of the catalog to search.
        criteria
            Only their weights matter, and only by whether they are zero.
        filters
            What the pictures' metadata must say, by name; by default, nothing.
        orientations
            Whether the picture is compared mirrored and turned as well.

        Returns
        -------
        ScoreTable or None
            None without a picture, or where it cannot be read, which ``problem`` then says.

        Raises
        ------
        CatalogError
            The catalog cannot be read.
        """
        picture = self.asked or self.picture
        if picture is None:
            return None
        metrics = self._metrics(criteria)
        basis = self._basis(cache, metrics, filters or {}, orientations)
        if (
            self.asked is None
            and self.answer is not None
            and self.answer.basis == basis
            and not self.answer.is_worth_asking_again(cache.catalog)
        ):
            return self._checked(self.answer, cache, filters).table
        try:
            query = self._query(picture, metrics, orientations=orientations)
        except PicTraceError as error:
            self.asked = None
            self.refuse(told("{name}: {problem}", name=picture.name, problem=str(error)))
            if self.picture is picture:
                return None
            # What could not be read changes nothing; the former picture's results are at hand, or quickly made again.
            return self.table(cache, criteria, filters, orientations=orientations)
        started = time.perf_counter()
        among = _among(cache, filters)
        query, table = score_either(query, cache, among=among)
        complete_index(cache)
        timing = {**query.timing_ms, "score": (time.perf_counter() - started) * 1e3}
        judge = self._judge(query)
        table, held = judge.held(query, table, cache, among)
        shown = encode_jpeg(with_parts(query.picture, held))
        self.answer = Answer(picture, query, shown, table, basis, timing, judge, held)
        if self.asked is not None:
            self.asked, self.exhaustive = None, False
        self._drop_check()
        return self._checked(self.answer, cache, filters).table

    def _checked(self, answer: Answer, cache: FeatureCache, filters: Filters | None) -> Answer:
        """The fuller answer, where one is wanted and was found; it is looked for where that was not begun."""
        check = self.check
        if not self.exhaustive or answer.table.exhaustive:
            return answer
        if check is None:
            self.check = FullCheck(answer, cache, _among(cache, filters))
        elif not check.running:
            self.check = None
            if check.found is None:
                self.exhaustive = False
                self.refuse(check.problem)
            else:
                self.answer = answer = replace(check.found, judge=self._judge(check.found.query))
                self.exhaustive = not answer.table.incomplete  # or it would be begun again and again
        return answer

    def _drop_check(self) -> None:
        if self.check is not None:
            self.check.stop()
            self.check = None

    def _judge(self, query: Query) -> Judge:
        """Those of before, where it is the same picture: nothing is looked at twice."""
        former = self.answer
        return former.judge if former is not None and former.query.image is query.image else Judge(query)

    def _metrics(self, criteria: Criteria) -> tuple[Metric, ...]:
        had = {} if self.asked or self.answer is None else {one.name: 1.0 for one in self.answer.table.metrics}
        return needed_metrics({**criteria.weights, **had})

    def _basis(self, cache: FeatureCache, metrics: Sequence[Metric], filters: Filters, orientations: bool) -> Basis:
        return Basis(
            cache.catalog.identity,
            cache.catalog.revision(),
            tuple(one.feature_key for one in metrics),
            tuple((name, tuple(values)) for name, values in filters.items()),
            orientations,
        )

    def _query(self, picture: Picture, metrics: Sequence[Metric], *, orientations: bool) -> Query:
        """The picture with these features: those of before, where it is the same picture."""
        former = self.answer
        if former is not None and former.picture is picture and former.basis.orientations == orientations:
            return with_metrics(former.query, metrics, orientations=orientations)
        return prepare_query(picture.data, metrics, orientations=orientations, limits=upload_limits())


def _among(cache: FeatureCache, filters: Filters | None) -> NDArray[np.int64] | None:
    """The only pictures that fit, where there are filters."""
    return cache.catalog.ids_with(filters) if filters else None
