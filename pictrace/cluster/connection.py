"""The way to a Dask cluster: which worker has which shard, what is asked of them, and who did not answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import distributed
from distributed.client import FutureCancelledError

from pictrace.cluster.shard import Shard, shards
from pictrace.cluster.worker import made_ready

__all__ = ["Answers", "ClusterGoneError", "Connection"]

CONNECT_S = 3.0
AGAIN_S = 15.0
"""After a failure to connect it is not tried for so long: a search waits for it."""

PATIENCE_S = 10.0
"""For an answer; a shard that another worker takes over may take longer, and answers a later search."""

OWED_S = 120.0
"""Reading a shard of millions anew takes a minute or two; a stuck worker would keep its shard silent for good."""

EXACTLY_S = 0.005
"""More for each picture of a shard that is compared exactly: some twenty times what a quiet machine takes."""

LOOK_S = 0.5
"""So often a search that waits tells how far it is, and may be stopped."""

WORKERS_WAIT_S = 5.0

_log = logging.getLogger(__name__)


class ClusterGoneError(Exception):
    """No scheduler, or no worker, answers."""


T = TypeVar("T")


@dataclass(frozen=True)
class Answers(Generic[T]):
    """parts: by shard, of those that answered. shards: all, whether they were asked or not."""

    parts: dict[Shard, T]
    shards: tuple[Shard, ...]


class Connection:
    """One process' connection to a scheduler, made when it is needed, and again after it broke. Safe for threads.

    How many shards a catalog has, and where each lies, is kept by the scheduler, so that all who ask agree: as many as
    there are workers when the first one asks. The shards of a worker that is lost go to the others; when it comes back,
    or others come, they are dealt out anew for as long as one worker has two more than another.

    Parameters
    ----------
    address
        Of the scheduler, such as tcp://scheduler:8786.
    patience_s
        How long a search waits for an answer.
    owed_s
        How long a shard that owes one is not asked again.
    """

    def __init__(self, address: str, *, patience_s: float = PATIENCE_S, owed_s: float = OWED_S) -> None:
        self.address, self._patience_s, self._owed_s = address, patience_s, owed_s
        self._lock = threading.Lock()
        self._client: distributed.Client | None = None
        self._failed_at = -AGAIN_S
        self._late: dict[tuple[str, Shard], tuple[distributed.Future[Any], float]] = {}

    @property
    def is_gone(self) -> bool:
        """Whether nobody answered the last time, and it is not to be tried again yet."""
        return self._client is None and time.monotonic() - self._failed_at < AGAIN_S

    def ask(
        self,
        identity: str,
        call: Callable[..., T],
        arguments: Callable[[Shard], Sequence[object] | None],
        *,
        exactly: int = 0,
        waiting: Callable[[frozenset[Shard]], None] | None = None,
    ) -> Answers[T]:
        """Have each shard's worker call it as call(shard, identity, *arguments(shard)); where these are None, not.

        A shard that owes the answer to an earlier question is not asked another one for a while (OWED_S): its worker is
        reading it, and questions would pile up.

        Parameters
        ----------
        exactly
            How many pictures are compared exactly in all, which takes its time.
        waiting
            Called twice a second with the shards that have answered by then; raising ends it.

        Raises
        ------
        ClusterGoneError
            Where there is no scheduler, or no worker.
        PicTraceError
            What a worker says is wrong.
        """
        client = self._connected()
        try:
            return self._asked(client, identity, call, arguments, exactly, waiting)
        except (OSError, TimeoutError, FutureCancelledError) as error:
            _log.warning("The cluster at %s did not answer: %r", self.address, error)
            self._lose(client)
            raise ClusterGoneError(str(error)) from error

    def made_ready(self, identity: str) -> Iterator[tuple[Shard, int]]:
        """Have each worker read its shard, however long it takes; (shard, its pictures) when it is ready."""
        client = self._connected()
        futures = {
            shard: client.submit(made_ready, shard, identity, workers=[worker], allow_other_workers=True, pure=False)
            for shard, worker in self._places(client, identity).items()
        }
        for shard, future in futures.items():
            yield shard, future.result()

    def _asked(
        self,
        client: distributed.Client,
        identity: str,
        call: Callable[..., T],
        arguments: Callable[[Shard], Sequence[object] | None],
        exactly: int,
        waiting: Callable[[frozenset[Shard]], None] | None,
    ) -> Answers[T]:
        places = self._places(client, identity)
        asked: dict[Shard, distributed.Future[T]] = {}
        for shard, worker in places.items():
            given = arguments(shard)
            if given is not None and not self._owes(identity, shard):
                asked[shard] = client.submit(
                    call, shard, identity, *given, workers=[worker], allow_other_workers=True, pure=False
                )
        try:
            self._wait(asked, self._patience_s + EXACTLY_S * exactly / len(places), waiting)
        except BaseException:  # whoever asked is gone: the workers need not go on
            client.cancel(list(asked.values()))
            raise
        parts: dict[Shard, T] = {}
        for shard, future in asked.items():
            if not future.done():
                if client.status != "running":
                    raise TimeoutError("The scheduler is gone.")
                self._late[identity, shard] = future, time.monotonic()
                continue
            try:
                parts[shard] = future.result()
            except distributed.KilledWorker:
                _log.warning("Several workers of the cluster died over shard %d of %d.", shard.place + 1, shard.of)
        return Answers(parts, tuple(places))

    def _owes(self, identity: str, shard: Shard) -> bool:
        """Whether an earlier question is still to be answered; what is owed for too long is no longer awaited."""
        if (identity, shard) not in self._late:
            return False
        future, since = self._late[identity, shard]
        overdue = time.monotonic() - since > self._owed_s
        if not future.done() and not overdue:
            return True
        if not future.done():
            _log.warning("Shard %d of %d has owed an answer for too long; it is asked anew.", shard.place + 1, shard.of)
            future.cancel()
        del self._late[identity, shard]
        return False

    def _wait(
        self,
        asked: Mapping[Shard, distributed.Future[Any]],
        patience_s: float,
        waiting: Callable[[frozenset[Shard]], None] | None,
    ) -> None:
        """Until all are done, or patience ends."""
        done = threading.Semaphore(0)
        for future in asked.values():
            future.add_done_callback(lambda _: done.release())
        deadline, left = time.monotonic() + patience_s, len(asked)
        while left and (remaining := deadline - time.monotonic()) > 0:
            if done.acquire(timeout=min(LOOK_S, remaining)):
                left -= 1
            elif waiting is not None:
                waiting(frozenset(shard for shard, future in asked.items() if future.done()))

    def _places(self, client: distributed.Client, identity: str) -> dict[Shard, str]:
        """Which worker each shard lies with."""
        if client.scheduler is None:
            raise TimeoutError("The connection is closed.")
        # Not client.scheduler_info: what it keeps is replaced every two seconds by an answer that names no worker.
        workers = sorted(client.sync(client.scheduler.identity, n_workers=-1)["workers"])
        if not workers:
            raise TimeoutError("The cluster has no worker.")
        kept = client.get_metadata(["pictrace", identity], default=None)
        former: list[str] = list(kept) if isinstance(kept, list | tuple) else []  # a list comes back as a tuple
        placed = placed_anew(former or workers, workers)
        if placed != former:
            client.set_metadata(["pictrace", identity], placed)
        return dict(zip(shards(len(placed)), placed, strict=True))

    def _connected(self) -> distributed.Client:
        with self._lock:
            if self._client is not None and self._client.status == "running":
                return self._client
            if self.is_gone:
                raise ClusterGoneError("It did not answer a moment ago.")
            self._client = None
            try:
                client = distributed.Client(self.address, timeout=CONNECT_S, set_as_default=False, name="pictrace")
                client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
            except (OSError, TimeoutError, ValueError) as error:
                self._failed_at = time.monotonic()
                _log.warning("The cluster at %s cannot be reached: %s", self.address, error)
                raise ClusterGoneError(str(error)) from error
            self._client = client
            return client

    def _lose(self, client: distributed.Client) -> None:
        with self._lock:
            self._client, self._failed_at = None, time.monotonic()
            self._late.clear()
        threading.Thread(target=client.close, kwargs={"timeout": 1}, daemon=True).start()  # it may wait for who is gone

    def close(self) -> None:
        """Ask nothing any more."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close(timeout=1)


def placed_anew(former: Sequence[str], workers: Sequence[str]) -> list[str]:
    """Workers by shard: as before where they are there, and evenly.

    Parameters
    ----------
    former
        By shard, where it lay.
    workers
        Those that are there, at least one.
    """
    most = -(-len(former) // len(workers))
    placed = ["" for _ in former]
    load = dict.fromkeys(workers, 0)
    for place, worker in enumerate(former):
        if worker in load and load[worker] < most:
            placed[place] = worker
            load[worker] += 1
    for place, worker in enumerate(placed):
        if not worker:
            placed[place] = min(load, key=lambda one: (load[one], one))
            load[placed[place]] += 1
    return placed
