"""Work that several runs do on one catalog: each takes a part, then looks at what the others did."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence

from pictrace.catalog.leases import Leases
from pictrace.errors import CatalogError
from pictrace.sources.base import Item

__all__ = ["AT_ONCE", "Alone", "Shared", "shared"]

AT_ONCE = 32
"""Items that are claimed together: few enough that two runs over a hundred pictures share them."""

LOOK_AGAIN_S = 1.0

_log = logging.getLogger(__name__)


class Alone:
    """All items at once, as nobody else is at work."""

    with_others = False

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    def parts(self) -> Iterator[Sequence[Item]]:
        """What to do now; an empty part is a sign of life, while others have what is left."""
        if self._items:
            yield self._items

    def done(self, item: Item) -> None:
        """This item is prepared or refused; not stored yet."""

    def settle(self) -> None:
        """All that is done is stored."""

    def close(self) -> None:
        """Nothing more will be done."""


class Shared(Alone):
    """Items by parts that nobody else works on. What another had is done again at the end, when he let go of it.

    By then it is in the catalog, so that it costs a look only; or he died, and his leases ended. Leases are prolonged
    in the background, as one picture may take as long as a lease.
    """

    with_others = True

    def __init__(self, items: Sequence[Item], leases: Leases, *, prolong_s: float) -> None:
        super().__init__(items)
        self._leases, self._prolong_s = leases, prolong_s
        self._done: list[int] = []
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="leases", daemon=True)

    def parts(self) -> Iterator[Sequence[Item]]:
        self._heart.start()
        left = list(self._items)
        while left:
            others: list[Item] = []
            for start in range(0, len(left), AT_ONCE):
                some = left[start : start + AT_ONCE]
                mine = self._leases.claim([key_of(one) for one in some])
                others += [one for one in some if key_of(one) not in mine]
                part = [one for one in some if key_of(one) in mine]
                if part:
                    yield part
            if len(others) == len(left):  # all that is left is with others
                yield ()
                self._closed.wait(LOOK_AGAIN_S)
            left = others

    def done(self, item: Item) -> None:
        self._done.append(key_of(item))

    def settle(self) -> None:
        done, self._done = self._done, []
        if done:
            self._leases.release(done)

    def close(self) -> None:
        """Let go of everything; what cannot be told to the store ends by itself."""
        self._closed.set()
        if self._heart.ident is None:  # nothing was asked for
            return
        self._heart.join()
        try:
            self._leases.release()
        except CatalogError as error:
            _log.warning("Leases could not be given back, and end by themselves: %s", error)

    def _beat(self) -> None:
        while not self._closed.wait(self._prolong_s):
            try:
                self._leases.prolong()
            except CatalogError as error:  # the run itself will meet it, if it lasts
                _log.warning("Leases could not be prolonged: %s", error)


def shared(items: Sequence[Item], leases: Leases | None, *, prolong_s: float) -> Alone:
    """How a run goes through its items."""
    return Alone(items) if leases is None else Shared(items, leases, prolong_s=prolong_s)


def key_of(item: Item) -> int:
    """63 bits of what it is called, the same on every machine."""
    name = f"{item.source.kind}\0{item.url or item.source.address}"
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1
