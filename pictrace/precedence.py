"""Whoever waits for an answer goes first: work in the background pauses between its steps meanwhile.

A step under way is not interrupted, so that steps are to be short. Threads of the background keep their priority: what
they start, as pools of threads and processes that others use later, would inherit a lower one for good.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["OURS", "Precedence", "answering", "give_way", "waiting_for_background"]

PAUSE = 4.0
"""So many times as long as its last step work waits at the most: of a server that is always asked, it has a fifth."""

MOST_S = 5.0
"""No pause is longer: a step may have waited for the network."""

FIRST_S = 0.25
"""What counts as the step before the first one."""


class _Here(threading.local):
    """What a thread does. answering: depth of what it answers; since: when its step began, None before the first."""

    answering = 0
    since: float | None = None


class Precedence:
    """Of the answers of a process over its work in the background. Safe for threads.

    Parameters
    ----------
    clock
        Seconds, ascending.

    Attributes
    ----------
    answers
        How many are made now.
    pauses
        How often work has begun to wait.
    changed
        Notified when answers begin or end, and work begins to wait.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.changed = threading.Condition()
        self.pauses = 0
        self.answers = 0
        self._clock, self._here = clock, _Here()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """In here, somebody waits for what this thread does."""
        self._here.answering += 1
        if self._here.answering == 1:
            self._count(1)
        try:
            yield
        finally:
            self._here.answering -= 1
            if not self._here.answering:
                self._count(-1)

    @contextmanager
    def waiting_for_background(self) -> Iterator[None]:
        """In here, an answer needs what the background makes, which must not give way to it."""
        depth, self._here.answering = self._here.answering, 0
        if depth:
            self._count(-1)
        try:
            yield
        finally:
            self._here.answering = depth
            if depth:
                self._count(1)

    def give_way(self) -> None:
        """Between two steps of work: wait while answers are made, unless this thread makes one.

        It ends when none is, or after PAUSE times what passed since this thread last came here, MOST_S at the most.
        """
        if self._here.answering:
            return
        now, since = self._clock(), self._here.since
        worked = FIRST_S if since is None else now - since
        with self.changed:
            if self.answers:
                self._pause(min(MOST_S, PAUSE * worked))
        self._here.since = self._clock()

    def _pause(self, seconds: float) -> None:
        self.pauses += 1
        self.changed.notify_all()
        self.changed.wait_for(lambda: not self.answers, seconds)

    def _count(self, more: int) -> None:
        with self.changed:
            self.answers += more
            self.changed.notify_all()


OURS = Precedence()
"""Of this process."""

answering, give_way, waiting_for_background = OURS.answering, OURS.give_way, OURS.waiting_for_background
