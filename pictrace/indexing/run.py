"""One run over items, from their bytes to the catalog."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace

from pictrace.catalog.base import Catalog
from pictrace.catalog.links import LinkState
from pictrace.catalog.records import Source
from pictrace.errors import PicTraceError, SourceError
from pictrace.images import DecodeLimits
from pictrace.indexing.intake import Intake, Prepared
from pictrace.indexing.links import downloaded
from pictrace.indexing.pictures import read_file
from pictrace.indexing.progress import Failure, Progress
from pictrace.indexing.steps import Steps, Workshop
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.sources.base import Item
from pictrace.web.fetch import Download
from pictrace.web.policy import DownloadPolicy

__all__ = ["Indexing"]

# What is at hand of an item: its bytes, what its link brought, why there is nothing; None for what a worker
# reads, and the picture's id where its link is known, which is not fetched again.
_AtHand = bytes | Download | PicTraceError | int | None


@dataclass
class Indexing(Steps[Progress]):
    """One run over items. Iterate over it, once: each step is a Progress, and what is done is kept.

    It ends early by ``stop``, or by closing its iterator; the batch under way is stored either way,
    and another run over the same items goes on from there. ``failures`` lists what could not be used;
    nothing is skipped silently. At most 2 * workers pictures are under way at any moment.

    A link that the catalog knows counts as known and is not fetched again, unless by ``fetch_known``;
    Refresh asks for changes at less cost.
    """

    catalog: Catalog
    items: Sequence[Item]
    metrics: Sequence[Metric] = field(default_factory=lambda: loaded(ready_metrics()))
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    policy: DownloadPolicy = field(default_factory=DownloadPolicy.from_environment)
    workers: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))
    fetch_known: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self._ready(Progress(len(self.items)))
        self.failures: list[Failure] = []
        self._intake = Intake(self.catalog, self.metrics, self.limits)

    def _work(self) -> Generator[Progress, None, None]:
        with Workshop[tuple[Item, Source], Prepared](self.workers, "index") as workshop:
            with closing(self._supply()) as supply:
                for entry in supply:
                    if self._stop.is_set():
                        break
                    if entry is not None:
                        item, at_hand = entry
                        if isinstance(at_hand, PicTraceError):
                            yield self._refuse(item, at_hand)
                        elif isinstance(at_hand, int):
                            yield self._count(known=1)
                        else:
                            source = _source(item, at_hand)
                            workshop.submit((item, source), self._prepare, item, source, at_hand)
                    yield from self._finished(workshop)
                    if entry is None:  # the links are slow: a sign of life, and what is done meanwhile is stored
                        yield self._count()
            yield from self._finished(workshop, everything=True)

    def _finish(self) -> None:
        self._intake.store()

    def _supply(self) -> Generator[tuple[Item, _AtHand] | None, None, None]:
        """Items with what is at hand of them. None means that no link has answered for a moment."""
        links: dict[str, list[Item]] = {}
        for item in self.items:
            if item.url is None:
                yield item, item.data
            else:
                links.setdefault(item.url, []).append(item)
        if links and not self.fetch_known:
            for url, picture_id in self.catalog.known_sources("link", links).items():
                for item in links.pop(url):
                    yield item, picture_id
        if not links:
            return
        with closing(downloaded(tuple(links), self.policy)) as results:
            for entry in results:
                if entry is None:
                    yield None
                    continue
                url, result = entry
                for item in links[url]:
                    if isinstance(result, Download | PicTraceError):  # all there is, as nothing else was asked for
                        yield item, result

    def _prepare(self, item: Item, source: Source, at_hand: bytes | Download | None) -> Prepared:
        """In a worker: read what is not at hand, and make of it what the catalog keeps."""
        if isinstance(at_hand, Download):
            data = at_hand.data
        elif at_hand is not None:
            data = at_hand
        elif item.load is not None:
            data = item.load()
        elif item.path is not None:
            data = read_file(item.path, self.limits)
        else:
            raise SourceError("The entry names no file and no link.")
        return self._intake.prepare(data, source, keep_original=item.keep_original)

    def _finished(
        self, workshop: Workshop[tuple[Item, Source], Prepared], *, everything: bool = False
    ) -> Iterator[Progress]:
        for (item, source), future in workshop.finished(everything=everything):
            yield self._take(item, source, future)

    def _take(self, item: Item, source: Source, future: Future[Prepared]) -> Progress:
        """A worker's result; errors that speak of the picture are values, others are our own mistakes."""
        try:
            new = self._intake.take(future.result(), source)
        except PicTraceError as error:
            return self._refuse(item, error)
        return self._count(added=1) if new else self._count(known=1)

    def _refuse(self, item: Item, error: PicTraceError) -> Progress:
        self.failures.append(Failure(item.source, str(error)))
        return self._count(failed=1)

    def _count(self, *, added: int = 0, known: int = 0, failed: int = 0) -> Progress:
        self._intake.store_if_due()
        before = self.progress
        self.progress = Progress(
            before.total,
            before.done + added + known + failed,
            before.added + added,
            before.known + known,
            before.failed + failed,
            time.monotonic() - self._started,
        )
        return self.progress


def _source(item: Item, at_hand: bytes | Download | None) -> Source:
    """The item's source; of a link, with what its server can be asked for changes by."""
    if not isinstance(at_hand, Download):
        return item.source
    return replace(item.source, link=LinkState.now("ok", at_hand.validators))
