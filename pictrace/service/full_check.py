"""Every picture of a catalog in full detail, in the background, while the closest are at hand."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.errors import StoppedError
from pictrace.images.encoding import encode_jpeg
from pictrace.output.drawing.parts import with_parts
from pictrace.precedence import give_way
from pictrace.searching.attempts import score_either
from pictrace.service.answer import Answer
from pictrace.service.background import Background
from pictrace.service.judge import Judge
from pictrace.told import told

__all__ = ["FullCheck"]


class FullCheck(Background):
    """Begun for an answer, which stays as it is; ``found`` is the fuller one, once there is one.

    Parameters
    ----------
    answer
        What is at hand of the same picture, features and catalog.
    cache
        The features of the catalog.
    among : (k,) int64 array, optional
        The only pictures to compare, by id.
    """

    def __init__(self, answer: Answer, cache: FeatureCache, among: NDArray[np.int64] | None) -> None:
        self.answer = answer
        self.found: Answer | None = None
        self.done = self.total = 0
        self._cache, self._among = cache, among
        self._started = time.perf_counter()
        super().__init__(self._check, "full-check")

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.done / max(1e-3, time.perf_counter() - self._started)

    def _check(self) -> None:
        former = self.answer
        query, table = score_either(former.query, self._cache, exhaustive=True, among=self._among, progress=self._count)
        timing = {**former.query.timing_ms, "score": (time.perf_counter() - self._started) * 1e3}
        judge = former.judge if query.image is former.query.image else Judge(query)
        table, held = judge.held(query, table, self._cache, self._among)
        shown = encode_jpeg(with_parts(query.picture, held))
        self.found = replace(former, query=query, thumbnail=shown, table=table, timing_ms=timing, held=held)

    def _count(self, done: int, total: int) -> None:
        if self.stopped:
            raise StoppedError(told("The check was stopped."))
        self.done, self.total = done, total
        give_way()
