"""What every run has: steps that one can look at and stop, and threads with a bounded load."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

__all__ = ["Steps", "Workshop"]

_Progress = TypeVar("_Progress")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class Steps(ABC, Generic[_Progress]):
    """One run. Iterate over it, once: each step is its progress, and what is done is kept.

    It ends early by ``stop``, or by closing its iterator; the batch under way is stored either way.
    """

    progress: _Progress

    def _ready(self, progress: _Progress) -> None:
        """Call it before anything else."""
        self.progress = progress
        self._stop = threading.Event()
        self._started = time.monotonic()

    def stop(self) -> None:
        """Ask the run to end soon; callable from any thread."""
        self._stop.set()

    def __iter__(self) -> Iterator[_Progress]:
        self._started = time.monotonic()
        try:
            yield from self._work()
        finally:
            self._stop.set()
            self._finish()
        yield self.progress

    def run(self) -> _Progress:
        """All of it, without looking at the steps."""
        for _ in self:
            pass
        return self.progress

    @abstractmethod
    def _work(self) -> Generator[_Progress, None, None]:
        """The steps; they end soon after self._stop is set."""

    @abstractmethod
    def _finish(self) -> None:
        """Store what was not stored yet."""


class Workshop(Generic[_Task, _Result]):
    """Calls in threads, at most 2 * workers under way; what has not begun is cancelled on leaving it."""

    def __init__(self, workers: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._at_most = 2 * workers - 1  # there must be room for another
        self._under_way: dict[Future[_Result], _Task] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(
        self, task: _Task, call: Callable[_Arguments, _Result], *args: _Arguments.args, **named: _Arguments.kwargs
    ) -> None:
        """Call it in a thread, on behalf of the task."""
        self._under_way[self._pool.submit(call, *args, **named)] = task

    def finished(self, *, everything: bool = False) -> Iterator[tuple[_Task, Future[_Result]]]:
        """Tasks that have finished by now; waits until there is room for another, or until all have."""
        at_most = 0 if everything else self._at_most
        while True:
            timeout = None if len(self._under_way) > at_most else 0
            finished, _ = wait(self._under_way, timeout, return_when=FIRST_COMPLETED)
            for future in [one for one in self._under_way if one in finished]:  # in the order of the tasks
                yield self._under_way.pop(future), future
            if len(self._under_way) <= at_most:
                return
