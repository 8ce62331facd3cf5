"""PicTrace's API from Python, for programs with an event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import aiohttp
import msgspec

from pictrace.client.answers import (
    Added,
    CompareResult,
    DuplicateGroups,
    Health,
    Image,
    ImagePage,
    JobState,
    Problem,
    SearchResult,
    SimilarityInfo,
    Stats,
)
from pictrace.client.asking import CriteriaOptions, PictureGiven, SearchOptions, form_of, reference_of
from pictrace.errors import ApiError

__all__ = ["ADDRESS", "AsyncClient"]

ADDRESS = "http://127.0.0.1:8501/api/v1"

_Answer = TypeVar("_Answer")
_LONGEST_WAIT_S = 60
# A server closes connections that rest, sometimes in the moment in which one is used again.
_BROKEN_OFF = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


class AsyncClient:
    """Use it by ``async with``. Every method raises ApiError where the server refuses, or is not there.

    Parameters
    ----------
    address
        Of the API, with its ``/api/v1``.
    token
        Where the server's owner has set tokens.
    timeout_s
        For one answer; looking on at a job has none.
    tries
        Where the server has enough to do (429, 503), it is asked so often, after the time that it says; at once where
        the connection broke off.
    sleep
        What lets time pass.
    """

    def __init__(
        self,
        address: str = ADDRESS,
        token: str = "",
        *,
        timeout_s: float = 300,
        tries: int = 3,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._address, self._tries, self._sleep = address.rstrip("/"), tries, sleep
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def search(self, picture: PictureGiven, **options: Unpack[SearchOptions]) -> SearchResult:
        """The pictures of the catalog that match one, best first."""
        return await self._with_pictures("/search", SearchResult, {"picture": picture}, options)

    async def compare(
        self, first: PictureGiven, second: PictureGiven, **options: Unpack[CriteriaOptions]
    ) -> CompareResult:
        """Two pictures against each other, and what was done to the second to obtain the first."""
        return await self._with_pictures("/compare", CompareResult, {"first": first, "second": second}, options)

    async def add(self, picture: PictureGiven, *, title: str = "", metadata: Mapping[str, str] | None = None) -> Added:
        """Add a picture: a file, its bytes, or what a link leads to."""
        said = {"title": title, "metadata": dict(metadata or {})}
        return await self._with_pictures("/images", Added, {"picture": picture}, said, headers=_once())

    async def page(
        self, *, after: int = -1, limit: int = 24, text: str = "", only: Mapping[str, Sequence[str]] | None = None
    ) -> ImagePage:
        """Some pictures of the catalog, by ascending id."""
        said = {"after": after, "limit": limit, "text": text, "only": msgspec.json.encode(only or {}).decode()}
        return await self._get("/images", ImagePage, said)

    async def images(self, *, text: str = "", only: Mapping[str, Sequence[str]] | None = None) -> AsyncIterator[Image]:
        """All pictures of the catalog that fit, a page at a time."""
        after: int | None = -1
        while after is not None:
            page = await self.page(after=after, limit=200, text=text, only=only)
            for one in page.images:
                yield one
            after = page.next

    async def image(self, picture_id: int) -> Image:
        """What the catalog knows of a picture."""
        return await self._get(f"/images/{picture_id}", Image)

    async def thumbnail(self, picture_id: int) -> bytes:
        """A JPEG file of at most 320 pixels a side."""
        return await self._asked("GET", f"/images/{picture_id}/thumbnail")

    async def original(self, picture_id: int) -> bytes:
        """The picture's own file."""
        return await self._asked("GET", f"/images/{picture_id}/original")

    async def remove(self, picture_id: int) -> None:
        """Take a picture out of the catalog."""
        await self._asked("DELETE", f"/images/{picture_id}", headers=_once())

    async def add_source(
        self, *, folder: str = "", links: Sequence[str] = (), page: str = "", pages: int = 1
    ) -> JobState:
        """Begin to add many pictures, of one of these; the job goes on by itself."""
        given = {"folder": folder, "links": list(links), "page": page}
        said = {**{name: value for name, value in given.items() if value}, "pages": pages}
        return _read(await self._asked("POST", "/sources", json=said, headers=_once()), JobState)

    async def job(self, job_id: str) -> JobState:
        """How far it has come."""
        return await self._get(f"/jobs/{job_id}", JobState)

    async def follow(self, job_id: str) -> AsyncIterator[JobState]:
        """Its states, each as soon as it changes, until it has ended."""
        try:
            async with self._connected().get(
                f"{self._address}/jobs/{job_id}/events", timeout=aiohttp.ClientTimeout(total=None)
            ) as answer:
                if answer.status != 200:
                    raise _refused(answer, await answer.read())
                async for line in answer.content:
                    if line.startswith(b"data: "):
                        yield _read(line.removeprefix(b"data: "), JobState)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unreachable(self._address, error) from error

    async def stop(self, job_id: str) -> None:
        """Stop a job, and have it forgotten."""
        await self._asked("DELETE", f"/jobs/{job_id}", headers=_once())

    async def duplicates(
        self, *, level: str = "bytes,pixels,photograph", crops: bool = False, relations: bool = False
    ) -> DuplicateGroups:
        """Copies within the catalog."""
        said = {"level": level, "crops": str(crops).lower(), "relations": str(relations).lower()}
        return await self._get("/duplicates", DuplicateGroups, said)

    async def metrics(self) -> SimilarityInfo:
        """What weights, settings and presets there are."""
        return await self._get("/metrics-of-similarity", SimilarityInfo)

    async def stats(self) -> Stats:
        """What the catalog holds."""
        return await self._get("/stats", Stats)

    async def ready(self) -> Health:
        """Whether the server can be searched."""
        return await self._get("/ready", Health)

    async def _get(self, path: str, kind: type[_Answer], said: Mapping[str, Any] | None = None) -> _Answer:
        return _read(await self._asked("GET", path, params=said or {}), kind)

    async def _with_pictures(
        self,
        path: str,
        kind: type[_Answer],
        pictures: Mapping[str, PictureGiven],
        said: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        """By JSON where all pictures are named, else by a form."""
        named = {name: reference for name, one in pictures.items() if (reference := reference_of(one)) is not None}
        alone = len(pictures) == 1
        if len(named) == len(pictures):
            body = {**said, **(next(iter(named.values())) if alone else named)}
            return _read(await self._asked("POST", path, json=body, headers=headers or {}), kind)
        files = {name: one for name, one in pictures.items() if name not in named}
        beside = {f"{name}_{key}": value for name, one in named.items() for key, value in one.items()}

        def form() -> aiohttp.FormData:  # a new one for each try
            return form_of(files, {**said, **beside})

        return _read(await self._asked("POST", path, form=form, headers=headers or {}), kind)

    async def _asked(
        self, method: str, path: str, *, form: Callable[[], aiohttp.FormData] | None = None, **what: Any
    ) -> bytes:
        for last in (*[False] * (self._tries - 1), True):
            if form is not None:
                what["data"] = form()
            try:
                async with self._connected().request(
                    method, f"{self._address}{path}", allow_redirects=False, **what
                ) as answer:
                    body = await answer.read()
            except _BROKEN_OFF as error:
                if last or isinstance(error, aiohttp.ClientConnectorError):
                    raise _unreachable(self._address, error) from error
                continue  # all that is asked either changes nothing, or is done once
            except (aiohttp.ClientError, TimeoutError) as error:
                raise _unreachable(self._address, error) from error
            if answer.status < 300:
                return body
            refused = _refused(answer, body)
            if last or refused.retry_after_s is None:
                raise refused
            await self._sleep(min(refused.retry_after_s, _LONGEST_WAIT_S))
        raise AssertionError("the last try returns or raises")

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self._session


def _once() -> dict[str, str]:
    """What has a write done once, however often it is tried."""
    return {"Idempotency-Key": secrets.token_urlsafe(16)}


def _read(body: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise ApiError(f"The answer is none of PicTrace's API: {error}. Check the address.") from error


def _refused(answer: aiohttp.ClientResponse, body: bytes) -> ApiError:
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return ApiError(f"{answer.url} answered {answer.status}, and not as PicTrace's API does.", status=answer.status)
    wait = answer.headers.get("Retry-After", "")
    return ApiError(
        problem.detail,
        status=answer.status,
        kind=problem.type.rpartition("#")[2],
        request_id=problem.request_id,
        retry_after_s=int(wait) if wait.isascii() and wait.isdigit() else None,
    )


def _unreachable(address: str, error: Exception) -> ApiError:
    return ApiError(f"{address} does not answer ({error or type(error).__name__}). Is the server there?")
