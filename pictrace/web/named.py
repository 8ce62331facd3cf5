"""Questions to servers that the owner has named: private ones too, without redirects, bounded in bytes and time.

An address that a stranger gives never comes here. Only the hosts that were named, each with its port, are dialled; a
certificate is always verified, and a token goes to the server that it is for, and to no other.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yarl import URL

from pictrace.errors import ApiError, DownloadError, RefusedError
from pictrace.told import Told, told
from pictrace.web.hosts import joined
from pictrace.web.http import body, open_session
from pictrace.web.policy import DownloadPolicy, check_url, dialling

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Asker", "Question", "Reply", "normal_address"]

CONNECT_S = 3.0
LOOK_S = 0.5
"""So often whoever waits is asked whether to go on."""

LONGEST_PAUSE_S = 5
"""What a server that has enough to do may ask for; asked for more, it has not answered."""


@dataclass(frozen=True)
class Question:
    """One request.

    Attributes
    ----------
    url
        Whole, of a server that the asker knows.
    said
        JSON; None to ask by GET.
    parameters
        Behind the question mark.
    token
        For this server alone.
    unless
        An ETag: where it still holds, the answer is 304.
    most_bytes, patience_s
        Of the answer.
    """

    url: str
    said: bytes | None = field(default=None, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    unless: str = ""
    most_bytes: int = 2**20
    patience_s: float = 10.0


@dataclass(frozen=True)
class Reply:
    """An answer that went well: 200 or 304."""

    status: int
    data: bytes = field(repr=False)
    etag: str = ""


def normal_address(address: str) -> str:
    """An address in its normal form, without a slash at its end; RefusedError where it is none of a server."""
    url = URL(check_url(address, _policy([address])))
    if url.query_string:
        raise RefusedError(told("The address of a server has no question mark."))
    return str(url).rstrip("/")


class Asker:
    """Asks some servers, all at once; safe for threads. Its own thread is begun by the first question.

    Parameters
    ----------
    addresses
        Of all servers, in their normal form.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._policy = _policy(addresses)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    def ask(
        self, questions: Sequence[Question], waiting: Callable[[Sequence[bool]], None] | None = None
    ) -> list[Reply | ApiError]:
        """Their answers, in their order; what went wrong with one says nothing of another.

        Parameters
        ----------
        waiting
            Called twice a second with which have been answered; raising ends it.
        """
        with self._lock:  # what is asked before the end is ended with it
            if self._closed:
                return [_no_answer() for _ in questions]
            loop = self._running()
            futures = [asyncio.run_coroutine_threadsafe(self._answer(one), loop) for one in questions]
        try:
            while wait_for(futures, LOOK_S).not_done:
                if waiting is not None:
                    waiting([one.done() for one in futures])
        except BaseException:
            for one in futures:
                one.cancel()
            raise
        return [_result(one) for one in futures]

    def close(self) -> None:
        """End what is asked, and let go of the connections; nothing more is asked."""
        with self._lock:
            self._closed, loop, self._loop = True, self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._loop,), name="ask-servers", daemon=True).start()
        return self._loop

    async def _answer(self, question: Question) -> Reply:
        try:
            async with asyncio.timeout(question.patience_s):
                return await self._repeated(question)
        except TimeoutError as error:
            raise ApiError(told("it took too long")) from error

    async def _repeated(self, question: Question) -> Reply:
        """Once more where a connection that rested broke off, or the server asks for a moment."""
        import aiohttp

        try:
            return await self._once(question)
        except ApiError as error:
            if error.retry_after_s is None or error.retry_after_s > LONGEST_PAUSE_S:
                raise
            await asyncio.sleep(error.retry_after_s)
        except aiohttp.ClientConnectorError as error:
            raise ApiError(_reason(error)) from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            pass
        try:
            return await self._once(question)
        except aiohttp.ClientError as error:
            raise ApiError(_reason(error)) from error

    async def _once(self, question: Question) -> Reply:
        import aiohttp

        if self._session is None:
            self._session = open_session(self._policy)
        headers = {"Accept": "application/json, image/*"}
        if question.token:
            headers["Authorization"] = f"Bearer {question.token}"
        if question.unless:
            headers["If-None-Match"] = question.unless
        if question.said is not None:
            headers["Content-Type"] = "application/json"
        url = URL(question.url).with_query(dict(question.parameters))
        method = "GET" if question.said is None else "POST"
        with dialling(url.raw_host or "", url.port or 0, self._policy):
            try:
                async with self._session.request(
                    method, url, data=question.said, headers=headers, allow_redirects=False
                ) as answer:
                    return await _read(answer, question)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                raise
            except aiohttp.ClientError as error:
                raise ApiError(_reason(error)) from error


async def _read(answer: aiohttp.ClientResponse, question: Question) -> Reply:
    if answer.status == 304 and question.unless:
        return Reply(304, b"", question.unless)
    if answer.status != 200:
        wait = answer.headers.get("Retry-After", "")
        again = answer.status == 429 and wait.isascii() and wait.isdigit() and len(wait) < 6
        raise ApiError(_refusal(answer.status), status=answer.status, retry_after_s=int(wait) if again else None)
    try:
        data = await body(answer, question.url, DownloadPolicy(max_bytes=question.most_bytes))
    except DownloadError as error:
        raise ApiError(told("its answer is too large")) from error
    return Reply(200, data, answer.headers.get("ETag", "")[:200])


def _refusal(status: int) -> Told:
    if 300 <= status < 400:
        return told("it sends elsewhere, which is not followed: name the address that it leads to")
    match status:
        case 401 | 403:
            return told("it does not let us in: it wants a token, or another one")
        case 404 | 405 | 501:
            return told("it is no PicTrace server, or an older one")
        case 429:
            return told("it has too much to do")
        case 503:
            return told("its catalog cannot be used now")
    return told("it answered {status}", status=status)


def _reason(error: Exception) -> Told:
    """Why there is no answer, without the addresses behind a name."""
    import aiohttp

    match error:
        case aiohttp.ClientConnectorDNSError():
            return told("there is no such host")
        case aiohttp.ClientSSLError():
            return told("its certificate is not valid, or its TLS is broken")
        case aiohttp.ClientConnectorError():
            return told("it cannot be reached")
        case aiohttp.SocketTimeoutError():
            return told("it took too long")
    return told("the connection broke off")


def _no_answer() -> ApiError:
    return ApiError(told("it did not answer"))


def _result(future: Future[Reply]) -> Reply | ApiError:
    if future.cancelled():
        return _no_answer()
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ApiError):
        return error
    if isinstance(error, OSError):  # of the socket, before anything of HTTP
        return ApiError(told("it cannot be reached"))
    raise error


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _policy(addresses: Sequence[str]) -> DownloadPolicy:
    hosts = set[str]()
    for one in addresses:
        try:
            url = URL(one)
            hosts.add(joined(url.raw_host or "", url.port or 0))
        except ValueError:  # told by check_url
            continue
    usable = {one for one in hosts if not one.startswith(":")}
    return DownloadPolicy(
        allowed_hosts=frozenset(usable), max_redirects=0, connect_timeout_s=CONNECT_S, read_timeout_s=300.0
    )
