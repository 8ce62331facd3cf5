"""Memory that decodes share, where one waits until there is room for it, and who may give the waiting up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pictrace.errors import StoppedError
from pictrace.told import told

__all__ = ["LOOKED_AGAIN_S", "Budget", "GivenUp", "give_up_when", "given_up_here", "giving_up", "never", "stopped"]

LOOKED_AGAIN_S = 0.1

GivenUp = Callable[[], bool]
"""Whether work is not wanted any more; asked from any thread."""


def never() -> bool:
    """Nobody gives up."""
    return False


_GIVEN_UP: ContextVar[GivenUp] = ContextVar("_GIVEN_UP", default=never)


def given_up_here() -> GivenUp:
    """What tells whether the work of this thread is still wanted."""
    return _GIVEN_UP.get()


def give_up_when(given_up: GivenUp) -> None:
    """From here on, in this thread, decodes end with StoppedError as soon as this says so."""
    _GIVEN_UP.set(given_up)


@contextmanager
def giving_up(given_up: GivenUp) -> Iterator[None]:
    """In here, and in this thread, decodes end with StoppedError as soon as this says so."""
    token = _GIVEN_UP.set(given_up)
    try:
        yield
    finally:
        _GIVEN_UP.reset(token)


def stopped() -> StoppedError:
    """The error of what was given up."""
    return StoppedError(told("It was stopped before it was decoded."))


class Budget:
    """Lets threads work side by side only as long as what they take together stays within it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._free = most
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, amount: int, given_up: GivenUp = never) -> Iterator[None]:
        """Wait until there is room; what is beyond the whole budget is let in when it is alone.

        Parameters
        ----------
        amount
            What is taken.
        given_up
            Asked while waiting; StoppedError where it says so.
        """
        amount = min(amount, self.most)
        with self._changed:
            while not self._changed.wait_for(lambda: amount <= self._free, LOOKED_AGAIN_S):
                if given_up():
                    raise stopped()
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()
