"""Downloads for a run that is not asynchronous itself."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress

from pictrace.errors import DownloadError
from pictrace.web.fetch import Fetched, fetch_many
from pictrace.web.policy import DownloadPolicy
from pictrace.web.validators import Validators

__all__ = ["downloaded"]

WAITING = 8  # results in memory that nobody has taken yet
POLL_S = 0.2

_Result = tuple[str, Fetched | DownloadError]


def downloaded(
    urls: Sequence[str], policy: DownloadPolicy, validators: Mapping[str, Validators] | None = None
) -> Generator[_Result | None, None, None]:
    """Results of fetch_many as they come, and None whenever none came for POLL_S seconds.

    They are fetched in a thread of their own; closing the iterator cancels what is under way.
    """
    results: queue.SimpleQueue[_Result | BaseException | None] = queue.SimpleQueue()

    async def fetch_all() -> None:
        async for entry in fetch_many(urls, policy, validators=validators):
            while results.qsize() >= WAITING:
                await asyncio.sleep(POLL_S / 10)
            results.put(entry)

    def work() -> None:
        end: BaseException | None = None
        try:
            with runner, suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
        except BaseException as error:
            end = error
        results.put(end)

    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop = runner.get_loop()
    task = loop.create_task(fetch_all())
    thread = threading.Thread(target=work, name="download", daemon=True)
    thread.start()
    try:
        while True:
            try:
                entry = results.get(timeout=POLL_S)
            except queue.Empty:
                yield None
                continue
            if entry is None:
                return
            if isinstance(entry, BaseException):
                raise entry
            yield entry
    finally:
        with suppress(RuntimeError):  # the loop is closed: everything was fetched
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
