"""Work off the event loop: a few threads, a queue with an end, and an end of what nobody waits for any more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import Request

from pictrace.api.problems import ProblemError
from pictrace.images.budget import giving_up, stopped
from pictrace.precedence import answering

__all__ = ["ClientGoneError", "Work"]

_Result = TypeVar("_Result")


class ClientGoneError(Exception):
    """Nobody is there to answer to."""


class Work:
    """Calls in threads, for one event loop.

    Parameters
    ----------
    name
        Of the threads.
    workers
        Calls at a time.
    most_waiting
        Calls that wait for their turn; one more is refused.
    """

    def __init__(self, name: str, workers: int, most_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._most = workers + most_waiting
        self.under_way = 0

    async def run(self, request: Request, call: Callable[[], _Result]) -> _Result:
        """What the call gives.

        Where the client goes, decodes end and what waits does not begin (see ``images.budget``).

        Parameters
        ----------
        request
            Whose body has been read.
        call
            Errors pass.

        Raises
        ------
        ProblemError
            Where too many wait already.
        ClientGoneError
            Where the client went before it was done.
        """
        if self.under_way >= self._most:
            raise ProblemError("too-many-requests", "Too many requests wait for their turn.", retry_after_s=2)
        gone = threading.Event()

        def work() -> _Result:
            if gone.is_set():
                raise stopped()
            with giving_up(gone.is_set), answering():
                return call()

        self.under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        watch = asyncio.ensure_future(_gone(request))
        try:
            either: set[asyncio.Future[Any]] = {future, watch}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not future.done():
                raise ClientGoneError
            return future.result()
        finally:
            gone.set()
            watch.cancel()
            future.cancel()  # what has begun ends by itself
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    def _done(self, future: asyncio.Future[_Result]) -> None:
        self.under_way -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that nobody warns of it where the client has gone

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
