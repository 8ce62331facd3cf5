"""How much a client may ask for: requests in a time, and bytes at a time."""

from __future__ import annotations

import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pictrace.api.problems import ProblemError
from pictrace.service.owner import upload_bytes

__all__ = ["HeldBytes", "Rate", "requests_a_minute"]

USUAL_RATE = 600
_REMEMBERED = 10_000


def requests_a_minute() -> int:
    """How many requests a client may send, by the owner's settings; read at each call, as they may change."""
    text = os.environ.get("PICTRACE_API_RATE", "").strip()
    return int(text) if text.isascii() and text.isdigit() else USUAL_RATE


class Rate:
    """Lets each client spend so many requests a minute, at once or spread (a token bucket). For one event loop.

    Parameters
    ----------
    a_minute
        Asked at each request; 0 lets everything pass.
    clock
        Seconds that only rise.
    """

    def __init__(
        self, a_minute: Callable[[], int] = requests_a_minute, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_minute, self._clock = a_minute, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # by client: requests, and when

    def spend(self, client: str) -> None:
        """Count a request; ProblemError where it is one too many."""
        most, now = self._a_minute(), self._clock()
        if not most:
            return
        left, then = self._left.pop(client, (float(most), now))
        left = min(float(most), left + (now - then) * most / 60)
        self._left[client] = max(0.0, left - 1) if left >= 1 else left, now
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if left < 1:
            raise ProblemError(
                "too-many-requests",
                f"More than {most:,} requests a minute. Wait, or ask the server's owner for more (PICTRACE_API_RATE).",
                retry_after_s=math.ceil((1 - left) * 60 / most),
            )


class HeldBytes:
    """What the bodies under way take of memory, all together. For one event loop."""

    def __init__(self, most: Callable[[], int] = upload_bytes) -> None:
        self._most, self.held = most, 0

    @contextmanager
    def counting(self) -> Iterator[Callable[[int], None]]:
        """In here, the call takes more bytes into account; ProblemError where there is no room for them."""
        mine = 0

        def more(count: int) -> None:
            nonlocal mine
            if self.held + count > self._most():
                raise ProblemError(
                    "too-many-requests", "The bodies of all requests take as much as they may.", retry_after_s=2
                )
            self.held += count
            mine += count

        try:
            yield more
        finally:
            self.held -= mine
