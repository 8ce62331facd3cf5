"""What every run has: steps that one can look at and stop, how far it has come, threads with a bounded load."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

from pictrace.catalog.records import Source
from pictrace.precedence import give_way
from pictrace.told import Told, joined, told_of

__all__ = ["Failure", "Pace", "Progress", "RefreshProgress", "Run", "Workshop", "default_workers"]


@dataclass(frozen=True)
class Failure:
    """A picture that could not be used, and why."""

    source: Source
    reason: str


@dataclass(frozen=True)
class Pace(ABC):
    """How fast a run is, by what it has done of the total."""

    total: int
    elapsed_s: float = field(default=0.0, kw_only=True)

    @property
    @abstractmethod
    def done(self) -> int:
        """The sum of what is counted."""

    @property
    def rate(self) -> float:
        """Pictures (or links) a second."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def left_s(self) -> float:
        """Seconds left at the rate so far."""
        return (self.total - self.done) / self.rate if self.rate else 0.0

    def plus(self, *, elapsed_s: float, **counts: int) -> Self:
        """The same with more of what is counted, by its names."""
        more = {name: getattr(self, name) + count for name, count in counts.items()}
        return replace(self, elapsed_s=elapsed_s, **more)


@dataclass(frozen=True)
class Progress(Pace):
    """How far pictures have come into a catalog.

    Attributes
    ----------
    further
        How many of those that were added or known are pages of documents behind the first, or frames of animations.
    """

    added: int = 0
    known: int = 0
    failed: int = 0
    further: int = 0

    @property
    def done(self) -> int:
        return self.added + self.known + self.failed

    @property
    def further_told(self) -> Told:
        """How many are no files of their own, if any, as a part of a sentence."""
        if not self.further:
            return joined()
        return told_of(
            "{count:,} of them is a further page or frame",
            "{count:,} of them are further pages or frames",
            self.further,
        )


@dataclass(frozen=True)
class RefreshProgress(Pace):
    """How many of a catalog's links were checked."""

    unchanged: int = 0
    changed: int = 0
    gone: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.unchanged + self.changed + self.gone + self.failed


_Progress = TypeVar("_Progress", bound=Pace)
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class Run(ABC, Generic[_Progress]):
    """One run. Iterate over it, once: each step is its progress, and what is done is kept.

    It ends early by ``stop``, or by closing its iterator; the batch under way is stored either way.
    ``failures`` lists what could not be used; nothing is skipped silently.
    """

    progress: _Progress
    failures: list[Failure]
    notes: list[Failure]  # of pictures that are used: how they were read

    def _ready(self, progress: _Progress) -> None:
        """Call it before anything else."""
        self.progress = progress
        self.failures, self.notes = [], []
        self._stop = threading.Event()
        self._started = time.monotonic()

    def stop(self) -> None:
        """Ask the run to end soon; callable from any thread."""
        self._stop.set()

    def __iter__(self) -> Iterator[_Progress]:
        self._started = time.monotonic()
        try:
            with closing(self._work()) as steps:
                for step in steps:
                    yield step
                    give_way()
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

    def _finish(self) -> None:
        """Store what the steps did not."""

    def _count(self, **counts: int) -> _Progress:
        """The progress with so much more done, by its names; without any, a sign of life."""
        self.progress = self.progress.plus(elapsed_s=time.monotonic() - self._started, **counts)
        return self.progress


def default_workers() -> int:
    """As many threads as there are processors, and never one alone."""
    return max(2, os.cpu_count() or 2)


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
