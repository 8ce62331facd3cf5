"""One run over the links of a catalog: does each still lead to its picture?"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace

from pictrace.catalog.base import Catalog
from pictrace.catalog.links import LinkState
from pictrace.catalog.records import Link, Source, digest
from pictrace.errors import CatalogError, DownloadError, PicTraceError, StoppedError
from pictrace.images.pages import without_page
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.further import prepared_pages
from pictrace.indexing.links import downloaded
from pictrace.indexing.prepare import Intake, Pages, id_of
from pictrace.indexing.reconcile import Reconciled, missing_files
from pictrace.indexing.run import Failure, RefreshProgress, Run, Workshop, default_workers
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.told import Told, joined, told
from pictrace.web.fetch import Download, Fetched, NotModified
from pictrace.web.policy import DownloadPolicy
from pictrace.web.validators import Validators

__all__ = ["LinkChange", "Refresh"]

_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class LinkChange:
    """A link that leads to another picture now.

    Attributes
    ----------
    before, after
        Ids of the former picture and of the new one.
    """

    source: Source
    before: int
    after: int


@dataclass
class Refresh(Run[RefreshProgress]):
    """One run over a catalog's links, or over those of some addresses. Iterate over it, once, as over Indexing.

    Without addresses, it looks first which of the catalog's files are still there, see ``files``.

    Servers are asked for what changed since the last time; where they cannot tell, the bytes are compared.
    Links that were never checked, or longest ago, come first, so that a run that was stopped or killed is
    completed by the next. Each link counts once:

    - unchanged: it leads to the same picture.
    - changed: it leads to other bytes. Their picture is added with its features, and the link is its source now;
      the former picture stays, its link marked as changed. See ``changes``.
    - gone: its server says so (404, 410). The link is marked; nothing is removed. See ``gone``.
    - failed: it could not be fetched, or leads to no picture (a login page, say). The link is marked; see
      ``failures``. An address that is no link of the catalog fails, too.

    Attributes
    ----------
    catalog
        Whose links are checked.
    addresses
        Which of them; all by default.
    metrics
        Whose features are made of new pictures; by default, those that are ready.
    limits
        What decoding one picture may cost.
    policy
        What may be fetched.
    workers
        Threads that decode.
    prune
        Remove at the end the pictures to which nothing leads but links that changed and files that are gone or
        overwritten, in this run or before; ``removed`` says how many.
    """

    catalog: Catalog
    addresses: Sequence[str] | None = None
    metrics: Sequence[Metric] = field(default_factory=lambda: loaded(ready_metrics()), kw_only=True)
    limits: DecodeLimits = field(default_factory=DecodeLimits, kw_only=True)
    policy: DownloadPolicy = field(default_factory=DownloadPolicy.from_environment, kw_only=True)
    workers: int = field(default_factory=default_workers, kw_only=True)
    prune: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self._known: dict[str, list[Link]] = {}
        self._pages: dict[str, list[Link]] = {}  # further pages and frames, which share the fate of their file
        for link in self.catalog.links(self.addresses):
            address = link.source.address
            among = self._known if address == without_page(address) else self._pages
            among.setdefault(without_page(address), []).append(link)
        self._strange = [one for one in dict.fromkeys(self.addresses or ()) if one not in self._known]
        self._ready(RefreshProgress(len(self._known) + len(self._strange)))
        self.changes: list[LinkChange] = []
        self.gone: list[Source] = []
        self.removed = 0
        self.files = Reconciled()
        self._intake = Intake(self.catalog, self.metrics, self.limits, self._stop.is_set)

    def _work(self) -> Generator[RefreshProgress, None, None]:
        if self.addresses is None:
            self.files = missing_files(self.catalog)
        for address in self._strange:
            self.failures.append(
                Failure(Source("link", address), told("The catalog holds no such link. Index it first."))
            )
            yield self._count(failed=1)
        if not self._known:
            return
        # They speak of the last answer that brought a picture: a login page of later is never "not modified".
        validators = {address: _validators(links[-1]) for address, links in self._known.items()}
        with Workshop[tuple[Link, Source], Pages](self.workers, "refresh") as workshop:
            with closing(downloaded(tuple(self._known), self.policy, validators)) as results:
                for entry in results:
                    if self._stop.is_set():
                        break
                    if entry is None:
                        yield self._count()
                    else:
                        yield from self._checked(*entry, workshop)
                    yield from self._finished(workshop)
            yield from self._finished(workshop, everything=True)

    def _finish(self) -> None:
        self._intake.store()
        if self.prune:
            self.removed = self.catalog.remove_replaced()

    @property
    def summary(self) -> Told:
        """What came of it, without a full stop: of links and of files, as far as the catalog has any."""
        now, gone = self.progress, len(self.files.gone)
        links = told(
            "{unchanged:,} unchanged, {changed:,} changed, {gone:,} gone, {failed:,} failed",
            unchanged=now.unchanged,
            changed=now.changed,
            gone=now.gone,
            failed=now.failed,
        )
        files = told("of the files, {there:,} are there, {gone:,} gone", there=self.files.there, gone=gone)
        if not gone and not self.files.there:
            return links if now.total else told("The catalog has no links and no files to check")
        return told(
            "{first}; {second}", first=links if now.total else told("The catalog has no links to check"), second=files
        )

    def _checked(
        self, address: str, result: Fetched | DownloadError, workshop: Workshop[tuple[Link, Source], Pages]
    ) -> Iterator[RefreshProgress]:
        """What the answer says of a link; other bytes than before go to the workers."""
        links = self._known[address]
        match result:
            case NotModified():
                yield self._same(links[-1], result.validators)
            case Download():
                sha256 = digest(result.data)
                same = next((link for link in links if link.sha256 == sha256), None)
                if same is not None:
                    yield self._same(same, result.validators)
                    return
                source = replace(links[-1].source, link=LinkState.now("ok", result.validators))
                workshop.submit((links[-1], source), self._prepared, result.data, source)
            case DownloadError(status=status) if status in _GONE:
                self._mark(address, "gone")
                self.gone.append(links[-1].source)
                yield self._count(gone=1)
            case DownloadError():
                yield self._refuse(links[-1].source, result)

    def _prepared(self, data: bytes, source: Source) -> Pages:
        """In a worker: the picture, and its further pages."""
        first = self._intake.prepare(data, source, keep_original=True, apart=True)
        further = prepared_pages(self._intake, data, first, source, keep_original=True, apart=True)
        return [(source, first), *further]

    def _finished(
        self, workshop: Workshop[tuple[Link, Source], Pages], *, everything: bool = False
    ) -> Iterator[RefreshProgress]:
        for (link, source), future in workshop.finished(everything=everything):
            try:
                yield self._take(link, source, future)
            except StoppedError:
                continue  # it is not checked, and not failed

    def _take(self, link: Link, source: Source, future: Future[Pages]) -> RefreshProgress:
        """Other bytes than before, as a worker found them: a picture, or what else lies at a link."""
        try:
            (_, prepared), *further = future.result()
            if isinstance(prepared, PicTraceError):
                raise prepared
            if not self.catalog.known_sources("link", [source.address]):
                raise CatalogError(
                    told("Its picture was removed from the catalog during this run. Index the link again.")
                )
            self._intake.take(prepared, source)
        except StoppedError:
            raise
        except PicTraceError as error:
            return self._refuse(source, error)
        self.changes.append(LinkChange(source, link.picture_id, id_of(prepared)))
        self._take_pages(source.address, further)
        return self._count(changed=1)

    def _take_pages(self, address: str, further: Pages) -> None:
        """Those of a file that changed; the former ones that it has no more have changed, too."""
        for source, prepared in further:
            try:
                if isinstance(prepared, PicTraceError):
                    raise prepared
                self._intake.take(prepared, source)
            except PicTraceError as error:
                self.failures.append(Failure(source, str(error)))
        new = {source.address for source, _ in further}
        for page in self._pages.get(address, ()):
            if page.source.address not in new:
                changed = LinkState.now("changed", _validators(page))
                self._intake.note(page.picture_id, replace(page.source, link=changed))

    def _same(self, link: Link, validators: Validators) -> RefreshProgress:
        self._intake.note(link.picture_id, replace(link.source, link=LinkState.now("ok", validators)))
        return self._count(unchanged=1)

    def _refuse(self, source: Source, error: PicTraceError) -> RefreshProgress:
        reason = str(error)
        if not isinstance(error, DownloadError):
            reason = joined(told("It leads to no picture that can be used."), reason)
        self._mark(source.address, "failed")
        self.failures.append(Failure(source, reason))
        return self._count(failed=1)

    def _mark(self, address: str, state: str) -> None:
        """The pictures stay as they are, and so do the validators, which speak of them."""
        for link in self._known[address]:
            marked = LinkState.now(state, _validators(link))
            self._intake.note(link.picture_id, replace(link.source, link=marked))

    def _count(self, **counts: int) -> RefreshProgress:
        if self._intake.is_due:
            self._intake.store()
        return super()._count(**counts)


def _validators(link: Link) -> Validators:
    return link.source.link.validators if link.source.link else Validators()
