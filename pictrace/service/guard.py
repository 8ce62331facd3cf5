"""What stands between the network and the app's server, whatever that is asked for: an ASGI middleware.

It refuses hosts under which the app is not served (a page elsewhere whose name is made to lead here, DNS rebinding),
uploads beyond what the server may hold, and the server's statistics; and it tells browsers what they may do with what
they get. No streamlit here.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

__all__ = ["FRAMED_BY", "REFUSED_UPLOAD", "Guard", "Guarded"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FRAMED_BY = "'self'"
REFUSED_UPLOAD = b"PicTrace refused this upload, as the uploads of all visitors take as much memory as they may."
"""What the app gets in place of such a file: an uploader shows no words of an answer, the page that finds this can."""

METRICS, UPLOADS = "/_stcore/metrics", "/_stcore/upload_file/"

_PASSED_OVER_BYTES = 64 * 2**20
_PART_HEAD_BYTES = 16 * 2**10

_log = logging.getLogger("pictrace")


@dataclass(frozen=True)
class Guarded:
    """What an owner lets the network do.

    Attributes
    ----------
    hosts
        Names under which the app is served, besides those of this computer and all addresses: "app.example.org",
        "*.example.org", or "*" for every name.
    framed_by
        Who may show the app in a frame, as the sources of Content-Security-Policy's frame-ancestors.
    metrics_token
        What opens the server's statistics (Authorization: Bearer …); "" keeps them shut.
    upload_bytes
        How much the uploads of all visitors may take, those that are under way among them.
    """

    hosts: tuple[str, ...] = ()
    framed_by: str = FRAMED_BY
    metrics_token: str = ""
    upload_bytes: int = 256 * 2**20

    def serves(self, host: str | None) -> bool:
        """Whether a request's Host header names this app. An address cannot be made to lead elsewhere, so all pass."""
        name = _hostname(host)
        if name is None:
            return False
        if name == "localhost" or name.endswith(".localhost") or _is_address(name):
            return True
        return any(_fits(name, one.strip().lower().rstrip(".")) for one in self.hosts)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Added to every answer. Streamlit's own page needs scripts that a stricter policy would stop."""
        policy = f"frame-ancestors {self.framed_by}; object-src 'none'; base-uri 'self'"
        return [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),  # the address may hold what somebody looks for
            (b"content-security-policy", policy.encode("latin-1", "replace")),
        ]


class Guard:
    """The middleware.

    Parameters
    ----------
    app
        What is guarded.
    settings
        Asked at each request, as secrets reach the environment after the server was made.
    held_bytes
        How much the uploads at hand take.
    """

    def __init__(self, app: App, settings: Callable[[], Guarded], held_bytes: Callable[[], int]) -> None:
        self._app, self._settings, self._held_bytes = app, settings, held_bytes
        self._coming_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        settings = self._settings()
        host = _header(scope, b"host")
        if not settings.serves(host):
            _log.warning("refused a request for the host %.100r, under which this app is not served", host)
            await _refuse(scope, send, settings, 421, "This app is not served under this name: server.allowedHosts.")
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif scope["path"].endswith(METRICS) and not _may_see_metrics(scope, settings):
            await _refuse(scope, send, settings, 404, "Not Found")
        elif scope["method"] == "PUT" and UPLOADS in scope["path"]:
            await self._upload(scope, receive, send, settings)
        else:
            await self._app(scope, receive, _with_headers(send, settings))

    async def _upload(self, scope: Scope, receive: Receive, send: Send, settings: Guarded) -> None:
        length = _header(scope, b"content-length") or ""
        if not length.isascii() or not length.isdigit():
            await _refuse(scope, send, settings, 411, "An upload says how long it is.")
            return
        coming = int(length)
        if self._held_bytes() + self._coming_bytes + coming > settings.upload_bytes:
            _log.warning("refused an upload of %d bytes: those at hand take as much as they may", coming)
            instead = await _instead(receive) if coming <= _PASSED_OVER_BYTES else None
            if instead is None:
                await _refuse(scope, send, settings, 507, "The uploads of all visitors take as much as they may.")
                return
            headers = [one for one in scope["headers"] if bytes(one[0]).lower() != b"content-length"]
            scope = {**scope, "headers": [*headers, (b"content-length", str(len(instead)).encode())]}
            receive, coming = _replayed(instead, receive), len(instead)
        self._coming_bytes += coming
        try:
            await self._app(scope, receive, _with_headers(send, settings))
        finally:
            self._coming_bytes -= coming


async def _instead(receive: Receive) -> bytes | None:
    """The form of an upload with REFUSED_UPLOAD for its file; None where it is no such form.

    All of it is received, as browsers read an answer only then, and nothing but its head is kept.
    """
    head, more = b"", True
    while more:
        message = await receive()
        if message.get("type") != "http.request":
            return None
        if b"\r\n\r\n" not in head and len(head) <= _PART_HEAD_BYTES:
            head += bytes(message.get("body", b""))
        more = bool(message.get("more_body", False))
    part, found, _ = head[:_PART_HEAD_BYTES].partition(b"\r\n\r\n")
    boundary = part.split(b"\r\n", 1)[0]
    if not found or not boundary.startswith(b"--"):
        return None
    return b"".join([part, found, REFUSED_UPLOAD, b"\r\n", boundary, b"--\r\n"])


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A request with this body, and after it what comes of the one that was received."""
    rest = [body]

    async def received() -> Message:
        if rest:
            return {"type": "http.request", "body": rest.pop(), "more_body": False}
        return await receive()

    return received


def _with_headers(send: Send, settings: Guarded) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            named = {name for name, _ in settings.headers}
            kept = [one for one in message.get("headers", ()) if bytes(one[0]).lower() not in named]
            message = {**message, "headers": [*kept, *settings.headers]}
        await send(message)

    return sent


async def _refuse(scope: Scope, send: Send, settings: Guarded, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = why.encode()
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*head, *settings.headers]})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str | None:
    """The one header of this name; None where there is none, or several that could contradict each other."""
    found = [bytes(value) for key, value in scope["headers"] if bytes(key).lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def _may_see_metrics(scope: Scope, settings: Guarded) -> bool:
    given = (_header(scope, b"authorization") or "").removeprefix("Bearer ")
    return bool(settings.metrics_token) and hmac.compare_digest(given.encode(), settings.metrics_token.encode())


def _hostname(host: str | None) -> str | None:
    """A Host header's name or address without its port; None where it is no such thing."""
    if not host or any(one in host for one in "/?#@\\ \t"):
        return None
    try:
        parsed = urlsplit(f"//{host}")
        _ = parsed.port  # raises for one that is no number
    except ValueError:
        return None
    return (parsed.hostname or "").rstrip(".") or None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _fits(name: str, pattern: str) -> bool:
    return pattern == "*" or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))
