"""One run over another catalog, from its rows to ours."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.other import Entry, Head, OtherCatalog
from pictrace.catalog.records import NewPicture, Origin, Source
from pictrace.errors import PicTraceError, SourceError, UsageError
from pictrace.faults import as_own
from pictrace.features import Features, FeatureSpec
from pictrace.images.reading import DecodeLimits
from pictrace.images.smaller import smaller_thumbnail
from pictrace.indexing.run import Failure, Progress, Run, default_workers
from pictrace.indexing.strangers import checked_features, checked_picture, checked_sha256, checked_sources
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.told import told

__all__ = ["Merge"]


@dataclass(frozen=True)
class _Known:
    """What a picture that is here already gains."""

    id: int
    sources: tuple[Source, ...]
    features: dict[FeatureSpec, Features]


@dataclass
class Merge(Run[Progress]):
    """Takes over all pictures of another PicTrace catalog. Iterate over it, once: each step is a Progress.

    Features of the metrics that are asked for are taken over where the other catalog has them; what is
    missing then is for Rebuild. Nothing in the other file is believed: it is only read, on a budget, and
    refused as a whole where its tables are not exactly ours; a picture whose values contradict each
    other is one of ``failures``, as are features that no metric makes.

    To open a stranger's catalog as one's own, merge it into a new one. It ends early by ``stop``, or by
    closing its iterator; each batch is a transaction, and another run goes on from there.

    Attributes
    ----------
    catalog
        Where the pictures go.
    source
        The other catalog's file.
    trust_files
        Whether its addresses of files are believed, so that originals are read there later; else they become names
        within the catalog. It must be False for what a visitor of a shared app uploads.
    name
        What the other catalog is called in these names; its file's name by default.
    metrics
        Whose features are taken over.
    limits
        What decoding one picture may cost.
    workers
        Threads that check pictures.

    Raises
    ------
    UsageError
        Where the source is the catalog itself.
    SourceError
        Where it is no catalog, damaged, or of a newer PicTrace.
    """

    catalog: Catalog
    source: Path
    trust_files: bool = field(kw_only=True)
    name: str = field(default="", kw_only=True)
    metrics: Sequence[Metric] = field(default_factory=all_metrics, kw_only=True)
    limits: DecodeLimits = field(default_factory=DecodeLimits, kw_only=True)
    workers: int = field(default_factory=default_workers, kw_only=True)

    def __post_init__(self) -> None:
        self.name = self.name or self.source.name
        if self.catalog.occupies(self.source):
            raise UsageError(
                told("{address} is the catalog itself. Name another one to merge into it.", address=self.source)
            )
        self._other = OtherCatalog(self.source)
        self._ready(Progress(self._other.count()))

    def _work(self) -> Generator[Progress, None, None]:
        self._other.check()
        lacking = {
            spec: {int(one) for one in self.catalog.missing(spec)} for spec in (one.spec for one in self.metrics)
        }
        after = -(1 << 63)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="merge") as pool:
            while not self._stop.is_set() and (heads := self._other.heads(after)):
                after = heads[-1].id
                self._take(heads, lacking, pool)
                yield self.progress

    def _take(self, heads: Sequence[Head], lacking: dict[FeatureSpec, set[int]], pool: ThreadPoolExecutor) -> None:
        here = {one: record.sha256 for one, record in self.catalog.pictures(head.id for head in heads).items()}
        new = frozenset(head.id for head in heads if head.id not in here)
        wanted = {
            spec: [head.id for head in heads if head.id in new or head.id in ids] for spec, ids in lacking.items()
        }
        entries = self._other.entries(heads, new, wanted)
        made = list(pool.map(lambda entry: self._checked(entry, here.get(entry.head.id)), entries))
        size_px = self.catalog.keeping.thumbnail_px
        pictures = [
            replace(one, thumbnail=smaller_thumbnail(one.thumbnail, size_px)) if size_px else one
            for one in made
            if isinstance(one, NewPicture)
        ]
        known = [one for one in made if isinstance(one, _Known)]
        result = self.catalog.add(pictures)
        self.catalog.add_sources({one.id: one.sources for one in known})
        for spec in {spec for one in known for spec in one.features}:
            self.catalog.put_features(spec, {one.id: one.features[spec] for one in known if spec in one.features})
        failed = len(made) - len(pictures) - len(known)
        self._count(added=result.added, known=result.known + len(known), failed=failed)

    def _checked(self, entry: Entry, sha256: bytes | None) -> NewPicture | _Known | None:
        """In a worker: what is to be stored of an entry; None where it is refused."""
        place = Source(Origin.ARCHIVE, f"{self.name}!/picture {entry.head.id}")
        try:
            with as_own(SourceError, place.address):
                own = checked_sha256(entry.head)
                if sha256 is not None and own != sha256:
                    raise SourceError(
                        told("Another picture has the same id, {id}. Leave one of them out.", id=entry.head.id)
                    )
                sources = checked_sources(entry, name=self.name, trust_files=self.trust_files)
                place = sources[0] if sources else place
                features, bad = checked_features(entry.features, self.metrics)
                taken: NewPicture | _Known
                if sha256 is not None:
                    taken = _Known(entry.head.id, sources, features)
                else:
                    taken = checked_picture(entry, own, sources, features, self.limits)
        except PicTraceError as error:
            self.failures.append(Failure(place, str(error)))
            return None
        for key in bad:
            reason = told(
                "Its features {key} are damaged and were left out. Build them again from the original.", key=key
            )
            self.failures.append(Failure(place, reason))
        return taken
