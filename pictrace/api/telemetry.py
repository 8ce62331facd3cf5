"""What the API counts, for Prometheus: requests, how long they took, and what waits.

The package ``prometheus-client`` is an extra: ``pip install "pictrace[metrics]"``. Without it nothing is counted.
"""

from __future__ import annotations

import hmac
import importlib.util
import os
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pictrace.api.problems import ProblemError

__all__ = ["Telemetry", "admitted_to_metrics"]

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30)


class Telemetry:
    """Counters of one server.

    Parameters
    ----------
    gauges
        What is looked at whenever somebody asks: by name, its help and how it is told.
    """

    def __init__(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        self._text: Callable[[], bytes] | None = None
        self._count: Callable[[str, int, float], None] | None = None
        if importlib.util.find_spec("prometheus_client") is not None:
            self._set_up(gauges)

    def _set_up(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        requests = Counter(
            "pictrace_api_requests", "Requests that were answered.", ("operation", "status"), registry=registry
        )
        seconds = Histogram(
            "pictrace_api_request_seconds",
            "From a request to its answer.",
            ("operation",),
            registry=registry,
            buckets=_SECONDS,
        )
        for name, (what, told) in gauges.items():
            Gauge(f"pictrace_api_{name}", what, registry=registry).set_function(told)

        def count(operation: str, status: int, spent_s: float) -> None:
            requests.labels(operation, str(status)).inc()
            seconds.labels(operation).observe(spent_s)

        self._count, self._text = count, lambda: generate_latest(registry)

    def count(self, operation: str, status: int, spent_s: float) -> None:
        """Count an answer. operation: of a small set of names, as each is kept for ever."""
        if self._count is not None:
            self._count(operation, status, spent_s)

    def answer(self) -> Response:
        """Everything that was counted, in Prometheus' text form; ProblemError where nothing is."""
        if self._text is None:
            raise ProblemError(
                "not-found", 'Nothing is counted here. The owner installs the extra: "pictrace[metrics]".'
            )
        return Response(self._text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def admitted_to_metrics(request: Request) -> None:
    """ProblemError unless the request brings PICTRACE_METRICS_TOKEN, which opens Streamlit's statistics, too."""
    token = os.environ.get("PICTRACE_METRICS_TOKEN", "").strip()
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if not token or kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ProblemError("not-found", "Metrics are shut: they open to the owner's PICTRACE_METRICS_TOKEN.")
