"""Fetch one large file to disk: in pieces, going on where it broke off, under the same guard as every other link.

What has arrived lies in ``*.part``; beside it, ``*.part.json`` keeps what the server called that state of the file
(its ETag, else its Last-Modified), so that a piece of another one is never put behind it (RFC 9110, 13.1.5: If-Range).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.follow import follow
from pictrace.web.http import TransientError, check_status, header, open_session
from pictrace.web.policy import DownloadPolicy

if TYPE_CHECKING:
    import aiohttp

__all__ = ["StoppedError", "copy_link", "fetch_to_file"]

PIECE_BYTES = 1 << 18
MOST_TRIES = 50  # in all: a server that gives a little each time is not asked for ever
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

Tell = Callable[[int, int], None]


class StoppedError(DownloadError):
    """Somebody asked for it."""


@dataclass(frozen=True)
class _File:
    """What is fetched, and where to."""

    url: str
    part: Path
    byte_count: int
    progress: Tell | None
    stopped: Callable[[], bool]

    @property
    def note(self) -> Path:
        return self.part.with_name(f"{self.part.name}.json")

    @property
    def have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def validator(self) -> str:
        """What the server called the state that the part is of; "" where that is not known."""
        try:
            return str(json.loads(self.note.read_bytes()[:4096])["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def fetch_to_file(
    url: str,
    part: Path,
    *,
    byte_count: int,
    policy: DownloadPolicy,
    progress: Tell | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Fetch the link into ``part`` until it has byte_count bytes; goes on from what lies there.

    What the bytes are is not judged here.

    Parameters
    ----------
    url
        Where the file lies.
    part
        What is there of it so far; beside it, a note tells of which state of the file it is.
    byte_count
        Of the whole file.
    policy
        ``max_bytes`` is not looked at; the times and the retries are, the retries counted anew after each piece.
    progress
        Called with (bytes that are there, byte_count).
    stopped
        Asked between two pieces.

    Raises
    ------
    DownloadError
        Where it cannot be fetched; RefusedError where it must not be, StoppedError where ``stopped`` says so. The part
        is kept for the next time, unless the server has another file by now.
    OSError
        Where the part cannot be written.
    """
    asyncio.run(_fetch(_File(url, part, byte_count, progress, stopped), policy))


def copy_link(url: str, target: Path, *, known: str = "", policy: DownloadPolicy) -> str | None:
    """Write what a link leads to into a file, whatever its size, and return its ETag; None where it is the known one.

    Parameters
    ----------
    policy
        As for ``fetch_to_file``.

    Raises
    ------
    DownloadError
        Where it cannot be fetched.
    """

    async def take(response: aiohttp.ClientResponse, here: str) -> str | None:
        if response.status == 304:
            return None
        check_status(response, here, policy)
        with target.open("wb") as file:
            while piece := await response.content.read(PIECE_BYTES):
                file.write(piece)
        return header(response, "ETag")

    async def fetch() -> str | None:
        async with asyncio.timeout(policy.total_timeout_s), open_session(policy) as session:
            return await follow(session, url, policy, take, lambda _: {"If-None-Match": known} if known else {})

    try:
        return asyncio.run(fetch())
    except TimeoutError as error:
        raise DownloadError(
            told(
                "{url} took over {minutes:.0f} minutes.",
                url=for_message(url),
                minutes=policy.total_timeout_s / 60,
            )
        ) from error


async def _fetch(file: _File, policy: DownloadPolicy) -> None:
    vain = 0
    try:
        async with asyncio.timeout(policy.total_timeout_s), open_session(policy) as session:
            for _ in range(MOST_TRIES):
                before = file.have
                try:
                    await _attempt(session, file, policy)
                    return
                except (RefusedError, StoppedError):
                    raise
                except DownloadError as error:
                    grown = file.have > before
                    vain = 0 if grown else vain + 1
                    if vain > policy.retries or not (grown or isinstance(error, TransientError)):
                        raise
                await asyncio.sleep(policy.backoff_s * 2**vain)
    except TimeoutError as error:
        raise DownloadError(
            told(
                "{url} took over {minutes:.0f} minutes. Try again: it goes on from there.",
                url=for_message(file.url),
                minutes=policy.total_timeout_s / 60,
            )
        ) from error
    raise DownloadError(
        told(
            "{url} broke off {tries} times. Try again: it goes on from there.",
            url=for_message(file.url),
            tries=MOST_TRIES,
        )
    )


async def _attempt(session: aiohttp.ClientSession, file: _File, policy: DownloadPolicy) -> None:
    """What is missing of the file, by one request and its redirects."""
    validator = file.validator()
    have = file.have if validator else 0
    if have == file.byte_count:
        return

    async def take(response: aiohttp.ClientResponse, here: str) -> None:
        if response.status == 416:
            file.forget()
            raise DownloadError(told("{url} has another file by now. Try again.", url=for_message(here)))
        if response.status != 206:
            check_status(response, here, policy)
        await _write(response, file, here, _start(response, file, here, have))

    headers = {"Range": f"bytes={have}-", "If-Range": validator} if have else {}
    await follow(session, file.url, policy, take, lambda _: headers)


def _start(response: aiohttp.ClientResponse, file: _File, here: str, have: int) -> int:
    """Where the body begins in the file; DownloadError where it is not the file that is wanted."""
    total, start = response.content_length, 0
    if response.status == 206:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        if not found or int(found[1]) != have:
            file.forget()
            raise DownloadError(
                told("{url} sent another part than it was asked for. Try again.", url=for_message(here))
            )
        start, total = have, None if found[2] == "*" else int(found[2])
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DownloadError(told("{url} sends the file compressed. Use another source.", url=for_message(here)))
    if total is not None and total != file.byte_count:
        raise DownloadError(
            told(
                "{url} has {total:,} bytes, but the file has {byte_count:,}. Use another source.",
                url=for_message(here),
                total=total,
                byte_count=file.byte_count,
            )
        )
    return start


async def _write(response: aiohttp.ClientResponse, file: _File, here: str, start: int) -> None:
    etag = header(response, "ETag")
    # A weak ETag does not promise the same bytes, so that nothing may be put behind what it named.
    validator = etag if etag and not etag.startswith("W/") else header(response, "Last-Modified")
    if not start:
        file.forget()
        if validator:
            file.note.write_text(json.dumps({"validator": validator}), "utf-8")
    with file.part.open("ab") as target:
        done = start
        while piece := await response.content.read(PIECE_BYTES):
            if file.stopped():
                raise StoppedError(told("Stopped. What has arrived is kept, and the next try goes on from there."))
            done += len(piece)
            if done > file.byte_count:
                raise DownloadError(
                    told(
                        "{url} sends more than {byte_count:,} bytes. Use another source.",
                        url=for_message(here),
                        byte_count=file.byte_count,
                    )
                )
            target.write(piece)
            if file.progress is not None:
                file.progress(done, file.byte_count)
    if done < file.byte_count:
        raise DownloadError(
            told(
                "{url} broke off at {done:,} of {byte_count:,} bytes. Try again.",
                url=for_message(here),
                done=done,
                byte_count=file.byte_count,
            )
        )
