"""A run that puts a catalog's keypoints into the index which large catalogs are searched by."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from pictrace.catalog.cache import FeatureCache
from pictrace.errors import PicTraceError
from pictrace.indexing.run import Progress, Run
from pictrace.metrics import ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import NEW_PICTURES
from pictrace.searching.scoring import EXACT_LIMIT

__all__ = ["IndexKeypoints", "complete_index"]


@dataclass
class IndexKeypoints(Run[Progress]):
    """Iterate over it, once: each step is a Progress. What is there is passed over.

    It ends early by ``stop``, or by closing its iterator; what is done is kept, but for the last batch. Up to
    EXACT_LIMIT pictures there is nothing to do: all are compared.

    Attributes
    ----------
    cache
        Of the catalog.
    metrics
        Whose keypoints; by default, those of the metrics that are ready.
    """

    cache: FeatureCache
    metrics: Sequence[Metric] | None = None

    def __post_init__(self) -> None:
        self._ready(Progress(0))

    def _work(self) -> Generator[Progress, None, None]:
        if self.cache.catalog.count() <= EXACT_LIMIT:
            return
        for metric in ready_metrics() if self.metrics is None else self.metrics:
            if not isinstance(metric, Indexed):
                continue
            before = self.progress.done
            with closing(self.cache.index_of(metric).steps(wait=False)) as steps:
                for done, total in steps:
                    if self.progress.total < before + total:
                        self.progress = Progress(before + total, added=before)
                    yield self._count(added=before + done - self.progress.done)
                    if self._stop.is_set():
                        return


def complete_index(cache: FeatureCache) -> None:
    """Begin to put in what a search leaves out, in a thread of its own; where one does it already, nothing."""
    if not cache.searched_here or len(cache.ids()[1]) <= EXACT_LIMIT:  # counting a large catalog would take a while
        return
    indexed = (metric for metric in ready_metrics() if isinstance(metric, Indexed))
    if any(len(cache.index_of(metric).current().missing) > NEW_PICTURES for metric in indexed):
        threading.Thread(target=_complete, args=(cache,), name="complete-index", daemon=True).start()


def _complete(cache: FeatureCache) -> None:
    with contextlib.suppress(PicTraceError):  # the catalog cannot be read: the next search will tell why
        IndexKeypoints(cache).run()
