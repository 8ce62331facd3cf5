"""One server of several: what is known of it, and whether it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.servers.address import ServerAddress
from pictrace.web.named import Question

__all__ = ["AGAIN_S", "Server"]

AGAIN_S = 15.0
"""So long a server that did not answer is left alone: whoever searches would wait for it."""


@dataclass(eq=False)
class Server:
    """Its pictures as they were when it last answered.

    Attributes
    ----------
    ids : (n,) int64 array
        Ascending.
    is_known
        Whether it ever told its pictures.
    problem
        Why it did not answer the last time, "" where it did.
    """

    address: ServerAddress
    clock: Callable[[], float] = time.monotonic
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    etag: str = ""
    is_known: bool = False
    problem: str = ""
    _failed_at: float = 0.0

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def rests(self) -> bool:
        """Whether it failed, and is not to be asked again yet."""
        return bool(self.problem) and self.clock() - self._failed_at < AGAIN_S

    def fail(self, problem: str) -> None:
        """It did not answer, or with what cannot be used."""
        self.problem, self._failed_at = problem, self.clock()

    def has(self, picture_id: int) -> bool:
        place = int(np.searchsorted(self.ids, picture_id))
        return place < len(self.ids) and int(self.ids[place]) == picture_id

    def question(
        self,
        path: str,
        *,
        said: bytes | None = None,
        parameters: dict[str, str] | None = None,
        unless: str = "",
        most_bytes: int = 2**20,
        patience_s: float = 10.0,
    ) -> Question:
        """One for an operation of its API."""
        return Question(
            self.address.url(path), said, parameters or {}, self.address.token, unless, most_bytes, patience_s
        )
