"""Searches of a server, a few at a time, and whose is next: visitors of the page, programs and agents take turns.

Twenty searches side by side share the processors and Python's lock, and each is answered as late as the last. In turns,
each is answered as soon as it is made, and nobody's place depends on how many others ask for at once.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pictrace.images.budget import LOOKED_AGAIN_S, GivenUp, given_up_here, stopped

__all__ = ["SEARCHES", "Turns", "searching_in_turn"]

MOST_PLACES = 8


class Turns:
    """Start-time fair queuing with tasks of one size, of P. Goyal, H. M. Vin and H. Cheng (doi:10.1145/248157.248171).

    Each of a client's tasks is marked with the round in which it would begin if all clients had one a round; those of
    the lowest round are next. Whoever asks for many waits for the others' between them, and nobody is passed over for
    good. Safe for threads.

    Parameters
    ----------
    places
        Tasks under way at once.

    Attributes
    ----------
    free
        Places that nobody has now.
    waiting
        (round, number) of each task that waits.
    changed
        Notified when any of this changes.
    """

    def __init__(self, places: int) -> None:
        self.changed = threading.Condition()
        self.waiting: list[tuple[int, int]] = []
        self.free, self._round = places, 0
        self._next_round = dict[Hashable, int]()
        self._numbers = itertools.count()

    @contextmanager
    def taken(self, client: Hashable, given_up: GivenUp | None = None) -> Iterator[None]:
        """Wait for a turn of this client, and have it in here.

        Parameters
        ----------
        client
            Whose turn it is.
        given_up
            Asked while it waits, by default what ``images.budget`` knows of this thread.

        Raises
        ------
        StoppedError
            Where it was given up before its turn.
        """
        self._wait(client, given_up or given_up_here())
        try:
            yield
        finally:
            with self.changed:
                self.free += 1
                self.changed.notify_all()

    def _wait(self, client: Hashable, given_up: GivenUp) -> None:
        with self.changed:
            mine = max(self._round, self._next_round.get(client, 0)), next(self._numbers)
            self._next_round[client] = mine[0] + 1
            self.waiting.append(mine)
            self.changed.notify_all()
            try:
                while not self.changed.wait_for(lambda: self.free and min(self.waiting) == mine, LOOKED_AGAIN_S):
                    if given_up():
                        raise stopped()
                self.free -= 1
                if mine[0] > self._round:
                    self._round = mine[0]
                    self._next_round = {one: then for one, then in self._next_round.items() if then > mine[0]}
            finally:
                self.waiting.remove(mine)
                self.changed.notify_all()  # another one may be next


SEARCHES = Turns(min(max(2, os.cpu_count() or 1), MOST_PLACES))


def searching_in_turn(client: Hashable) -> AbstractContextManager[None]:
    """A search of this process, for a session or a program."""
    return SEARCHES.taken(client)
