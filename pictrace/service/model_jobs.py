"""What goes on in the background for look-alikes: getting the model, making features. No streamlit here."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pictrace.catalog.base import Catalog
from pictrace.indexing.features import build_features
from pictrace.indexing.progress import Progress
from pictrace.metrics.base import Metric
from pictrace.models import Model
from pictrace.models.obtain import obtain
from pictrace.service.background import Background

__all__ = ["FeaturesJob", "GetJob", "Jobs"]


class GetJob(Background):
    """Downloads one model for everybody who looks at the app. done, total: bytes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.done, self.total = 0, model.byte_count
        super().__init__(self._get, "get-model")

    def _get(self) -> None:
        obtain(self.model, progress=self._show, stopped=self._asked_to_stop.is_set)

    def _show(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class FeaturesJob(Background):
    """Makes the features that a catalog lacks; searches go on meanwhile, with what is there."""

    def __init__(self, catalog: Catalog, metrics: Sequence[Metric]) -> None:
        self.progress = Progress(0)
        self.failed = 0
        self._catalog, self._metrics = catalog, tuple(metrics)
        super().__init__(self._build, "build-features")

    def _build(self) -> None:
        for progress, failures in build_features(self._catalog, self._metrics):
            self.progress, self.failed = progress, len(failures)
            if self._asked_to_stop.is_set():
                return


class Jobs:
    """The jobs of this process, one for each model and each kind of features of a catalog."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._getting: dict[str, GetJob] = {}
        self._building: dict[tuple[str, str], FeaturesJob] = {}

    def getting(self, model: Model) -> GetJob | None:
        """The download of this model, under way or ended."""
        return self._getting.get(model.key)

    def get(self, model: Model) -> GetJob:
        """Begin it, unless it is under way."""
        with self._lock:
            job = self._getting.get(model.key)
            if job is None or not job.running:
                job = self._getting[model.key] = GetJob(model)
            return job

    def building(self, catalog: Catalog, metric: Metric) -> FeaturesJob | None:
        return self._building.get((catalog.identity, metric.feature_key))

    def build(self, catalog: Catalog, metric: Metric) -> FeaturesJob:
        """Begin it, unless it is under way."""
        with self._lock:
            key = (catalog.identity, metric.feature_key)
            job = self._building.get(key)
            if job is None or not job.running:
                job = self._building[key] = FeaturesJob(catalog, [metric])
            return job
