"""One run over items, from their bytes to the catalog: list them, pass over what is there, prepare, store."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.links import LinkState
from pictrace.catalog.records import Source
from pictrace.errors import PicTraceError, SourceError, StoppedError
from pictrace.faults import as_own
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.links import downloaded
from pictrace.indexing.prepare import Intake, Prepared, read_file
from pictrace.indexing.run import Failure, Progress, Run, Workshop, default_workers
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
    nothing is skipped silently.

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
    """

    catalog: Catalog
    items: Sequence[Item]
    metrics: Sequence[Metric] = field(default_factory=lambda: loaded(ready_metrics()))
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    policy: DownloadPolicy = field(default_factory=DownloadPolicy.from_environment)
    workers: int = field(default_factory=default_workers)
    fetch_known: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self._ready(Progress(len(self.items)))
        self._intake = Intake(self.catalog, self.metrics, self.limits, self._stop.is_set)

    def _work(self) -> Generator[Progress, None, None]:
        with Workshop[_ToPrepare, Prepared](self.workers, "index") as workshop:
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
                            yield self._refuse(item, error)
                    yield from self._stored(workshop.finished())
                    if isinstance(entry, _Waiting):  # a sign of life, and what is done meanwhile is stored
                        yield self._count()
            yield from self._stored(workshop.finished(everything=True))

    def _listed(self) -> Generator[_ToPrepare | _Known | _Failed | _Waiting, None, None]:
        """What is to be done for each item: first those at hand, then the links, as they come."""
        links: dict[str, list[Item]] = {}
        for item in self.items:
            if item.url is None:
                yield _ToPrepare(item, item.source, self._reader(item))
            else:
                links.setdefault(item.url, []).append(item)
        if links and not self.fetch_known:
            for url in self.catalog.known_sources("link", links):
                for _ in links.pop(url):
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

    def _prepared(self, entry: _ToPrepare) -> Prepared:
        """In a worker: the picture with all that the catalog keeps of it, or its SHA-256 where it is there."""
        with as_own(SourceError, entry.source.label):  # what lies in archives and databases may be damaged, too
            data = entry.read()
        item = entry.item
        return self._intake.prepare(data, entry.source, keep_original=item.keep_original, apart=item.url is not None)

    def _stored(self, finished: Iterator[tuple[_ToPrepare, Future[Prepared]]]) -> Iterator[Progress]:
        """What workers have prepared, into the next batch. Errors that speak of the picture are values."""
        for entry, future in finished:
            try:
                new = self._intake.take(future.result(), entry.source)
            except StoppedError:
                continue  # it is not done, and not failed
            except PicTraceError as error:
                yield self._refuse(entry.item, error)
            else:
                yield self._count(added=1) if new else self._count(known=1)

    def _refuse(self, item: Item, error: PicTraceError) -> Progress:
        self.failures.append(Failure(item.source, str(error)))
        return self._count(failed=1)

    def _count(self, **counts: int) -> Progress:
        self._intake.store_if_due()
        return super()._count(**counts)

    def _finish(self) -> None:
        self._intake.store()


def _itself(data: bytes) -> bytes:
    return data
