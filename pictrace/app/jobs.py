"""Adding pictures while the page stays at hand: one run in a thread of its own. No streamlit here."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pictrace.catalog.base import Catalog, NewPicture, image_id
from pictrace.catalog.importers import Item
from pictrace.errors import PicTraceError
from pictrace.images import DecodeLimits, probe
from pictrace.indexing import Failure, Indexing, Progress

__all__ = ["AddJob", "Preview", "preview"]


class Preview:
    """What adding would do: pictures that are new, already here, or unreadable, and links not looked at yet."""

    def __init__(self) -> None:
        self.new = self.known = self.links = 0
        self.unreadable: list[Failure] = []

    @property
    def told(self) -> str:
        parts = [f"{self.new} new", f"{self.known} already here", f"{len(self.unreadable)} unreadable"]
        return ", ".join(parts + ([f"{self.links} links to fetch"] if self.links else []))


def preview(catalog: Catalog, items: Sequence[Item], limits: DecodeLimits) -> Preview:
    """Look at the headers and the hashes of bytes at hand; nothing is fetched or stored."""
    found = Preview()
    here = {int(one) for one in catalog.ids()}
    links = [item.url for item in items if item.url is not None]
    known_links = catalog.known_sources("link", links)
    for item in items:
        if item.url is not None:
            found.known += item.url in known_links
            found.links += item.url not in known_links
        elif item.data is not None:
            try:
                probe(item.data, limits)
            except PicTraceError as error:
                found.unreadable.append(Failure(item.source, str(error)))
                continue
            identity = image_id(NewPicture.digest(item.data))
            found.known += identity in here
            found.new += identity not in here
            here.add(identity)
    return found


class AddJob:
    """One run of indexing in the background; its progress and failures can be read at any time."""

    def __init__(self, catalog: Catalog, items: Sequence[Item], limits: DecodeLimits) -> None:
        self.items = tuple(items)
        self.problem = ""
        self.stopped = False
        self.told = False  # that it has ended
        self._run = Indexing(catalog, self.items, limits=limits)
        self._thread = threading.Thread(target=self._work, name="add-pictures", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._run.run()
        except PicTraceError as error:
            self.problem = str(error)

    def stop(self) -> None:
        """End soon; what is done is kept."""
        self.stopped = True
        self._run.stop()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended by then."""
        self._thread.join(timeout_s)
        return not self.running

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def progress(self) -> Progress:
        return self._run.progress

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(self._run.failures)

    @property
    def left_over(self) -> tuple[Item, ...]:
        """Items to try again: those that failed, or all where it was stopped (what is here is passed over)."""
        if self.stopped or self.problem:
            return self.items
        failed = {id(failure.source) for failure in self.failures}
        return tuple(item for item in self.items if id(item.source) in failed)
