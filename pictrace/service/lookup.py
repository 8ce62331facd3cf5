"""The index of keypoints, completed while the page stays at hand."""

from __future__ import annotations

import contextlib
import threading

from pictrace.catalog.cache import FeatureCache
from pictrace.errors import PicTraceError
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.metrics import ready_metrics
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import NEW_PICTURES
from pictrace.searching.scoring import EXACT_LIMIT

__all__ = ["complete_index"]


def complete_index(cache: FeatureCache) -> None:
    """Begin to put in what a search leaves out, in a thread of its own; where one does it already, nothing."""
    if cache.catalog.count() <= EXACT_LIMIT:
        return
    indexed = (metric for metric in ready_metrics() if isinstance(metric, Indexed))
    if any(len(cache.index_of(metric).current().missing) > NEW_PICTURES for metric in indexed):
        threading.Thread(target=_complete, args=(cache,), name="complete-index", daemon=True).start()


def _complete(cache: FeatureCache) -> None:
    with contextlib.suppress(PicTraceError):  # the catalog cannot be read: the next search will tell why
        IndexKeypoints(cache).run()
