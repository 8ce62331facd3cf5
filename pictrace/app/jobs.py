"""Adding pictures while the page stays at hand: one run in a thread of its own. No streamlit here."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from pictrace.catalog.base import Catalog, NewPicture, image_id
from pictrace.catalog.importers import Item, Listing, Skipped, list_source, read_zip
from pictrace.errors import PicTraceError, SourceError
from pictrace.images import DecodeLimits, probe
from pictrace.indexing import Failure, Indexing, Progress

__all__ = ["LISTING_SUFFIXES", "AddJob", "Preview", "listing_of", "preview"]

LISTING_SUFFIXES = ("zip", "csv", "tsv", "json", "txt")
FOLDERS_VARIABLE = "PICTRACE_FOLDERS"


def listing_of(name: str, data: bytes) -> Listing:
    """What an uploaded archive, table or list names; SourceError where it is none.

    A table may come from anybody: files of this server that it names are left out, but for those under
    folders that the owner has named in PICTRACE_FOLDERS (separated as in PATH).
    """
    suffix = Path(name).suffix.lower().lstrip(".")
    known = ", ".join(LISTING_SUFFIXES)
    if suffix not in LISTING_SUFFIXES:
        raise SourceError(f"{name} is neither an archive nor a table. Its name must end with one of: {known}.")
    if suffix == "zip":
        return read_zip(data, name=name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"uploaded.{suffix}")
        path.write_bytes(data)
        listing = list_source(str(path))
    roots = [Path(one).resolve() for one in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if one]
    items, skipped = [], list(listing.skipped)
    for item in listing.items:
        if item.path is None or any(item.path.resolve().is_relative_to(root) for root in roots):
            items.append(item)
        else:
            named = item.path.name if item.path.is_relative_to(folder) else str(item.path)
            skipped.append(Skipped(named, "Files of the server are not read for a table. Upload the picture itself."))
    return Listing(tuple(items), tuple(skipped), listing.column)


class Preview:
    """What adding would do: pictures that are new, already here, or unreadable, and links not looked at yet."""

    def __init__(self) -> None:
        self.new = self.known = self.links = self.unread = 0
        self.unreadable: list[Failure] = []

    @property
    def told(self) -> str:
        parts = [f"{self.new} new", f"{self.known} already here", f"{len(self.unreadable)} unreadable"]
        parts += [f"{self.links} links to fetch"] if self.links else []
        return ", ".join(parts + ([f"{self.unread} to read"] if self.unread else []))


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
        else:
            found.unread += 1
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
