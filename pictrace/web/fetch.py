"""Fetch pictures from links given by strangers: bounded in bytes and time, never from a private network.

Each link and each redirect runs through check_url, and each address is checked again as it is dialled
(pictrace.web.policy). What cannot be fetched raises DownloadError, what must not be fetched RefusedError, and
nothing else is raised but asyncio.CancelledError. The bytes are not judged here: that is the decoder's work.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from pictrace.errors import DownloadError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.follow import follow
from pictrace.web.http import TransientError, body, check_status, content_type, header, open_session
from pictrace.web.policy import DownloadPolicy
from pictrace.web.validators import Validators

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Download", "Fetched", "NotModified", "fetch", "fetch_async", "fetch_many"]

DEFAULT_POLICY = DownloadPolicy()
# Links that fetch_many reads in advance, to keep all its places busy where many in a row share a host.
LOOK_AHEAD = 1024


@dataclass(frozen=True)
class Download:
    """One fetched body.

    Attributes
    ----------
    url
        The link as asked.
    final_url
        The one that answered after redirects, in normal form.
    data
        The bytes, with any compression undone.
    content_type, charset
        What the server claims of them, in lower case, the type without parameters; "" where it claims nothing.
    etag, last_modified
        Its headers of these names, or "".
    """

    url: str
    final_url: str
    data: bytes
    content_type: str
    etag: str
    last_modified: str
    charset: str = ""

    @property
    def validators(self) -> Validators:
        """What to give to a later request for the same link."""
        return Validators(self.final_url, self.etag, self.last_modified)


@dataclass(frozen=True)
class NotModified:
    """The server says that the link still leads to what the validators speak of.

    Attributes
    ----------
    url
        The link as asked.
    final_url
        The one that answered after redirects, in normal form.
    validators
        Those for the next time.
    """

    url: str
    final_url: str
    validators: Validators


Fetched = Download | NotModified


@overload
def fetch(url: str, policy: DownloadPolicy = ...) -> Download: ...


@overload
def fetch(url: str, policy: DownloadPolicy = ..., *, validators: Validators) -> Fetched: ...


def fetch(url: str, policy: DownloadPolicy = DEFAULT_POLICY, *, validators: Validators | None = None) -> Fetched:
    """fetch_async for a thread in which no event loop runs (a script, a Streamlit page).

    A name server that does not answer may delay the return beyond the total time, as no look-up can be cancelled.

    Parameters
    ----------
    url, policy, validators
        As for fetch_async, with the same results and errors.
    """
    return asyncio.run(fetch_async(url, policy, validators=validators or Validators()))


@overload
async def fetch_async(url: str, policy: DownloadPolicy = ...) -> Download: ...


@overload
async def fetch_async(url: str, policy: DownloadPolicy = ..., *, validators: Validators) -> Fetched: ...


async def fetch_async(
    url: str, policy: DownloadPolicy = DEFAULT_POLICY, *, validators: Validators | None = None
) -> Fetched:
    """Fetch one link.

    Parameters
    ----------
    url
        A stranger's link.
    policy
        What may be fetched, and what that may cost.
    validators
        Those of an earlier download of the same link.

    Returns
    -------
    Download or NotModified
        The latter only with validators, where the server says that nothing changed since.

    Raises
    ------
    RefusedError
        Where the link must not be fetched.
    DownloadError
        Where it cannot be.
    """
    async with open_session(policy) as session:
        return await _fetch(session, url, policy, validators or Validators())


async def fetch_many(
    urls: Iterable[str],
    policy: DownloadPolicy = DEFAULT_POLICY,
    *,
    validators: Mapping[str, Validators] | None = None,
) -> AsyncIterator[tuple[str, Fetched | DownloadError]]:
    """Fetch all links.

    What has finished waits until it is taken, and no more is begun in the meantime.

    Parameters
    ----------
    urls
        Strangers' links; at most LOOK_AHEAD are read in advance.
    policy
        What may be fetched; at most ``concurrency`` run at once, at most ``per_host`` of them with one host.
    validators
        Those of earlier downloads, by the link as asked; only links named there can be NotModified.

    Yields
    ------
    url : str
        The link as asked.
    result : Download, NotModified or DownloadError
        As they finish, in no fixed order.
    """
    source = iter(urls)
    waiting: dict[str, deque[str]] = {}
    running: dict[asyncio.Task[Fetched], tuple[str, str]] = {}
    earlier = validators or {}
    busy: Counter[str] = Counter()
    async with open_session(policy) as session:
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
                    task = asyncio.create_task(_fetch(session, url, policy, earlier.get(url, Validators())))
                    running[task] = (free, url)
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


async def _fetch(session: aiohttp.ClientSession, url: str, policy: DownloadPolicy, validators: Validators) -> Fetched:
    """One link within its total time; the one place where foreign exceptions become DownloadError."""
    deadline = asyncio.get_running_loop().time() + policy.total_timeout_s
    try:
        async with asyncio.timeout_at(deadline):
            return await _repeat(session, url, policy, validators, deadline)
    except DownloadError:
        raise
    except TimeoutError as exc:
        raise DownloadError(
            told(
                "{url} took over {seconds:g} s. Try again later.",
                url=for_message(url),
                seconds=policy.total_timeout_s,
            )
        ) from exc
    except Exception as exc:
        # What strangers' servers provoke in a client is open-ended, and one of them must not end a batch.
        raise DownloadError(
            told(
                "{link} could not be fetched ({kind}). Check the link.", link=for_message(url), kind=type(exc).__name__
            )
        ) from exc


async def _repeat(
    session: aiohttp.ClientSession, url: str, policy: DownloadPolicy, validators: Validators, deadline: float
) -> Fetched:
    """Attempts with growing pauses, as long as the trouble may pass and the next one would begin in time."""
    attempt = 0
    while True:
        try:
            return await _attempt(session, url, policy, validators)
        except TransientError as exc:
            # The chance keeps the repeats of many clients apart; it guards no secret.
            backoff_s = policy.backoff_s * 2**attempt * random.uniform(0.5, 1)  # noqa: S311 (repeatable, no secret)
            pause_s = max(backoff_s, exc.pause_s)
            if attempt == policy.retries or asyncio.get_running_loop().time() + pause_s >= deadline:
                raise DownloadError(str(exc), status=exc.status) from exc
        attempt += 1
        await _pause(pause_s)


async def _attempt(
    session: aiohttp.ClientSession, asked: str, policy: DownloadPolicy, validators: Validators
) -> Fetched:
    """One attempt: the download, or that there is nothing new."""

    async def take(response: aiohttp.ClientResponse, here: str) -> Fetched:
        etag, last_modified = header(response, "ETag"), header(response, "Last-Modified")
        if response.status == 304 and validators.headers(here):  # else nobody asked for it
            kept = Validators(here, etag or validators.etag, last_modified or validators.last_modified)
            return NotModified(asked, here, kept)
        check_status(response, here, policy)
        kind, charset = content_type(response)
        data = await body(response, here, policy)
        return Download(asked, here, data, kind, etag, last_modified, charset)

    return await follow(session, asked, policy, take, validators.headers)


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
