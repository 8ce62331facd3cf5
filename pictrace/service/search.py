"""One person's search: the picture, what was computed of it, and when that has to be computed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pictrace.catalog.cache import FeatureCache
from pictrace.errors import PicTraceError
from pictrace.images.encoding import encode_jpeg
from pictrace.metrics.base import Metric
from pictrace.output.drawing.parts import with_parts
from pictrace.searching.attempts import score_either
from pictrace.searching.parts import Part, held_pictures
from pictrace.searching.query import Query, needed_metrics, prepare_query, with_metrics
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.judge import Judge
from pictrace.service.lookup import complete_index
from pictrace.service.pictures import Picture, upload_limits

__all__ = ["Answer", "Basis", "Search"]

Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Basis:
    """What a table was computed from besides the picture: where any of it changes, the table is stale.

    Attributes
    ----------
    catalog
        Its identity.
    features
        The metrics' feature keys.
    filters
        Values by name, see Catalog.ids_with.
    """

    catalog: str
    revision: int
    features: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    orientations: bool
    exhaustive: bool


@dataclass(frozen=True)
class Answer:
    """A picture that was read, and how alike every picture of the catalog is.

    thumbnail: JPEG bytes. judge: knows what the pixels say. held: where several lie within it.
    """

    picture: Picture
    query: Query
    thumbnail: bytes
    table: ScoreTable
    basis: Basis
    timing_ms: Mapping[str, float]
    judge: Judge
    held: tuple[Part, ...] = ()


class Search:
    """Looks for one picture after the other, in whatever catalog; nothing is computed twice.

    asked: given, and not read yet. problem: why an input was not taken, "" where nothing is wrong.
    exhaustive: asked to score every picture exactly, for the picture at hand.
    """

    def __init__(self) -> None:
        self.asked: Picture | None = None
        self.answer: Answer | None = None
        self.problem = ""
        self.exhaustive = False

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

    def clear(self) -> None:
        """Back to no picture."""
        self.asked = self.answer = None
        self.problem, self.exhaustive = "", False

    def is_current(
        self, cache: FeatureCache, criteria: Criteria, filters: Filters | None = None, *, orientations: bool = True
    ) -> bool:
        """Whether ``table`` has nothing to compute for these arguments."""
        if self.asked is not None or self.answer is None:
            return self.asked is None
        return self.answer.basis == self._basis(cache, self._metrics(criteria), filters or {}, orientations)

    def table(
        self,
        cache: FeatureCache,
        criteria: Criteria,
        filters: Filters | None = None,
        *,
        orientations: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> ScoreTable | None:
        """How alike the pictures of a catalog are to the picture that was asked for.

        Computed only if the picture, the catalog, the filters or the comparison changed. Criteria change none of
        them, but for the first time that a metric which extracts on demand gets a weight: then it alone is
        extracted, and stays for this picture.

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
        progress
            Called with (done, total) while everything is scored exactly. What it raises ends the search, and all
            stays as it was.

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
        if self.asked is None and self.answer is not None and self.answer.basis == basis:
            return self.answer.table
        try:
            query = self._query(picture, metrics, orientations=orientations)
        except PicTraceError as error:
            self.asked = None
            self.refuse(f"{picture.name}: {error}")
            if self.picture is picture:
                return None
            # What could not be read changes nothing; the former picture's results are at hand, or quickly made again.
            return self.table(cache, criteria, filters, orientations=orientations, progress=progress)
        started = time.perf_counter()
        among = cache.catalog.ids_with(filters) if filters else None
        if basis.exhaustive:
            query, table = score_either(query, cache, exhaustive=True, among=among, progress=progress)
        else:
            query, table = score_either(query, cache, among=among)
            complete_index(cache)
        timing = {**query.timing_ms, "score": (time.perf_counter() - started) * 1e3}
        held = held_pictures(query, table, cache)
        shown = encode_jpeg(with_parts(query.picture, held))
        self.answer = Answer(picture, query, shown, table, basis, timing, self._judge(query), held)
        self.asked, self.exhaustive = None, basis.exhaustive
        return table

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
            self.exhaustive and self.asked is None,
        )

    def _query(self, picture: Picture, metrics: Sequence[Metric], *, orientations: bool) -> Query:
        """The picture with these features: those of before, where it is the same picture."""
        former = self.answer
        if former is not None and former.picture is picture and former.basis.orientations == orientations:
            return with_metrics(former.query, metrics, orientations=orientations)
        return prepare_query(picture.data, metrics, orientations=orientations, limits=upload_limits())
