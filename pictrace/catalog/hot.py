"""The features of a whole catalog in memory, kept in step with its revision."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog, FeatureSpec
from pictrace.metrics.base import FeatureBatch, Metric

__all__ = ["HotFeatures", "Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """The catalog's pictures at one revision, and their features by metric name, in the order of ids."""

    revision: int
    ids: NDArray[np.int64]
    batches: Mapping[str, FeatureBatch]


class HotFeatures:
    """Feature batches of one open catalog; safe for threads, read again when the revision differs."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._lock = threading.Lock()
        self._revision = -1
        self._ids = np.empty(0, np.int64)
        self._batches: dict[str, FeatureBatch] = {}

    def snapshot(self, metrics: Sequence[Metric]) -> Snapshot:
        """All pictures' features for these metrics."""
        with self._lock:
            revision = self.catalog.revision()
            if revision != self._revision:
                self._ids = self.catalog.ids()
                self._batches.clear()
                self._revision = revision
            for metric in metrics:
                if metric.feature_key not in self._batches:
                    batch = self.catalog.fetch(self._ids, FeatureSpec.of(metric))
                    self._batches[metric.feature_key] = batch
            batches = {metric.name: self._batches[metric.feature_key] for metric in metrics}
            return Snapshot(revision, self._ids, batches)
