"""The metrics: every module of this package that defines a Metric is found here by itself, and other packages' too."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import logging
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from pictrace.errors import CriteriaError, PicTraceError
from pictrace.metrics.base import Metric
from pictrace.metrics.colours import assigned
from pictrace.told import told

__all__ = ["ENTRY_POINTS", "all_metrics", "colour_of", "get_metric", "loaded", "ready_metrics", "rediscover"]

ENTRY_POINTS = "pictrace.metrics"
"""The group of entry points under which other packages name their metrics' classes."""

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


def get_metric(name: str) -> Metric:
    """The metric of this name; CriteriaError lists the names that there are."""
    for metric in _discovered():
        if metric.name == name:
            return metric.current()
    known = ", ".join(metric.name for metric in all_metrics())
    raise CriteriaError(
        told("There is no metric named {name}. The metrics are: {known}.", name=repr(name), known=known)
    )


def rediscover() -> None:
    """Look for metrics anew at the next call, as after another package was installed."""
    _discovered.cache_clear()
    _colours.cache_clear()


def colour_of(metric: Metric) -> str:
    """What the metric is drawn in everywhere, hexadecimal; no two metrics have the same."""
    return _colours().get(metric.name) or metric.colour or "#000000"


@cache
def _colours() -> Mapping[str, str]:
    return assigned((metric.name, metric.colour) for metric in _discovered())


@cache
def _discovered() -> tuple[Metric, ...]:
    found: dict[str, Metric] = {}
    for metric in (*_of_this_package(), *_of_other_packages()):
        if metric.name in found:
            _log.warning("The metric %s of %s is left out: there is one of that name.", metric.name, type(metric))
        found.setdefault(metric.name, metric)
    return tuple(sorted(found.values(), key=lambda metric: (metric.order, metric.name)))


def _of_this_package() -> Iterator[Metric]:
    for module_info in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(module_info.name)
        for member in vars(module).values():
            if _is_metric(member) and member.__module__ == module.__name__:
                yield member()


def _of_other_packages() -> Iterator[Metric]:
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            member = point.load()
            metric = member() if _is_metric(member) else None
        except Exception as error:
            # What another package's module raises is open-ended, and it must not take the others along.
            _log.warning("The metric %s of %s is left out: %s", point.name, point.value, error)
            continue
        if metric is None:
            _log.warning("The metric %s of %s is left out: it is no class of a Metric.", point.name, point.value)
        else:
            yield metric


def _is_metric(member: object) -> bool:
    return inspect.isclass(member) and issubclass(member, Metric) and not inspect.isabstract(member)
