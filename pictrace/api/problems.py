"""Everything that goes wrong, as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import Response

from pictrace.api.encoding import encoded
from pictrace.client.answers import Problem, ProblemPart
from pictrace.errors import CatalogError, DownloadError, PicTraceError, StoppedError, UnsupportedError

__all__ = ["KINDS", "PROBLEM_TYPE", "Kind", "ProblemError", "of_status", "problem_of", "problem_response"]

PROBLEM_TYPE = "application/problem+json"
_PAGE = "https://pictrace.github.io/pictrace/api/"


@dataclass(frozen=True)
class Kind:
    """A kind of problem. name: the heading of docs/api.md that tells of it."""

    name: str
    status: int
    title: str


KINDS = {
    one.name: one
    for one in (
        Kind("invalid-request", 422, "The request is not what it should be"),
        Kind("unusable-input", 422, "The picture or the source cannot be used"),
        Kind("link-not-fetched", 422, "The link was not fetched"),
        Kind("unsupported-media-type", 415, "The body is of a type that is not read here"),
        Kind("too-large", 413, "The body is too large"),
        Kind("too-slow", 408, "The body did not arrive in time"),
        Kind("token-needed", 401, "A token is needed"),
        Kind("not-allowed", 403, "This is not allowed"),
        Kind("not-found", 404, "There is no such thing here"),
        Kind("method-not-allowed", 405, "This cannot be done here"),
        Kind("under-way", 409, "The same request is under way"),
        Kind("too-many-requests", 429, "Too many requests"),
        Kind("catalog-unavailable", 503, "The catalog cannot be used now"),
        Kind("fault", 500, "A fault in PicTrace or in a library"),
    )
}
"""By name."""

_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}


@dataclass
class ProblemError(Exception):
    """Ends a request with a problem.

    Attributes
    ----------
    kind
        A name of KINDS.
    detail
        What was wrong, and what to do next.
    errors
        By parts of the request.
    retry_after_s
        Whole seconds after which it may go well.
    headers
        Further ones of the answer.
    """

    kind: str
    detail: str
    errors: Sequence[ProblemPart] = ()
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: PicTraceError) -> ProblemError:
    """How an error of ours is told."""
    if isinstance(error, UnsupportedError):
        return ProblemError("not-allowed", str(error))
    if isinstance(error, CatalogError):
        return ProblemError("catalog-unavailable", str(error), retry_after_s=10)
    if isinstance(error, DownloadError):
        return ProblemError("link-not-fetched", str(error))
    if isinstance(error, StoppedError):
        return ProblemError("too-many-requests", str(error), retry_after_s=1)
    return ProblemError("unusable-input", str(error))


def problem_response(problem: ProblemError, request_id: str) -> Response:
    """The answer."""
    kind = KINDS[problem.kind]
    document = Problem(
        type=f"{_PAGE}#{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        request_id=request_id,
        errors=list(problem.errors),
    )
    headers = dict(problem.headers)
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if kind.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="pictrace"'
    return Response(encoded(document), kind.status, headers, PROBLEM_TYPE)


def of_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> ProblemError:
    """What the router refuses by a status."""
    return ProblemError(_BY_STATUS.get(status, "invalid-request"), detail, headers=headers or {})
