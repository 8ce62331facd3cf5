"""All servers of a catalog: asked at once, with what is known of their pictures, and which of them are silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.servers.address import ServerAddress
from pictrace.catalog.servers.checked import ids_in
from pictrace.catalog.servers.server import Server
from pictrace.errors import ApiError
from pictrace.web.named import Asker, Question, Reply

__all__ = ["Asked", "Servers"]

LOOK_S = 5.0
"""So old may be what is known of the servers' pictures; a page asks at every movement of a slider."""

MOST_IDS_BYTES = 128 * 2**20

Asked = tuple[Server, Question]

_Result = TypeVar("_Result")


class Servers:
    """Safe for threads.

    Parameters
    ----------
    addresses
        In their order: of a picture that several have, the first one's word counts.
    clock
        Seconds that only rise.
    """

    def __init__(self, addresses: Sequence[ServerAddress], clock: Callable[[], float] = time.monotonic) -> None:
        self.all = tuple(Server(one, clock) for one in addresses)
        self._asker = Asker([one.address for one in addresses])
        self._clock = clock
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._looked_at: float | None = None
        self._revision = 1
        self._union: NDArray[np.int64] | None = None

    @property
    def silent(self) -> dict[str, str]:
        """By name of each server that did not answer when it was asked last, why."""
        return {one.name: one.problem for one in self.all if one.problem}

    def ask(
        self,
        asked: Sequence[Asked],
        take: Callable[[int, Reply], _Result],
        *,
        absent: bool = False,
        waiting: Callable[[Sequence[bool]], None] | None = None,
    ) -> list[_Result | None]:
        """What is made of each answer; None where there is none, which the server then says of itself.

        Parameters
        ----------
        take
            Given the place of a question, and its answer; raises ApiError for what it does not believe.
        absent
            Whether a server may say that there is no such thing.
        waiting
            See Asker.ask.
        """
        able = [place for place, (server, _) in enumerate(asked) if not server.rests]

        def tell(done: Sequence[bool]) -> None:
            if waiting is not None:
                so_far = dict(zip(able, done, strict=True))
                waiting([so_far.get(place, True) for place in range(len(asked))])

        replies = self._asker.ask([asked[place][1] for place in able], tell)
        found: list[_Result | None] = [None] * len(asked)
        for place, reply in zip(able, replies, strict=True):
            server = asked[place][0]
            try:
                if isinstance(reply, ApiError):
                    raise reply
                found[place] = take(place, reply)
            except ApiError as error:
                if not (absent and error.status == 404):
                    server.fail(error.args[0])
                continue
            server.problem = ""
        return found

    def revision(self) -> int:
        """Rises with what the servers hold; in this process alone."""
        self._look()
        return self._revision

    def ids(self) -> NDArray[np.int64]:
        """(n,) of all servers' pictures as they were last told, ascending, each once."""
        self._look()
        with self._lock:
            if self._union is None:
                parts = [one.ids for one in self.all]
                self._union = parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
            return self._union

    def owners(self, picture_id: int) -> list[Server]:
        """The servers that have it, in their order; all of them, where none is known to."""
        return [one for one in self.all if one.has(picture_id)] or list(self.all)

    def learn(self, server: Server, ids: NDArray[np.int64]) -> None:
        """Pictures that a server has told of since it told all."""
        with self._lock:
            if not np.isin(ids, server.ids, assume_unique=True).all():
                server.ids = np.union1d(server.ids, ids)
                self._union = None

    def by_owner(self, ids: Iterable[int]) -> dict[Server, list[int]]:
        """Pictures by each server that is to be asked for them."""
        found: dict[Server, list[int]] = {}
        for one in ids:
            for server in self.owners(one):
                found.setdefault(server, []).append(one)
        return found

    def close(self) -> None:
        self._asker.close()

    def _look(self) -> None:
        """Learn what the servers hold; once something is known, beside whoever waits for it."""
        if self._looked_at is None:
            with self._looking:
                if self._looked_at is None:
                    self._look_now()
        elif self._clock() - self._looked_at > LOOK_S and self._looking.acquire(blocking=False):
            self._looked_at = self._clock()
            threading.Thread(target=self._look_beside, name="look-at-servers", daemon=True).start()

    def _look_beside(self) -> None:
        try:
            self._look_now()
        finally:
            self._looking.release()

    def _look_now(self) -> None:
        def take(place: int, reply: Reply) -> None:
            if reply.status == 304:
                return
            server = self.all[place]
            ids = ids_in(reply.data)
            with self._lock:
                if not server.is_known or reply.etag != server.etag or not np.array_equal(ids, server.ids):
                    self._union, self._revision = None, self._revision + 1
                server.ids, server.etag, server.is_known = ids, reply.etag, True

        self.ask(
            [
                (one, one.question("/ids", unless=one.etag, most_bytes=MOST_IDS_BYTES, patience_s=30))
                for one in self.all
            ],
            take,
        )
        self._looked_at = self._clock()
