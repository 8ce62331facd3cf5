"""One run over items, from their bytes to the catalog: list them, pass over what is there, prepare, store."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.leases import LASTING_S
from pictrace.catalog.links import LinkState
from pictrace.catalog.records import FileSource, NewPicture, Source
from pictrace.errors import PicTraceError, SourceError, StoppedError
from pictrace.faults import as_own
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.further import prepared_pages
from pictrace.indexing.links import downloaded
from pictrace.indexing.prepare import Intake, Pages, Prepared, id_of, read_file
from pictrace.indexing.reconcile import Reconciled, reconcile
from pictrace.indexing.run import Failure, Progress, Run, Workshop, default_workers
from pictrace.indexing.sharing import shared
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.sources.base import Item
from pictrace.web.fetch import Download
from pictrace.web.policy import DownloadPolicy

__all__ = ["Indexing"]


@dataclass(frozen=True)
class _ToPrepare:
    """A picture whose bytes a worker can read. source: the item's, with how its link was found."""

    item: Item
    source: Source
    read: Callable[[], bytes]


@dataclass(frozen=True)
class _Known:
    """A link that the catalog knows: it is not fetched again."""


@dataclass(frozen=True)
class _Failed:
    """A link that brought nothing."""

    item: Item
    error: PicTraceError


@dataclass(frozen=True)
class _Waiting:
    """No link has answered for a moment."""


@dataclass
class Indexing(Run[Progress]):
    """One run over items. Iterate over it, once: each step is a Progress, and what is done is kept.

    It ends early by ``stop``, or by closing its iterator; the batch under way is stored either way,
    and another run over the same items goes on from there. ``failures`` lists what could not be used;
    nothing is skipped silently. Where machines share a catalog, runs over the same items share the work.

    Attributes
    ----------
    catalog
        Where the pictures go.
    items
        What a listing of sources brought.
    metrics
        Whose features are made; by default, those that are ready.
    limits
        What decoding one picture may cost.
    policy
        What may be fetched.
    workers
        Threads that decode; at most twice as many pictures are under way at any moment.
    fetch_known
        Fetch links again that the catalog knows, which else count as known; Refresh asks for changes at less cost.
    covers
        Whole addresses of folders and files of which the items are all pictures: what the catalog knows there and is
        there no more is gone, see ``reconciled``. Files that hold other pictures now are told there in any case.
    prune
        Take pictures out of the catalog to which nothing leads any more, but files that are gone or overwritten.
    lease_s
        Where machines share the catalog: how long the others leave a part of the items to a run that died.
    """

    catalog: Catalog
    items: Sequence[Item]
    metrics: Sequence[Metric] = field(default_factory=lambda: loaded(ready_metrics()))
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    policy: DownloadPolicy = field(default_factory=DownloadPolicy.from_environment)
    workers: int = field(default_factory=default_workers)
    fetch_known: bool = field(default=False, kw_only=True)
    covers: Sequence[str] = field(default=(), kw_only=True)
    prune: bool = field(default=False, kw_only=True)
    lease_s: float = field(default=LASTING_S, kw_only=True)

    def __post_init__(self) -> None:
        self._ready(Progress(len(self.items)))
        self._share = shared(self.items, self.catalog.leases(self.lease_s), prolong_s=self.lease_s / 3)
        self._intake = Intake(self.catalog, self.metrics, self.limits, self._stop.is_set)
        self._seen: dict[str, int] = {}  # what lies in the files that were read
        self._not_stored: list[str] = []  # those of the batch
        self._before: set[FileSource] = set()  # what the catalog knew of them
        self.reconciled = Reconciled()

    def _work(self) -> Generator[Progress, None, None]:
        self._before.update(one for place in self.covers for one in self.catalog.files(below=place))
        yield from self._indexed()
        if not self._stop.is_set():
            self._store()
            self.reconciled = reconcile(self.catalog, self._seen, self._before, prune=self.prune)

    def _indexed(self) -> Generator[Progress, None, None]:
        with Workshop[_ToPrepare, Pages](self.workers, "index") as workshop:
            with closing(self._listed()) as listed:
                for entry in listed:
                    if self._stop.is_set():
                        break
                    match entry:
                        case _ToPrepare():
                            workshop.submit(entry, self._prepared, entry)
                        case _Known():
                            yield self._count(known=1)
                        case _Failed(item, error):
                            yield self._refuse(item.source, error)
                    yield from self._stored(workshop.finished())
                    if isinstance(entry, _Waiting):  # a sign of life, and what is done meanwhile is stored
                        yield self._count()
            yield from self._stored(workshop.finished(everything=True))

    @property
    def found_files(self) -> bool:
        """Whether any file was there; where none was, nothing is pruned."""
        return bool(self._seen)

    def _listed(self) -> Generator[_ToPrepare | _Known | _Failed | _Waiting, None, None]:
        """What is to be done for each item, by parts where others work on the same."""
        for part in self._share.parts():
            if self._stop.is_set():
                return
            if self._share.with_others:
                self._intake.look_again()
            yield from self._listed_of(part)
            if not part:
                yield _Waiting()

    def _listed_of(self, items: Sequence[Item]) -> Generator[_ToPrepare | _Known | _Failed | _Waiting, None, None]:
        """First those at hand, then the links, as they come."""
        links: dict[str, list[Item]] = {}
        for item in items:
            if item.url is None:
                yield _ToPrepare(item, item.source, self._reader(item))
            else:
                links.setdefault(item.url, []).append(item)
        if links and not self.fetch_known:
            for url, picture_id in self.catalog.known_sources("link", links).items():
                for item in links.pop(url):
                    if item.source.metadata:  # a table may say more of it than what it came from
                        self._intake.note(picture_id, item.source)
                    self._share.done(item)
                    yield _Known()
        if not links:
            return
        with closing(downloaded(tuple(links), self.policy)) as answers:
            for answer in answers:
                if answer is None:
                    yield _Waiting()
                    continue
                url, result = answer
                for item in links[url]:
                    match result:
                        case Download(data=data, validators=validators):
                            source = replace(item.source, link=LinkState.now("ok", validators))
                            yield _ToPrepare(item, source, partial(_itself, data))
                        case PicTraceError():
                            self._share.done(item)
                            yield _Failed(item, result)

    def _reader(self, item: Item) -> Callable[[], bytes]:
        """What brings the bytes of an item that is no link."""
        match item:
            case Item(path=Path() as path):
                return partial(read_file, path, self.limits)
            case Item(data=bytes() as data):
                return partial(_itself, data)
            case Item(load=load) if load is not None:
                return load
        raise AssertionError("An item that is no link has a path, its bytes or what loads them.")

    def _prepared(self, entry: _ToPrepare) -> Pages:
        """In a worker: a file's pictures with all that the catalog keeps of each, or its SHA-256 where it is there."""
        with as_own(SourceError, entry.source.label):  # what lies in archives and databases may be damaged, too
            data = entry.read()
        keep, apart = entry.item.keep_original, entry.item.url is not None
        first = self._intake.prepare(data, entry.source, keep_original=keep, apart=apart)
        further = prepared_pages(self._intake, data, first, entry.source, keep_original=keep, apart=apart)
        return [(entry.source, first), *further]

    def _stored(self, finished: Iterator[tuple[_ToPrepare, Future[Pages]]]) -> Iterator[Progress]:
        """What workers have prepared, into the next batch. Errors that speak of the picture are values."""
        for entry, future in finished:
            try:
                pages = future.result()
            except StoppedError:
                continue  # it is not done, and not failed
            except PicTraceError as error:
                self._share.done(entry.item)
                yield self._refuse(entry.item.source, error)
                continue
            for place, (source, prepared) in enumerate(pages):
                if place == len(pages) - 1:  # the batch that its last page falls into may be stored at once
                    self._share.done(entry.item)
                yield self._taken(source, prepared, is_file=entry.item.path is not None, further=int(place > 0))

    def _taken(self, source: Source, prepared: Prepared | PicTraceError, *, is_file: bool, further: int) -> Progress:
        """A page, or the only one; further is 1 for those behind the first, which nobody could count before."""
        try:
            if isinstance(prepared, PicTraceError):
                raise prepared
            new = self._intake.take(prepared, source)
        except PicTraceError as error:
            return self._refuse(source, error, further=further)
        if is_file:
            self._seen[source.address] = id_of(prepared)
            self._not_stored.append(source.address)
        if new and isinstance(prepared, NewPicture):
            self.notes += [Failure(source, note) for note in prepared.notes]
        counts = {"added": 1} if new else {"known": 1}
        return self._count(total=further, further=further, **counts)

    def _refuse(self, source: Source, error: PicTraceError, *, further: int = 0) -> Progress:
        self.failures.append(Failure(source, str(error)))
        return self._count(total=further, failed=1)

    def _count(self, **counts: int) -> Progress:
        super()._count(**counts)
        if self._intake.is_due:
            self._store()
        return self.progress

    def _finish(self) -> None:
        try:
            self._store()
        finally:
            self._share.close()

    def _store(self) -> None:
        """The batch, after a look at what the catalog knows of its files."""
        files, self._not_stored = self._not_stored, []
        waiting = self._intake.new_waiting
        try:
            self._before.update(self.catalog.files(addresses=files))
            self._intake.store()
            self._share.settle()
        except BaseException:  # nothing counts as added that is not there
            self._intake.drop()
            self.progress = self.progress.plus(added=-waiting, elapsed_s=self.progress.elapsed_s)
            raise


def _itself(data: bytes) -> bytes:
    return data
