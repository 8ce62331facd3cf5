"""Long work while the page stays at hand: runs in a thread of their own. No streamlit here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Origin, digest, image_id
from pictrace.errors import ImageError, PicTraceError
from pictrace.faults import as_own
from pictrace.images.loading import look_at_header
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.index import Indexing
from pictrace.indexing.merge import Merge
from pictrace.indexing.rebuild import Rebuild
from pictrace.indexing.refresh import Refresh
from pictrace.indexing.run import Failure, Pace, Progress, RefreshProgress
from pictrace.metrics.base import Metric
from pictrace.service.background import Background
from pictrace.service.typed_links import host_refusal
from pictrace.sources.base import Item
from pictrace.told import Told, joined, listed, told, told_of

__all__ = ["AddJob", "Job", "Preview", "RebuildJob", "RefreshJob", "Run", "preview"]

LISTED_AT_ONCE = 5000
PREVIEWED = 20_000  # entries that a preview looks at: it is made anew whenever the page is drawn
LOOKED_INTO = 400  # entries of archives and databases that a preview opens
AT_HAND = frozenset(origin for origin in Origin if origin.is_at_hand)


class Preview:
    """What adding would do: pictures that are new, already here, or unreadable, and links not looked at yet.

    refused: links that will not be fetched, wherever that can be told from the link itself. further: entries beyond
    those that were looked at.
    """

    def __init__(self, further: int = 0) -> None:
        self.further = further
        self.new = self.known = self.links = self.unread = 0
        self.unreadable: list[Failure] = []
        self.refused: list[Failure] = []

    @property
    def summary(self) -> Told:
        refused, further = len(self.refused), self.further
        return listed(
            told("{number:,} new", number=self.new),
            told("{number:,} already here", number=self.known),
            told("{number:,} unreadable", number=len(self.unreadable)),
            told_of("{count:,} link to fetch", "{count:,} links to fetch", self.links) if self.links else "",
            told_of("{count:,} link refused", "{count:,} links refused", refused) if refused else "",
            told("{number:,} to read", number=self.unread) if self.unread else "",
            told("{number:,} more that are looked at when they are added", number=further) if further else "",
        )

    @property
    def is_hopeless(self) -> bool:
        """Whether adding would add nothing, nor note another source of what is here."""
        return not (self.new or self.known or self.links or self.unread or self.further)


def preview(catalog: Catalog, items: Sequence[Item], limits: DecodeLimits) -> Preview:
    """Look at the headers and the hashes of bytes at hand; nothing is fetched or stored.

    Of more than PREVIEWED items only as many are looked at, and how many more there are is told.
    """
    found = Preview(max(0, len(items) - PREVIEWED))
    here = {int(one) for one in catalog.ids()}
    looked_into = 0
    for item, is_known in _with_known(catalog, items):
        if item.url is not None:
            if is_known:
                found.known += 1
            elif why := host_refusal(item.url):
                found.refused.append(Failure(item.source, why))
            else:
                found.links += 1
            continue
        if item.path is not None:
            found.known += is_known
            found.unread += not is_known
            continue
        try:
            with as_own(ImageError, item.source.label):
                data = item.data
                if data is None and item.load is not None and item.source.kind in AT_HAND and looked_into < LOOKED_INTO:
                    looked_into += 1
                    data = item.load()
                if data is None:
                    found.unread += 1
                    continue
                look_at_header(data, limits)
        except PicTraceError as error:
            found.unreadable.append(Failure(item.source, str(error)))
            continue
        identity = image_id(digest(data))
        found.known += identity in here
        found.new += identity not in here
        here.add(identity)
    return found


def _with_known(catalog: Catalog, items: Sequence[Item]) -> Iterator[tuple[Item, bool]]:
    """Each item to preview, and whether the catalog knows its link or file; a few at a time."""
    rest = islice(iter(items), PREVIEWED)
    while some := tuple(islice(rest, LISTED_AT_ONCE)):
        links = catalog.known_sources("link", [item.url for item in some if item.url is not None])
        files = catalog.known_sources("file", [item.source.address for item in some if item.path is not None])
        for item in some:
            yield item, item.url in links if item.url is not None else item.source.address in files


class Run(Protocol):
    """What Indexing and its like offer."""

    @property
    def failures(self) -> Sequence[Failure]: ...

    @property
    def notes(self) -> Sequence[Failure]: ...

    def run(self) -> object: ...

    def stop(self) -> None: ...


class Job(Background, ABC):
    """Runs, one after the other, in the background; progress and failures can be read at any time.

    keep: what must not go before the job has ended, such as a folder with what it reads.
    """

    def __init__(self, catalog: Catalog, runs: Sequence[Run], *, keep: object = None) -> None:
        self.begun = self.seen = False  # that there is something to show, and that it has ended
        self.catalog = catalog
        self._runs, self._keep = tuple(runs), keep
        super().__init__(self._run_all, type(self).__name__)

    def _run_all(self) -> None:
        for one in self._runs:
            if not self.stopped:
                one.run()

    def stop(self) -> None:
        """End soon; what is done is kept."""
        super().stop()
        for one in self._runs:
            one.stop()

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(failure for one in self._runs for failure in one.failures)

    @property
    def notes(self) -> tuple[Failure, ...]:
        """How pictures that are used were read, where that is not plain to see."""
        return tuple(note for one in self._runs for note in one.notes)

    @property
    def can_go_on(self) -> bool:
        """Whether anything is left over."""
        return self.stopped or bool(self.problem or self.failures)

    @property
    def failed_wholly(self) -> bool:
        """Whether all that it did were failures."""
        return 0 < self.progress.done <= len(self.failures)

    @property
    @abstractmethod
    def progress(self) -> Pace:
        """How far it has come."""

    @property
    @abstractmethod
    def summary(self) -> Told:
        """What came of it, or has come of it so far."""

    @abstractmethod
    def again(self) -> Job:
        """The same for what is left over, begun."""


class AddJob(Job):
    """Pictures on their way into a catalog, and other catalogs, whose pictures a stranger vouches for.

    catalogs: files by the names that they were uploaded with. covers: folders whose pictures are all among the items.
    """

    def __init__(
        self,
        catalog: Catalog,
        items: Sequence[Item],
        limits: DecodeLimits,
        *,
        catalogs: Mapping[str, Path] | None = None,
        covers: Sequence[str] = (),
        keep: object = None,
    ) -> None:
        self.items = tuple(items) if isinstance(items, list) else items
        self.catalogs, self.covers = dict(catalogs or {}), tuple(covers)
        self._limits = limits
        self._indexing = Indexing(catalog, self.items, limits=limits, covers=self.covers)
        merges = [
            Merge(catalog, path, trust_files=False, name=name, limits=limits) for name, path in self.catalogs.items()
        ]
        self._counted: list[Indexing | Merge] = [self._indexing, *merges]
        # What another catalog lacks is made of its originals; those that it does not hold cannot be had here.
        rebuild: list[Run] = [Rebuild(catalog, limits=limits)] if merges else []
        super().__init__(catalog, [*self._counted, *rebuild], keep=keep)

    @property
    def progress(self) -> Progress:
        parts = [one.progress for one in self._counted]
        return Progress(
            sum(one.total for one in parts),
            sum(one.added for one in parts),
            sum(one.known for one in parts),
            sum(one.failed for one in parts),
            sum(one.further for one in parts),
            elapsed_s=sum(one.elapsed_s for one in parts if one.done),
        )

    @property
    def summary(self) -> Told:
        now = self.progress
        files = self._indexing.reconciled.summary
        return joined(
            told(
                "{added:,} added, {known:,} already here, {failed:,} failed.",
                added=now.added,
                known=now.known,
                failed=now.failed,
            ),
            told("{sentence}.", sentence=now.further_told) if now.further else "",
            told("Of the files that were here: {files}.", files=files) if files else "",
        )

    @property
    def left_over(self) -> Sequence[Item]:
        """Items to try again: those that failed, or all where it was stopped (what is here is passed over)."""
        if self.stopped or self.problem:
            return self.items
        # By what they say, as items of a long listing are made anew at each reading.
        failed = {(one.source.kind, one.source.address) for one in self.failures}
        return tuple(item for item in self.items if (item.source.kind, item.source.address) in failed) if failed else ()

    def again(self) -> AddJob:
        catalogs = self.catalogs if self.stopped or self.problem else {}
        covers = self.covers if self.stopped or self.problem else ()
        return AddJob(self.catalog, self.left_over, self._limits, catalogs=catalogs, covers=covers, keep=self._keep)

    @property
    def can_go_on(self) -> bool:
        return self.stopped or bool(self.problem or self.left_over)


class RebuildJob(Job):
    """Features that are missing, made of the originals; searches go on meanwhile, with what is there.

    metrics: by default, all that are ready.
    """

    def __init__(self, catalog: Catalog, limits: DecodeLimits, metrics: Sequence[Metric] | None = None) -> None:
        self._limits, self._metrics = limits, metrics
        self._rebuild = Rebuild(catalog, metrics, limits)
        super().__init__(catalog, [self._rebuild])

    @property
    def progress(self) -> Progress:
        return self._rebuild.progress

    @property
    def summary(self) -> Told:
        now = self.progress
        return told("Features made of {added:,} pictures, {failed:,} failed.", added=now.added, failed=now.failed)

    def again(self) -> RebuildJob:
        return RebuildJob(self.catalog, self._limits, self._metrics)


class RefreshJob(Job):
    """A catalog's links, asked whether they still lead where they led."""

    def __init__(self, catalog: Catalog, limits: DecodeLimits, addresses: Sequence[str] | None = None) -> None:
        self._limits = limits
        self._refresh = Refresh(catalog, addresses, limits=limits)
        super().__init__(catalog, [self._refresh])

    @property
    def progress(self) -> RefreshProgress:
        return self._refresh.progress

    @property
    def summary(self) -> Told:
        return told("{sentence}.", sentence=self._refresh.summary)

    def again(self) -> RefreshJob:
        failed = [failure.source.address for failure in self.failures]
        return RefreshJob(self.catalog, self._limits, None if self.stopped or self.problem else failed)
