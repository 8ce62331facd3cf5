"""What goes on in the background for look-alikes: getting the model, making features. No streamlit here."""

from __future__ import annotations

import threading

from pictrace.catalog.base import Catalog
from pictrace.images.reading import DecodeLimits
from pictrace.metrics.base import Metric
from pictrace.models import Model
from pictrace.models.obtain import obtain
from pictrace.service.background import Background
from pictrace.service.jobs import RebuildJob

__all__ = ["GetJob", "Jobs"]


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


class Jobs:
    """The jobs of this process, one for each model and each kind of features of a catalog."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._getting: dict[str, GetJob] = {}
        self._building: dict[tuple[str, str], RebuildJob] = {}

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

    def building(self, catalog: Catalog, metric: Metric) -> RebuildJob | None:
        return self._building.get((catalog.identity, metric.feature_key))

    def build(self, catalog: Catalog, metric: Metric) -> RebuildJob:
        """Begin it, unless it is under way."""
        with self._lock:
            key = (catalog.identity, metric.feature_key)
            job = self._building.get(key)
            if job is None or not job.running:
                job = self._building[key] = RebuildJob(catalog, DecodeLimits(), [metric])
            return job
