"""Looking for every query once, as a search does, and keeping what the measures need."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.errors import PicTraceError, UsageError
from pictrace.evaluation.cube import Block, Column, Cube
from pictrace.evaluation.naming import Asking
from pictrace.faults import as_own
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.run import Failure, Pace, Run, Workshop, default_workers
from pictrace.metrics.base import Metric
from pictrace.searching.attempts import score_either
from pictrace.searching.query import prepare_query
from pictrace.told import told

__all__ = ["Scoring", "ScoringProgress"]

MAX_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class ScoringProgress(Pace):
    """How many of the queries were looked for."""

    scored: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.scored + self.failed


class Scoring(Run[ScoringProgress]):
    """One run over all queries; ``cube`` holds those that are done."""

    def __init__(
        self,
        cache: FeatureCache,
        asked: Sequence[Asking],
        metrics: Sequence[Metric],
        columns: Sequence[Column],
        *,
        exhaustive: bool | None = None,
        orientations: bool = True,
        limits: DecodeLimits | None = None,
        workers: int | None = None,
    ) -> None:
        """
        Parameters
        ----------
        cache
            The features of the catalog that is searched.
        asked
            The queries.
        metrics, columns
            What is compared, and under which settings it is kept.
        exhaustive, orientations, limits
            As for a search.
        workers
            Threads.
        """
        self._ready(ScoringProgress(len(asked)))
        self._cache, self._asked = cache, tuple(asked)
        self._metrics, self._columns = tuple(metrics), tuple(columns)
        self._exhaustive, self._orientations, self._limits = exhaustive, orientations, limits
        self._workers = workers or default_workers()
        self._blocks: dict[int, Block] = {}
        self._bytes = 0

    @property
    def cube(self) -> Cube:
        """The queries that are done by now, in their order."""
        blocks = tuple(self._blocks[number] for number in sorted(self._blocks))
        keys = {one.name: one.feature_key for one in self._metrics}
        return Cube(self._metrics, self._columns, blocks, self._cache.catalog.count(), keys)

    def _work(self) -> Generator[ScoringProgress, None, None]:
        with Workshop[int, Block](self._workers, "scoring") as workshop:
            for number, one in enumerate(self._asked):
                if self._stop.is_set():
                    break
                workshop.submit(number, self._score, one)
                for done, future in workshop.finished():
                    yield self._take(done, future)
            for done, future in workshop.finished(everything=True):
                yield self._take(done, future)

    def _take(self, number: int, future: Future[Block]) -> ScoringProgress:
        try:
            block = future.result()
        except PicTraceError as error:
            self.failures.append(Failure(Source("file", self._asked[number].name), str(error)))
            return self._count(failed=1)
        self._blocks[number] = block
        self._bytes += block.similarity.nbytes
        if self._bytes > MAX_BYTES:
            raise UsageError(
                told(
                    "The scores of {scored:,} of {count:,} queries take more than {most} GB. Give fewer "
                    "queries, or do not score all pictures exactly.",
                    scored=len(self._blocks),
                    count=len(self._asked),
                    most=MAX_BYTES >> 30,
                )
            )
        return self._count(scored=1)

    def _score(self, one: Asking) -> Block:
        with as_own(PicTraceError, one.name):
            query = prepare_query(one.read(), self._metrics, orientations=self._orientations, limits=self._limits)
            query, table = score_either(query, self._cache, exhaustive=self._exhaustive)
        return Block.of(
            one.name,
            one.group,
            table,
            self._columns,
            relevant=one.relevant,
            left_out=one.unsure | {query.id},  # itself is no match, unless the truth names it
        )
