"""PicTrace's API from Python, for programs without an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from pictrace.client.answers import (
    Added,
    CompareResult,
    DuplicateGroups,
    Health,
    Image,
    ImagePage,
    JobState,
    SearchResult,
    SimilarityInfo,
    Stats,
)
from pictrace.client.asking import CriteriaOptions, PictureGiven, SearchOptions
from pictrace.client.asynchronous import ADDRESS, AsyncClient

__all__ = ["Client"]

_Result = TypeVar("_Result")


class Client:
    """AsyncClient's methods, each of which waits for its answer. Use it by ``with``, from any thread.

    Parameters
    ----------
    address, token, timeout_s, tries
        As for AsyncClient.
    """

    def __init__(self, address: str = ADDRESS, token: str = "", *, timeout_s: float = 300, tries: int = 3) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pictrace-client", daemon=True)
        self._thread.start()
        self._client = AsyncClient(address, token, timeout_s=timeout_s, tries=tries)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; it cannot be used any more."""
        if self._loop.is_closed():
            return
        self._wait(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def search(self, picture: PictureGiven, **options: Unpack[SearchOptions]) -> SearchResult:
        """The pictures of the catalog that match one, best first."""
        return self._wait(self._client.search(picture, **options))

    def compare(self, first: PictureGiven, second: PictureGiven, **options: Unpack[CriteriaOptions]) -> CompareResult:
        """Two pictures against each other, and what was done to the second to obtain the first."""
        return self._wait(self._client.compare(first, second, **options))

    def add(self, picture: PictureGiven, *, title: str = "", metadata: Mapping[str, str] | None = None) -> Added:
        """Add a picture: a file, its bytes, or what a link leads to."""
        return self._wait(self._client.add(picture, title=title, metadata=metadata))

    def page(
        self, *, after: int = -1, limit: int = 24, text: str = "", only: Mapping[str, Sequence[str]] | None = None
    ) -> ImagePage:
        """Some pictures of the catalog, by ascending id."""
        return self._wait(self._client.page(after=after, limit=limit, text=text, only=only))

    def images(self, *, text: str = "", only: Mapping[str, Sequence[str]] | None = None) -> Iterator[Image]:
        """All pictures of the catalog that fit, a page at a time."""
        return self._each(self._client.images(text=text, only=only))

    def image(self, picture_id: int) -> Image:
        """What the catalog knows of a picture."""
        return self._wait(self._client.image(picture_id))

    def thumbnail(self, picture_id: int) -> bytes:
        """A JPEG file of at most 320 pixels a side."""
        return self._wait(self._client.thumbnail(picture_id))

    def original(self, picture_id: int) -> bytes:
        """The picture's own file."""
        return self._wait(self._client.original(picture_id))

    def remove(self, picture_id: int) -> None:
        """Take a picture out of the catalog."""
        self._wait(self._client.remove(picture_id))

    def add_source(self, *, folder: str = "", links: Sequence[str] = (), page: str = "", pages: int = 1) -> JobState:
        """Begin to add many pictures, of one of these; the job goes on by itself."""
        return self._wait(self._client.add_source(folder=folder, links=links, page=page, pages=pages))

    def job(self, job_id: str) -> JobState:
        """How far it has come."""
        return self._wait(self._client.job(job_id))

    def follow(self, job_id: str) -> Iterator[JobState]:
        """Its states, each as soon as it changes, until it has ended."""
        return self._each(self._client.follow(job_id))

    def stop(self, job_id: str) -> None:
        """Stop a job, and have it forgotten."""
        self._wait(self._client.stop(job_id))

    def duplicates(
        self, *, level: str = "bytes,pixels,photograph", crops: bool = False, relations: bool = False
    ) -> DuplicateGroups:
        """Copies within the catalog."""
        return self._wait(self._client.duplicates(level=level, crops=crops, relations=relations))

    def metrics(self) -> SimilarityInfo:
        """What weights, settings and presets there are."""
        return self._wait(self._client.metrics())

    def stats(self) -> Stats:
        """What the catalog holds."""
        return self._wait(self._client.stats())

    def ready(self) -> Health:
        """Whether the server can be searched."""
        return self._wait(self._client.ready())

    def _wait(self, call: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def _each(self, some: AsyncIterator[_Result]) -> Iterator[_Result]:
        end: list[_Result] = []

        async def following() -> list[_Result]:
            async for one in some:
                return [one]
            return end

        while one := self._wait(following()):
            yield one[0]
