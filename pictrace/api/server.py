"""The API as an ASGI app: every request is admitted, read, done and answered in one way."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pictrace.api import about, duplicates, pictures, scores, search, sources
from pictrace.api.access import admitted, configured_tokens
from pictrace.api.answering import conditional
from pictrace.api.bodies import (
    JSON,
    MULTIPART,
    RAW,
    Body,
    media_type,
    parameters,
    parsed,
    read_body,
    said,
    said_in_json,
)
from pictrace.api.description import described
from pictrace.api.encoding import encoded
from pictrace.api.operations import Call, Operation
from pictrace.api.problems import ProblemError, of_status, problem_of, problem_response
from pictrace.api.repeats import fingerprint
from pictrace.api.state import State
from pictrace.api.telemetry import admitted_to_metrics
from pictrace.api.work import ClientGoneError
from pictrace.client.answers import ProblemPart
from pictrace.errors import PicTraceError
from pictrace.escape import for_message
from pictrace.faults import logged
from pictrace.service.guard import Guard, Guarded
from pictrace.service.pictures import upload_limits

__all__ = ["OPERATIONS", "PREFIX", "admitting", "alone", "api", "mounted"]

PREFIX = "/api/v1"
OPERATIONS = (
    *search.OPERATIONS,
    *pictures.OPERATIONS,
    *sources.OPERATIONS,
    *duplicates.OPERATIONS,
    *scores.OPERATIONS,
    *about.OPERATIONS,
)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

_log = logging.getLogger("pictrace.api")


def api(state: State | None = None) -> Starlette:
    """The app, whose paths begin where it is mounted."""
    state = state or State()
    paths = dict.fromkeys(one.path for one in OPERATIONS)
    routes = [
        Route("/openapi.json", partial(_answered, work=_description), methods=["GET"]),
        Route("/metrics", partial(_answered, work=partial(_metrics, state)), methods=["GET"]),
    ]
    for path in paths:
        by_method = {one.method: one for one in OPERATIONS if one.path == path}
        routes.append(
            Route(path, partial(_answered, work=partial(_operate, state, by_method)), methods=list(by_method))
        )
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    app.router.redirect_slashes = False
    app.state.pictrace = state
    return app


def mounted(state: State | None = None) -> Mount:
    """The app where it belongs."""
    return Mount(PREFIX, api(state))


def alone(hosts: Sequence[str] = (), state: State | None = None) -> Guard:
    """A whole app that serves the API and nothing else.

    Parameters
    ----------
    hosts
        Names under which it is served, besides those of this computer and all addresses.
    """
    routes = Starlette(routes=[mounted(state)], exception_handlers={HTTPException: _refused})
    routes.router.redirect_slashes = False
    settings = Guarded(tuple(hosts), "'none'")
    return Guard(routes, lambda: settings, lambda: 0)


def admitting(app: ASGIApp, scope: str) -> Guard:
    """Another app, for those that may what the scope says.

    Parameters
    ----------
    scope
        As for ``access.admitted``.
    """

    async def admit(asked: Scope, receive: Receive, send: Send) -> None:
        if asked["type"] == "http":
            try:
                admitted(Request(asked), scope)
            except ProblemError as problem:
                await problem_response(problem, secrets.token_hex(8))(asked, receive, send)
                return
        await app(asked, receive, send)

    settings = Guarded((), "'none'")
    return Guard(admit, lambda: settings, lambda: 0)


async def _refused(request: Request, error: Exception) -> Response:
    """What the router refuses: an unknown path, or a method."""
    if not isinstance(error, HTTPException):
        raise error

    async def work(_: Request) -> Response:
        raise of_status(error.status_code, f"{error.detail}: {request.method} {request.url.path[:200]}", error.headers)

    return await _answered(request, work)


async def _answered(request: Request, work: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer, under an id by which the log tells of it, whatever happens."""
    identity, started = secrets.token_hex(8), time.perf_counter()
    try:
        answer = await work(request)
    except ProblemError as problem:
        answer = problem_response(problem, identity)
    except PicTraceError as error:
        answer = problem_response(problem_of(error), identity)
    except ClientGoneError:
        answer = Response(status_code=499)  # as proxies note it; nobody reads it
    except Exception as error:  # the border of the request: whatever it is, it is answered, and logged
        told = logged(f"The request {identity}", error)
        answer = problem_response(ProblemError("fault", f"The server's log tells more, under {told}."), identity)
    answer.headers["X-Request-Id"] = identity
    _tell(request, answer, time.perf_counter() - started)
    return answer


def _tell(request: Request, answer: Response, spent_s: float) -> None:
    """Log a request, in words and in parts, and count it."""
    operation = getattr(request.state, "operation", "other")
    told = {
        "request_id": answer.headers["X-Request-Id"],
        "client": getattr(request.state, "client", ""),
        "method": request.method,
        "path": for_message(request.url.path),
        "operation": operation,
        "status": answer.status_code,
        "duration_ms": round(spent_s * 1e3),
    }
    _log.info("%(request_id)s %(method)s %(path)s %(status)d %(duration_ms)d ms", told, extra=told)
    state: State | None = getattr(request.app.state, "pictrace", None)
    if state is not None:
        state.telemetry.count(operation, answer.status_code, spent_s)


async def _metrics(state: State, request: Request) -> Response:
    admitted_to_metrics(request)
    return state.telemetry.answer()


async def _description(request: Request) -> Response:
    admitted(request, "")
    root = request.scope.get("root_path", "")
    document = described(OPERATIONS, root=root, secured=configured_tokens().are_set)
    return conditional(request, encoded(document), JSON)


async def _operate(state: State, by_method: dict[str, Operation], request: Request) -> Response:
    operation = by_method["GET" if request.method == "HEAD" else request.method]
    request.state.operation = operation.name
    client = admitted(request, operation.scope)
    request.state.client = client.name
    if operation.scope:
        state.rate.spend(client.name)
    given = parameters(request)
    query = said(operation.query, given)
    kind = media_type(request) if operation.bodies else ""
    if operation.bodies and kind not in operation.bodies:
        raise ProblemError("unsupported-media-type", f"Send one of: {', '.join(operation.bodies)}.")
    most = upload_limits().max_bytes * max(1, len(operation.files)) if kind in {RAW, MULTIPART} else 0
    async with read_body(request, most + operation.most_bytes, state.held) as data:
        body = await parsed(request, kind, data)
        form = query
        if kind == JSON:
            form = said_in_json(operation.bodies[JSON], data, query, given)
        elif kind == MULTIPART:
            _require_files(operation, body)
            form = said(operation.bodies[MULTIPART], {**given, **body.fields})
        call = Call(state, request, client, form, body, dict(request.path_params))
        return await _once(call, operation) if operation.writes else await operation.run(call)


async def _once(call: Call, operation: Operation) -> Response:
    """The write, unless it was done before under the same key."""
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return await operation.run(call)
    if not _KEY.fullmatch(key):
        raise ProblemError("invalid-request", "An Idempotency-Key has 1 to 64 letters, digits, - and _.")
    repeats, name = call.state.repeats, call.client.name
    asked = fingerprint(operation.name, str(call.request.url), *call.body.parts)
    before = repeats.begin(name, key, asked)
    if before is not None:
        return Response(before.body, before.status_code, dict(before.headers))
    answer: Response | None = None
    try:
        answer = await operation.run(call)
    finally:
        repeats.end(name, key, answer)
    return answer


def _require_files(operation: Operation, body: Body) -> None:
    for name, is_needed in operation.files.items():
        if is_needed and name not in body.files:
            detail = "It is missing. Send it as a file." if name not in body.fields else "It is no file."
            raise ProblemError(
                "invalid-request", f"/{name}: {detail}", [ProblemPart(pointer=f"/{name}", detail=detail)]
            )
    for name in body.files:
        if name not in operation.files:
            raise ProblemError("invalid-request", f"There is no file {name[:100]!r} to send here.")
