"""The server and its catalog: whether they are there, what they hold, and what can be asked."""

from __future__ import annotations

from starlette.responses import Response

from pictrace import __version__
from pictrace.api.answering import as_json, conditional
from pictrace.api.bodies import JSON
from pictrace.api.encoding import encoded
from pictrace.api.operations import UNCHANGED, Call, Operation, Reply
from pictrace.client.answers import Health, MetricInfo, PresetInfo, SettingInfo, SimilarityInfo, Stats
from pictrace.metrics import all_metrics
from pictrace.output.documents import catalog_document
from pictrace.searching.presets import DEFAULT_PRESET, all_presets

__all__ = ["OPERATIONS"]


async def _health(call: Call) -> Response:
    return as_json(Health(status="ok", version=__version__))


async def _ready(call: Call) -> Response:
    """Whether the catalog is open; the first to ask opens it."""
    await call.light(lambda: call.state.workspace().catalog.revision())
    return as_json(Health(status="ready", version=__version__))


async def _stats(call: Call) -> Response:
    def work() -> bytes:
        return encoded(catalog_document(call.state.workspace().catalog))

    return conditional(call.request, await call.light(work), JSON)


async def _metrics(call: Call) -> Response:
    return conditional(call.request, await call.light(lambda: encoded(_similarity())), JSON)


def _similarity() -> SimilarityInfo:
    return SimilarityInfo(
        metrics=[
            MetricInfo(
                name=one.name,
                title=one.title,
                help=one.help,
                unit=one.scale.unit,
                default_weight=one.default_weight,
                settings=[
                    SettingInfo(name=each.name, title=each.title, values=list(each.values), default=each.default)
                    for each in one.settings
                ],
                hindrance=one.unavailable(),
            )
            for one in all_metrics()
        ],
        presets=[
            PresetInfo(
                name=one.name,
                title=one.title,
                help=one.help,
                weights=dict(one.weights),
                settings={name: dict(some) for name, some in one.settings.items()},
            )
            for one in all_presets()
        ],
        default_preset=DEFAULT_PRESET,
    )


OPERATIONS = (
    Operation(
        "GET",
        "/metrics-of-similarity",
        "list_metrics",
        "The ways of comparing pictures, with their settings, and the presets",
        _metrics,
        {200: Reply("All of them", SimilarityInfo, headers=("ETag",)), 304: UNCHANGED},
    ),
    Operation(
        "GET",
        "/stats",
        "get_stats",
        "What the catalog holds, and what it lacks",
        _stats,
        {200: Reply("As `pictrace info --json` prints it", Stats, headers=("ETag",)), 304: UNCHANGED},
    ),
    Operation(
        "GET", "/health", "get_health", "Whether the server is there", _health, {200: Reply("It is", Health)}, scope=""
    ),
    Operation(
        "GET",
        "/ready",
        "get_ready",
        "Whether the catalog is open, so that searches can be asked",
        _ready,
        {200: Reply("It is", Health)},
        scope="",
    ),
)
