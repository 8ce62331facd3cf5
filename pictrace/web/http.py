"""The HTTP beneath pictrace.web.fetch: its session, and what answers and broken connections mean in plain words."""

from __future__ import annotations

import email.utils
import functools
import http.client
import importlib.metadata
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from yarl import URL

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.policy import Dial, DownloadPolicy, check_characters, open_socket

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "REDIRECTS",
    "TransientError",
    "body",
    "check_status",
    "content_type",
    "explained",
    "header",
    "joined",
    "once",
    "open_session",
]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REPEATABLE = frozenset({429, 500, 502, 503, 504})
_CHARSET = re.compile(r"""\scharset\s*=\s*["']?([^\s"';,]{1,40})""", re.IGNORECASE)


class TransientError(DownloadError):
    """Worth repeating, after pause_s at least where the server named a pause."""

    def __init__(self, message: str, *, status: int | None = None, pause_s: float = 0.0) -> None:
        super().__init__(message, status=status)
        self.pause_s = pause_s


def open_session(policy: DownloadPolicy) -> aiohttp.ClientSession:
    """A session without memory: no cookies, no credentials, no proxy from the environment, no referrer."""
    import aiohttp

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


def joined(base: str, location: str) -> str:
    """Where a Location header leads; a space in it, which servers do send, is written out as browsers do."""
    location = location.strip(" ").replace(" ", "%20")
    check_characters(location)
    try:
        return str(URL(base).join(URL(location)))
    except ValueError as exc:
        raise RefusedError(
            told(
                "{url} cannot be read as a link: {error}.",
                url=for_message(location),
                error=for_message(str(exc)),
            )
        ) from exc


async def once(dial: Dial, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a broken request on its own: our repeats are counted and pause.

    But let it replace a kept connection that the server has closed in the meantime.
    """
    import aiohttp

    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        if isinstance(exc, aiohttp.ClientConnectorError) or not dial.opened:
            raise
        raise aiohttp.ClientConnectionError(str(exc)) from exc


def check_status(response: aiohttp.ClientResponse, here: str, policy: DownloadPolicy) -> None:
    """Raise DownloadError, or TransientError where a repeat may help, unless the answer brings a body."""
    status = response.status
    if status in (200, 203):
        return
    if status == 401:
        advice = told("It wants a login; {instead} instead.", instead=policy.instead)
    elif status == 403:
        advice = {
            "picture": told("It does not give this picture to programs; {instead} instead.", instead=policy.instead),
            "page": told("It does not give this page to programs; {instead} instead.", instead=policy.instead),
            "manifest": told("It does not give this manifest to programs; {instead} instead.", instead=policy.instead),
        }[policy.wanted]
    elif status == 429 or status >= 500:
        advice = told("Try again later.")
    else:
        advice = told("Check the link.")
    phrase, link = http.client.responses.get(status, "").lower(), for_message(here)
    if status in REDIRECTS:
        message = told(
            "{link} answered {status}, {phrase}, but not where to. {advice}",
            link=link,
            status=status,
            phrase=phrase,
            advice=advice,
        )
    elif phrase:
        message = told(
            "{link} answered {status}, {phrase}. {advice}", link=link, status=status, phrase=phrase, advice=advice
        )
    else:
        message = told("{link} answered {status}. {advice}", link=link, status=status, advice=advice)
    if status not in _REPEATABLE:
        raise DownloadError(message, status=status)
    pause_s = _retry_after_s(response) if status in (429, 503) else 0.0
    raise TransientError(message, status=status, pause_s=pause_s)


def _retry_after_s(response: aiohttp.ClientResponse) -> float:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number or a date); 0 where it does not."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


async def body(response: aiohttp.ClientResponse, here: str, policy: DownloadPolicy) -> bytes:
    """The decoded body, counted as it arrives: Content-Length may lie, and little gzip may hold gigabytes."""
    data = bytearray()
    too_large = (response.content_length or 0) > policy.max_bytes
    while not too_large and (chunk := await response.content.readany()):
        data += chunk
        too_large = len(data) > policy.max_bytes
    if too_large:
        if policy.wanted == "picture":
            advice = told("Use a smaller picture.")
        else:
            advice = told("{instead} instead.", instead=policy.instead_first)
        raise DownloadError(
            told(
                "{url} is larger than {most:.3g} MB. {advice}",
                url=for_message(here),
                most=policy.max_bytes / 2**20,
                advice=advice,
            )
        )
    return bytes(data)


def header(response: aiohttp.ClientResponse, name: str) -> str:
    """A header's text; bytes that are no UTF-8 (lone surrogates, which no database stores) become "?"."""
    return response.headers.get(name, "").encode("utf-8", "replace").decode("utf-8")


def content_type(response: aiohttp.ClientResponse) -> tuple[str, str]:
    """The type and the charset that the server claims, in lower case; "" where it claims none."""
    kind, _, parameters = header(response, "Content-Type").lower().partition(";")
    charset = _CHARSET.search(f" {parameters.replace(';', ' ')}")
    return kind.strip(), charset.group(1) if charset else ""


def explained(exc: Exception, here: str, host: str, policy: DownloadPolicy) -> DownloadError:
    """What a failure of the connection means, in plain words, without the address behind the name."""
    import aiohttp

    link, host = for_message(here), for_message(host)
    match exc:
        case aiohttp.ClientConnectorDNSError():
            return DownloadError(told("The host {host} was not found. Check the link and your connection.", host=host))
        case aiohttp.ClientSSLError():
            return DownloadError(
                told("No secure connection to {host}: certificate or TLS error. Check the link.", host=host)
            )
        case aiohttp.ClientConnectorError(os_error=error):
            reason = os.strerror(error.errno).lower() if error.errno else "no route"
            lost = isinstance(error, (ConnectionResetError, TimeoutError))
            message = told(
                "{host} could not be reached ({reason}). Check the link, or try again later.", host=host, reason=reason
            )
            return (TransientError if lost else DownloadError)(message)
        case aiohttp.SocketTimeoutError():
            return DownloadError(
                told(
                    "{link} sent nothing for {seconds:g} s. Try again later.",
                    link=link,
                    seconds=policy.read_timeout_s,
                )
            )
        case TimeoutError():
            return TransientError(
                told(
                    "{host} did not connect within {seconds:g} s. Try again later.",
                    host=host,
                    seconds=policy.connect_timeout_s,
                )
            )
        case aiohttp.ClientPayloadError():
            return DownloadError(told("{link} broke off before its end, or is garbled. Try again later.", link=link))
        case aiohttp.ClientResponseError():
            return DownloadError(told("{link} did not answer in valid HTTP. Check the link.", link=link))
        case aiohttp.ClientConnectionError():
            return TransientError(told("{host} broke the connection off. Try again later.", host=host))
    return DownloadError(
        told("{link} could not be fetched ({kind}). Check the link.", link=link, kind=type(exc).__name__)
    )


@functools.cache
def _user_agent() -> str:
    try:
        return f"PicTrace/{importlib.metadata.version('pictrace')}"
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return "PicTrace/0"
