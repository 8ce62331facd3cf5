"""One run over items, from their bytes to the catalog."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field

from pictrace.catalog.base import Catalog, NewPicture, Source, image_id
from pictrace.catalog.importers import Item
from pictrace.download import Download, DownloadPolicy
from pictrace.errors import CatalogError, PicTraceError, SourceError
from pictrace.images import DecodeLimits
from pictrace.indexing.links import downloaded
from pictrace.indexing.pictures import new_picture, read_file
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric

__all__ = ["BATCH_PICTURES", "Failure", "Indexing", "Progress"]

BATCH_PICTURES = 64
BATCH_BYTES = 64 * 1024**2  # of originals: links may bring 20 MB each
BATCH_S = 2.0

_Prepared = NewPicture | bytes  # a new picture, or the SHA-256 of one that is here


@dataclass(frozen=True)
class Failure:
    """A picture that could not be used, and why."""

    source: Source
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    total: int
    done: int = 0
    added: int = 0
    known: int = 0
    failed: int = 0
    elapsed_s: float = 0.0

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def left_s(self) -> float:
        """Seconds left at the rate so far."""
        return (self.total - self.done) / self.rate if self.rate else 0.0


@dataclass
class Indexing:
    """One run over items. Iterate over it, once: each step is a Progress, and what is done is kept.

    It ends early by ``stop``, or by closing its iterator; the batch under way is stored either way,
    and another run over the same items goes on from there. ``failures`` lists what could not be used;
    nothing is skipped silently. At most 2 * workers pictures are under way at any moment.
    """

    catalog: Catalog
    items: Sequence[Item]
    metrics: Sequence[Metric] = field(default_factory=all_metrics)
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    policy: DownloadPolicy = field(default_factory=DownloadPolicy.from_environment)
    workers: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))

    def __post_init__(self) -> None:
        self.failures: list[Failure] = []
        self.progress = Progress(len(self.items))
        self._stop = threading.Event()
        self._here = {int(one) for one in self.catalog.ids()}
        self._batch: dict[int, NewPicture] = {}
        self._sources: dict[int, list[Source]] = {}
        self._started = self._stored = time.monotonic()

    def stop(self) -> None:
        """Ask the run to end soon; callable from any thread."""
        self._stop.set()

    def __iter__(self) -> Iterator[Progress]:
        self._started = self._stored = time.monotonic()
        try:
            with ThreadPoolExecutor(self.workers, thread_name_prefix="index") as pool:
                yield from self._work(pool)
        finally:
            self._stop.set()
            self._store()
        yield self.progress

    def run(self) -> Progress:
        """All of it, without looking at the steps."""
        for _ in self:
            pass
        return self.progress

    def _work(self, pool: ThreadPoolExecutor) -> Iterator[Progress]:
        under_way: dict[Future[_Prepared], Item] = {}
        try:
            with closing(self._supply()) as supply:
                for entry in supply:
                    if self._stop.is_set():
                        break
                    if entry is not None:
                        item, data = entry
                        if isinstance(data, PicTraceError):
                            yield self._refuse(item, data)
                        else:
                            under_way[pool.submit(self._prepare, item, data)] = item
                    yield from self._finished(under_way, at_most=2 * self.workers - 1)
                    if entry is None:  # the links are slow: a sign of life, and what is done meanwhile is stored
                        yield self._count()
            yield from self._finished(under_way, at_most=0)
        finally:
            for future in under_way:
                future.cancel()

    def _supply(self) -> Generator[tuple[Item, bytes | PicTraceError | None] | None, None, None]:
        """Items with their bytes where they are at hand (files are read by the workers).

        None means that no link has answered for a moment.
        """
        links: dict[str, list[Item]] = {}
        for item in self.items:
            if item.url is None:
                yield item, item.data
            else:
                links.setdefault(item.url, []).append(item)
        if not links:
            return
        with closing(downloaded(tuple(links), self.policy)) as results:
            for entry in results:
                if entry is None:
                    yield None
                    continue
                url, result = entry
                for item in links[url]:
                    yield item, result.data if isinstance(result, Download) else result

    def _prepare(self, item: Item, data: bytes | None) -> _Prepared:
        """In a worker: the picture with its features, or only the SHA-256 of one that is here already."""
        if not _is_unicode(item.source.address) or not _is_unicode(item.source.title):
            raise SourceError("Its name is not valid Unicode, so it cannot be stored. Rename the file.")
        if data is None:
            if item.load is not None:
                data = item.load()
            elif item.path is not None:
                data = read_file(item.path, self.limits)
            else:
                raise SourceError("The entry names no file and no link.")
        sha256 = NewPicture.digest(data)
        if image_id(sha256) in self._here:
            return sha256
        return new_picture(data, item.source, self.metrics, keep_original=item.keep_original, limits=self.limits)

    def _finished(self, under_way: dict[Future[_Prepared], Item], *, at_most: int) -> Iterator[Progress]:
        """What has finished by now; waits until no more than ``at_most`` are under way."""
        while True:
            timeout = None if len(under_way) > at_most else 0
            finished, _ = wait(under_way, timeout, return_when=FIRST_COMPLETED)
            for future in finished:
                yield self._take(under_way.pop(future), future)
            if len(under_way) <= at_most:
                return

    def _take(self, item: Item, future: Future[_Prepared]) -> Progress:
        """A worker's result; errors that speak of the picture are values, others are our own mistakes."""
        error = future.exception()
        if isinstance(error, PicTraceError):
            return self._refuse(item, error)
        result = future.result()
        if isinstance(result, NewPicture) and result.id not in self._here:
            self._here.add(result.id)
            self._batch[result.id] = result
            return self._count(added=1)
        sha256 = result.sha256 if isinstance(result, NewPicture) else result  # the former: twice in one run
        problem = self._problem(sha256)
        if problem is not None:
            return self._refuse(item, problem)
        self._sources.setdefault(image_id(sha256), []).append(item.source)
        return self._count(known=1)

    def _problem(self, sha256: bytes) -> PicTraceError | None:
        """Why these bytes are not, after all, the picture that has their id; None where they are."""
        picture_id = image_id(sha256)
        held = self._batch.get(picture_id) or self.catalog.pictures([picture_id]).get(picture_id)
        if held is None:
            return CatalogError("It was removed from the catalog during this run. Add it again.")
        if held.sha256 != sha256:
            return CatalogError(f"Another picture has the same id, {picture_id}. Leave one of them out.")
        return None

    def _refuse(self, item: Item, error: PicTraceError) -> Progress:
        self.failures.append(Failure(item.source, str(error)))
        return self._count(failed=1)

    def _count(self, *, added: int = 0, known: int = 0, failed: int = 0) -> Progress:
        originals = sum(len(one.original or b"") for one in self._batch.values())
        due = time.monotonic() - self._stored > BATCH_S
        if due or len(self._batch) >= BATCH_PICTURES or originals >= BATCH_BYTES:
            self._store()
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

    def _store(self) -> None:
        batch, self._batch = self._batch, {}
        sources, self._sources = self._sources, {}
        if batch:
            self.catalog.add(tuple(batch.values()))
        if sources:
            self.catalog.add_sources(sources)
        self._stored = time.monotonic()


def _is_unicode(text: str) -> bool:
    """File names that are not come from the system with lone surrogates in them, which no database stores."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
