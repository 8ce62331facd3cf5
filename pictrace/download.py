"""Fetch pictures from links given by strangers: bounded in bytes and time, never from a private network.

Each link and each redirect runs through check_url, and each address is checked again as it is dialled
(pictrace.addresses). What cannot be fetched raises DownloadError, what must not be fetched RefusedError, and
nothing else is raised but asyncio.CancelledError. The bytes are not judged here: that is the decoder's work.
"""

from __future__ import annotations

import asyncio
import email.utils
import functools
import http.client
import importlib.metadata
import itertools
import os
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from pictrace.addresses import Dial, DownloadPolicy, check_characters, check_url, dialling, open_socket, shown
from pictrace.errors import DownloadError, RefusedError

__all__ = ["Download", "DownloadPolicy", "check_url", "fetch", "fetch_async", "fetch_many"]

DEFAULT_POLICY = DownloadPolicy()
# The pause before the first repeat; it doubles each time, and is shortened by up to a half at random.
BACKOFF_S = 0.5
# Links that fetch_many reads in advance, to keep all its places busy where many in a row share a host.
LOOK_AHEAD = 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REPEATABLE = frozenset({429, 500, 502, 503, 504})
_ADVICE = {
    401: "It wants a login; save the picture and upload it instead.",
    403: "It does not give this picture to programs; save the picture and upload it instead.",
    429: "Try again later.",
}


@dataclass(frozen=True)
class Download:
    """One fetched body: the link as asked and, in normal form, after redirects; the bytes with any compression
    undone; what the server claims of them ("" where it claims nothing; the type in lower case, without parameters).
    """

    url: str
    final_url: str
    data: bytes
    content_type: str
    etag: str
    last_modified: str


class _TransientError(DownloadError):
    """Worth repeating, after pause_s at least where the server named a pause."""

    def __init__(self, message: str, pause_s: float = 0.0) -> None:
        super().__init__(message)
        self.pause_s = pause_s


def fetch(url: str, policy: DownloadPolicy = DEFAULT_POLICY) -> Download:
    """fetch_async for a thread in which no event loop runs (a script, a Streamlit page).

    A name server that does not answer may delay the return beyond the total time, as no look-up can be cancelled.
    """
    return asyncio.run(fetch_async(url, policy))


async def fetch_async(url: str, policy: DownloadPolicy = DEFAULT_POLICY) -> Download:
    """Fetch one link; raises DownloadError, and RefusedError where the link must not be fetched."""
    async with _session(policy) as session:
        return await _fetch(session, url, policy)


async def fetch_many(
    urls: Iterable[str], policy: DownloadPolicy = DEFAULT_POLICY
) -> AsyncIterator[tuple[str, Download | DownloadError]]:
    """Fetch all links; yields (link as asked, its download or its error) as they finish, in no fixed order.

    At most policy.concurrency run at once, at most policy.per_host of them with one host. What has finished
    waits until it is taken, and no more is begun in the meantime.
    """
    source = iter(urls)
    waiting: dict[str, deque[str]] = {}
    running: dict[asyncio.Task[Download], tuple[str, str]] = {}
    busy: Counter[str] = Counter()
    async with _session(policy) as session:
        try:
            while True:
                for url in itertools.islice(source, LOOK_AHEAD - sum(map(len, waiting.values()))):
                    host = url.partition("//")[2].partition("/")[0].lower()  # near enough to share out places
                    waiting.setdefault(host, deque()).append(url)
                while len(running) < policy.concurrency:
                    free = next((host for host in waiting if busy[host] < policy.per_host), None)
                    if free is None:
                        break
                    url = waiting[free].popleft()
                    if not waiting[free]:
                        del waiting[free]
                    busy[free] += 1
                    running[asyncio.create_task(_fetch(session, url, policy))] = (free, url)
                if not running:
                    return
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    host, url = running.pop(task)
                    busy[host] -= 1
                    error = task.exception()
                    yield url, error if isinstance(error, DownloadError) else task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _fetch(session: aiohttp.ClientSession, url: str, policy: DownloadPolicy) -> Download:
    """One link within its total time; the one place where foreign exceptions become DownloadError."""
    deadline = asyncio.get_running_loop().time() + policy.total_timeout_s
    try:
        async with asyncio.timeout_at(deadline):
            return await _repeat(session, url, policy, deadline)
    except DownloadError:
        raise
    except TimeoutError as exc:
        raise DownloadError(f"{shown(url)} took over {policy.total_timeout_s:g} s. Try again later.") from exc
    except Exception as exc:
        # What strangers' servers provoke in a client is open-ended, and one of them must not end a batch.
        raise DownloadError(f"{shown(url)} could not be fetched ({type(exc).__name__}). Check the link.") from exc


async def _repeat(session: aiohttp.ClientSession, url: str, policy: DownloadPolicy, deadline: float) -> Download:
    """Attempts with growing pauses, as long as the trouble may pass and the next one would begin in time."""
    attempt = 0
    while True:
        try:
            return await _follow(session, url, policy)
        except _TransientError as exc:
            # The chance keeps the repeats of many clients apart; it guards no secret.
            backoff_s = BACKOFF_S * 2**attempt * random.uniform(0.5, 1)  # noqa: S311
            pause_s = max(backoff_s, exc.pause_s)
            if attempt == policy.retries or asyncio.get_running_loop().time() + pause_s >= deadline:
                raise DownloadError(str(exc)) from exc
        attempt += 1
        await asyncio.sleep(pause_s)


async def _follow(session: aiohttp.ClientSession, url: str, policy: DownloadPolicy) -> Download:
    """One attempt: from redirect to redirect, each checked like a link of its own, to the body."""
    here = check_url(url, policy)
    seen = {here}
    for _ in range(policy.max_redirects + 1):
        found = await _request(session, url, here, policy)
        if isinstance(found, Download):
            return found
        try:
            target = check_url(_joined(here, found), policy)
        except RefusedError as exc:
            raise RefusedError(f"{shown(here)} redirects to a link that is not followed. {exc}") from exc
        if target in seen:
            raise DownloadError(f"{shown(url)} redirects in a circle. Check the link, or upload the picture.")
        seen.add(target)
        here = target
    raise DownloadError(f"{shown(url)} redirects over {policy.max_redirects} times. Use the link at its end.")


def _joined(base: str, location: str) -> str:
    """Where a Location header leads; a space in it, which servers do send, is written out as browsers do."""
    location = location.strip(" ").replace(" ", "%20")
    check_characters(location)
    try:
        return str(URL(base).join(URL(location)))
    except ValueError as exc:
        raise RefusedError(f"{shown(location)} cannot be read as a link: {shown(str(exc))}.") from exc


async def _request(session: aiohttp.ClientSession, asked: str, here: str, policy: DownloadPolicy) -> Download | str:
    """One request: the download, or the Location of a redirect."""
    url = URL(here, encoded=True)  # dialled exactly as it was checked
    with dialling(url.raw_host or "", url.port or 0, policy) as dial:
        try:
            once = functools.partial(_once, dial)
            async with session.get(url, allow_redirects=False, middlewares=(once,)) as response:
                if response.status in _REDIRECTS and (location := response.headers.get("Location")):
                    return location
                _check_status(response, here)
                return Download(
                    url=asked,
                    final_url=here,
                    data=await _body(response, here, policy),
                    content_type=_header(response, "Content-Type").partition(";")[0].strip().lower(),
                    etag=_header(response, "ETag"),
                    last_modified=_header(response, "Last-Modified"),
                )
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise dial.refused or _explained(exc, here, dial.host, policy) from exc


def _check_status(response: aiohttp.ClientResponse, here: str) -> None:
    status = response.status
    if status in (200, 203):
        return
    phrase = f", {http.client.responses[status].lower()}" if status in http.client.responses else ""
    if status in _REDIRECTS:
        phrase += ", but not where to"
    advice = _ADVICE.get(status, "Try again later." if status >= 500 else "Check the link.")
    message = f"{shown(here)} answered {status}{phrase}. {advice}"
    if status not in _REPEATABLE:
        raise DownloadError(message)
    raise _TransientError(message, _retry_after_s(response) if status in (429, 503) else 0.0)


def _retry_after_s(response: aiohttp.ClientResponse) -> float:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number or a date); 0 where it does not."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


async def _body(response: aiohttp.ClientResponse, here: str, policy: DownloadPolicy) -> bytes:
    """The decoded body, counted as it arrives: Content-Length may lie, and little gzip may hold gigabytes."""
    body = bytearray()
    too_large = (response.content_length or 0) > policy.max_bytes
    while not too_large and (chunk := await response.content.readany()):
        body += chunk
        too_large = len(body) > policy.max_bytes
    if too_large:
        raise DownloadError(f"{shown(here)} is larger than {policy.max_bytes / 2**20:.3g} MB. Use a smaller picture.")
    return bytes(body)


def _header(response: aiohttp.ClientResponse, name: str) -> str:
    """A header's text; bytes that are no UTF-8 (lone surrogates, which no database stores) become "?"."""
    return response.headers.get(name, "").encode("utf-8", "replace").decode("utf-8")


def _explained(exc: Exception, here: str, host: str, policy: DownloadPolicy) -> DownloadError:
    """What a failure of the connection means, in plain words, without the address behind the name."""
    link, host = shown(here), shown(host)
    match exc:
        case aiohttp.ClientConnectorDNSError():
            return DownloadError(f"The host {host} was not found. Check the link and your connection.")
        case aiohttp.ClientSSLError():
            return DownloadError(f"No secure connection to {host}: certificate or TLS error. Check the link.")
        case aiohttp.ClientConnectorError(os_error=error):
            reason = os.strerror(error.errno).lower() if error.errno else "no route"
            lost = isinstance(error, (ConnectionResetError, TimeoutError))
            message = f"{host} could not be reached ({reason}). Check the link, or try again later."
            return (_TransientError if lost else DownloadError)(message)
        case aiohttp.SocketTimeoutError():
            return DownloadError(f"{link} sent nothing for {policy.read_timeout_s:g} s. Try again later.")
        case TimeoutError():
            return _TransientError(f"{host} did not connect within {policy.connect_timeout_s:g} s. Try again later.")
        case aiohttp.ClientPayloadError():
            return DownloadError(f"{link} broke off before its end, or is garbled. Try again later.")
        case aiohttp.ClientResponseError():
            return DownloadError(f"{link} did not answer in valid HTTP. Check the link.")
        case aiohttp.ClientConnectionError():
            return _TransientError(f"{host} broke the connection off. Try again later.")
    return DownloadError(f"{link} could not be fetched ({type(exc).__name__}). Check the link.")


def _session(policy: DownloadPolicy) -> aiohttp.ClientSession:
    """A session without memory: no cookies, no credentials, no proxy from the environment, no referrer."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=policy.concurrency,
            limit_per_host=policy.per_host,  # holds for the targets of redirects too
            socket_factory=functools.partial(open_socket, policy),
        ),
        timeout=aiohttp.ClientTimeout(sock_connect=policy.connect_timeout_s, sock_read=policy.read_timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        # Pictures are compressed already; a server that compresses all the same is decoded within the cap.
        headers={"User-Agent": _user_agent(), "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"},
    )


async def _once(dial: Dial, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a broken request on its own: the repeats here are counted and pause.

    But let it replace a kept connection that the server has closed in the meantime.
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        if isinstance(exc, aiohttp.ClientConnectorError) or not dial.opened:
            raise
        raise aiohttp.ClientConnectionError(str(exc)) from exc


@functools.cache
def _user_agent() -> str:
    try:
        return f"PicTrace/{importlib.metadata.version('pictrace')}"
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "PicTrace/0"
