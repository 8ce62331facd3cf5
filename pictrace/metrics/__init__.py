"""The metrics: every module of this package that defines a Metric is found here by itself."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterable
from functools import cache

from pictrace.errors import CriteriaError, PicTraceError
from pictrace.metrics.base import Metric

__all__ = ["all_metrics", "get_metric", "loaded", "ready_metrics"]

_log = logging.getLogger(__name__)


def all_metrics() -> tuple[Metric, ...]:
    """Every metric with its default parameters, in the order of display, whether it is ready or not."""
    return tuple(metric.current() for metric in _discovered())


def ready_metrics() -> tuple[Metric, ...]:
    """Those that can extract features, as far as is known without loading what they need."""
    return tuple(metric for metric in all_metrics() if not metric.unavailable())


def loaded(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """These metrics with what they need loaded; those that cannot are left out, with a warning in the log."""
    usable = []
    for metric in metrics:
        try:
            metric.make_ready()
        except PicTraceError as error:  # it tells so itself from now on, by unavailable()
            _log.warning("%s is left out: %s", metric.title, error)
        else:
            usable.append(metric)
    return tuple(usable)


@cache
def _discovered() -> tuple[Metric, ...]:
    found: list[Metric] = []
    for module_info in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(module_info.name)
        for member in vars(module).values():
            is_metric = inspect.isclass(member) and issubclass(member, Metric)
            if is_metric and not inspect.isabstract(member) and member.__module__ == module.__name__:
                found.append(member())
    return tuple(sorted(found, key=lambda metric: (metric.order, metric.name)))


def get_metric(name: str) -> Metric:
    """The metric of this name; CriteriaError lists the names that there are."""
    for metric in all_metrics():
        if metric.name == name:
            return metric
    known = ", ".join(metric.name for metric in all_metrics())
    raise CriteriaError(f"There is no metric named {name!r}. The metrics are: {known}.")
