"""What chance gives in the catalogs of a server: made in the background once each, while the page stays at hand."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.precedence import give_way
from pictrace.service import background
from pictrace.service.second_look import details_between

__all__ = ["Calibrating"]

_turn = threading.Lock()  # one catalog of a server after the other: each keeps a processor busy


class Calibrating:
    """Of one open catalog. done, total: how far it has come while it runs."""

    def __init__(self, cache: FeatureCache) -> None:
        self.done, self.total = 0, 0
        look = partial(details_between, cache.catalog)  # whose originals are not fetched from other servers for it
        self._background = Background(cache, None if isinstance(cache.catalog, FederatedCatalog) else look)
        self._work: background.Background | None = None
        self._asked = -1  # how many pictures there were when it was begun

    def sources(self) -> tuple[Accidents, ...]:
        """The accidents that are known now."""
        return self._background.sources()

    @property
    def running(self) -> bool:
        return self._work is not None and self._work.running

    def begin(self) -> None:
        """Make what is missing, in a thread of its own; nothing where it runs, was stopped, or all is there.

        What was tried is tried again once the catalog has other pictures.
        """
        pictures = self._background.cache.catalog.count()
        if self.running or self._is_stopped() or pictures == self._asked or not self._background.wanted:
            return
        self._asked = pictures
        self._work = background.Background(self._make, "calibrate")

    def stop(self) -> None:
        """End soon; what is done is kept."""
        if self._work is not None:
            self._work.stop()

    def _make(self) -> None:
        while not _turn.acquire(timeout=0.5):
            if self._is_stopped():
                return
        try:
            with closing(self._background.make()) as steps:
                for self.done, self.total in steps:
                    if self._is_stopped():
                        return
                    give_way()
        finally:
            _turn.release()

    def _is_stopped(self) -> bool:
        return self._work is not None and self._work.stopped
