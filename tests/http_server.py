"""A real HTTP server on loopback, in a thread of its own, for the tests of whatever downloads.

    with serve() as server:
        server.add("/cat.jpg", data, content_type="image/jpeg")
        fetch(server.url("/cat.jpg"), DownloadPolicy(allowed_hosts={server.host}))

A path answers with bytes, or by a handler of aiohttp.web; other paths answer 404. broken() makes the handler
of a server that breaks the rules: it sends bytes as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """A running server: where it listens and, in order, the path and headers of each request so far."""

    port: int
    scheme: str = "http"
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    handlers: dict[str, Handler] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.host}{path}"

    def count(self, path: str) -> int:
        return sum(seen == path for seen, _ in self.requests)

    def add(self, path: str, answer: bytes | Handler, status: int = 200, **headers: str) -> str:
        """Let a path answer with a body (_ for - in header names) or by a handler; returns the whole link."""
        if isinstance(answer, bytes):
            body, named = answer, {name.replace("_", "-"): value for name, value in headers.items()}

            async def respond(_: web.Request) -> web.StreamResponse:
                return web.Response(body=body, status=status, headers=named)

            self.handlers[path] = respond
        else:
            self.handlers[path] = answer
        return self.url(path)

    async def dispatch(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.headers)))
        if handler := self.handlers.get(request.path):
            return await handler(request)
        return web.Response(status=404, text="nothing here")


def broken(sent: bytes, *, reset: bool = False, hang_s: float = 0.0) -> Handler:
    """Send these very bytes, wait, and close the connection: in order, or by a reset."""

    async def respond(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        transport.write(sent)
        await asyncio.sleep(hang_s)
        if reset:
            # Lingering for no time makes the system send RST where it would send FIN.
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        else:
            transport.close()
        return web.Response()  # goes nowhere

    return respond


@contextlib.contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on a free port of 127.0.0.1 until the block ends."""
    ready = threading.Event()
    started: list[tuple[Server, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        server, stop = Server(0, "https" if tls else "http"), asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.dispatch)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        server.port = runner.addresses[0][1]
        started.append((server, asyncio.get_running_loop(), stop))
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("the test server did not start")
    server, loop, stop = started[0]
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
