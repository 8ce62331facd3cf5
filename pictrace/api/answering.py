"""Answers: JSON and files, with ETags by which a client asks whether anything has changed (RFC 9110, 13.1.2)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pictrace.api.bodies import JSON
from pictrace.api.encoding import encoded

__all__ = ["as_json", "conditional", "unchanged"]

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def as_json(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document that nobody keeps."""
    return Response(encoded(document), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def conditional(request: Request, content: bytes, kind: str, *, tag: str = "") -> Response:
    """The content, or 304 where the client has it already.

    Parameters
    ----------
    tag
        What changes with the content; by default, its hash.
    """
    tag = f'"{tag or hashlib.sha256(content).hexdigest()[:32]}"'
    return unchanged(request, tag) or Response(content, 200, _headers(tag), kind)


def unchanged(request: Request, tag: str) -> Response | None:
    """304 where the client names this tag, with its quotes."""
    named = request.headers.get("if-none-match", "")
    if named.strip() == "*" or tag in _TAG.findall(named):
        return Response(status_code=304, headers=_headers(tag))
    return None


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache"}
