"""The same write asked for twice, by an Idempotency-Key, is done once, and answered alike."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from pictrace.api.problems import ProblemError

__all__ = ["KEPT_S", "Repeats", "fingerprint"]

KEPT_S = 24 * 3600
_REMEMBERED = 1000


@dataclass
class _Seen:
    fingerprint: bytes
    at: float
    answer: Response | None = None


def fingerprint(*parts: str | bytes) -> bytes:
    """What tells one request from another."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8))
        hasher.update(data)
    return hasher.digest()


class Repeats:
    """Answers by who asked and the key that they gave, for a day, in memory. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], _Seen] = OrderedDict()

    def begin(self, client: str, key: str, request: bytes) -> Response | None:
        """The answer of before; None where there is none, and the work is to be done, then ``end`` to be called.

        Raises ProblemError where the first is still under way, or was another request.
        """
        now = self._clock()
        while self._seen and (len(self._seen) >= _REMEMBERED or next(iter(self._seen.values())).at < now - KEPT_S):
            self._seen.popitem(last=False)
        seen = self._seen.get((client, key))
        if seen is None:
            self._seen[client, key] = _Seen(request, now)
            return None
        if seen.fingerprint != request:
            raise ProblemError("invalid-request", "This Idempotency-Key was used for another request. Use a new one.")
        if seen.answer is None:
            raise ProblemError("under-way", "The first request with this key has not ended.", retry_after_s=1)
        return seen.answer

    def end(self, client: str, key: str, answer: Response | None) -> None:
        """Keep the answer; with None, or one that another try may better, forget that it was asked."""
        seen = self._seen.get((client, key))
        if seen is None:
            return
        if answer is None or answer.status_code >= 500 or answer.status_code == 429:
            del self._seen[client, key]
        else:
            seen.answer = answer
