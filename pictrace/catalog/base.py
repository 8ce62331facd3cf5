"""What every store of pictures and features offers; nothing above it may know which store it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.links import LinkState
from pictrace.metrics.base import FeatureBatch, Features, Layout, Metric

__all__ = [
    "AddResult",
    "Catalog",
    "Changes",
    "Facts",
    "FeatureSpec",
    "Link",
    "NewPicture",
    "PictureRecord",
    "Source",
    "image_id",
    "kept_features",
]


def image_id(sha256: bytes) -> int:
    """The identity of a picture: the first 8 bytes of its SHA-256, shifted right by one.

    A positive 63-bit integer, equal in every store, so that ties are broken alike everywhere.
    """
    return int.from_bytes(sha256[:8], "big") >> 1


@dataclass(frozen=True)
class Source:
    """Where a picture came from. kind: "file", "link", "upload", "paste", "camera", "archive", "database" or
    "sample". link: how a link was last found; it makes no other source of it."""

    kind: str
    address: str
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    link: LinkState | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """What a person would call it: its title, or the last part of its address."""
        return self.title or self.address.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or self.address


@dataclass(frozen=True)
class Link:
    """A link of a catalog and the picture that it led to when it was last checked."""

    picture_id: int
    sha256: bytes
    source: Source


@dataclass(frozen=True)
class FeatureSpec:
    """The name of a kind of features, how they look, and whether they are a few bytes only."""

    key: str
    layout: Layout
    small: bool

    @classmethod
    def of(cls, metric: Metric) -> FeatureSpec:
        return cls(metric.feature_key, metric.layout, metric.small)

    @classmethod
    def of_sketch(cls, metric: Metric) -> FeatureSpec | None:
        """What the first stage of a search reads; None where a metric has nothing small."""
        if metric.sketch_layout is not None:
            return cls(metric.sketch_key, metric.sketch_layout, small=True)
        return cls.of(metric) if metric.small else None


def kept_features(metric: Metric, features: Features) -> dict[FeatureSpec, Features]:
    """All that a catalog keeps of a picture's features: themselves, and their sketch where there is one."""
    kept = {FeatureSpec.of(metric): features}
    sketch = FeatureSpec.of_sketch(metric)
    if sketch is not None and metric.sketch_layout is not None:
        kept[sketch] = metric.sketch(features)
    return kept


@dataclass(frozen=True)
class NewPicture:
    """A picture on its way into a catalog.

    original: the bytes themselves, kept where nobody else keeps them (uploads, links); None for a
    file that stays where it is.
    """

    sha256: bytes
    format: str
    width: int
    height: int
    byte_count: int
    thumbnail: bytes
    sources: Sequence[Source]
    original: bytes | None = None
    features: Mapping[FeatureSpec, Features] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return image_id(self.sha256)

    @staticmethod
    def digest(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()


@dataclass(frozen=True)
class PictureRecord:
    """What the catalog knows of a picture, without its features. added_at: ISO 8601, UTC."""

    id: int
    sha256: bytes
    format: str
    width: int
    height: int
    byte_count: int
    added_at: str
    sources: tuple[Source, ...]

    @property
    def label(self) -> str:
        return self.sources[0].label if self.sources else f"picture {self.id}"


@dataclass(frozen=True)
class AddResult:
    """How many pictures were new, and how many were there before."""

    added: int = 0
    known: int = 0


@dataclass(frozen=True)
class Changes:
    """What is new and what is gone since a revision, up to ``revision``."""

    revision: int
    added: tuple[int, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """Pictures by format, pictures by megapixels (the whole part), bytes of all originals, pictures with
    several sources."""

    formats: Mapping[str, int]
    megapixels: Mapping[int, int]
    byte_count: int
    repeated: int


class Catalog(Protocol):
    """A store. Safe for any number of threads and processes at once; writes are atomic per call.

    All methods raise CatalogError where the store cannot do what is asked.
    """

    @property
    def location(self) -> str:
        """The address that opens it again."""

    @property
    def identity(self) -> str:
        """A name of this very catalog, that no other has: caches beside it are marked with it."""

    def revision(self) -> int:
        """A counter that rises with every write that changed something, and with no other."""

    def changes(self, since: int) -> Changes:
        """What was added and removed after that revision."""

    def count(self) -> int:
        """How many pictures it holds."""

    def ids(self) -> NDArray[np.int64]:
        """All picture ids, ascending, (n,)."""

    def pictures(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        """Records by id; ids that are not there are left out."""

    def page(self, *, text: str = "", offset: int = 0, limit: int = 24) -> tuple[tuple[int, ...], int]:
        """(ids of one page, newest first; how many there are in all) of the pictures whose title, address or
        metadata contain the text, whatever its case."""

    def facts(self) -> Facts:
        """Numbers about all pictures, without reading any."""

    def copy_to(self, path: Path) -> None:
        """A whole and consistent copy in a new file, while others read and write."""

    def known_sources(self, kind: str, addresses: Iterable[str]) -> dict[str, int]:
        """Which of these addresses are here, and as which picture; not those that lead elsewhere by now."""

    def links(self, addresses: Iterable[str] | None = None) -> tuple[Link, ...]:
        """All links, or those of these addresses: that were never checked first, then by the age of the check.

        A link that changed is here with its new picture alone. One that was never checked may come with several
        pictures, of which it led to the last.
        """

    def links_found(self, *states: str, limit: int = 500) -> tuple[Link, ...]:
        """Links that were in one of these states when they were last checked, the latest check first.

        A link that changed comes with the picture that it led to before.
        """

    def link_counts(self) -> dict[str, int]:
        """How many link sources there are in each of LINK_STATES; of a changed link, its former ones count too."""

    def thumbnail(self, picture_id: int) -> bytes | None:
        """JPEG bytes of the kept thumbnail."""

    def original(self, picture_id: int) -> bytes | None:
        """The kept bytes of an upload or a link; None where the original stays elsewhere."""

    def add(self, pictures: Sequence[NewPicture]) -> AddResult:
        """Add a batch in one transaction; a picture already here gains sources and features only."""

    def add_sources(self, sources: Mapping[int, Sequence[Source]]) -> int:
        """Name further addresses of pictures that are here; how many were new.

        How a link was found (Source.link) is noted for those that are here too. One address leads to one picture:
        where a link is "ok" for this one, it is "changed" for all others.
        """

    def put_features(self, spec: FeatureSpec, features: Mapping[int, Features]) -> None:
        """Store features by picture id in one transaction."""

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        """Ids of the pictures without these features, ascending."""

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        """Ids of the pictures with these features, ascending; reads no features."""

    def feature_counts(self) -> dict[str, int]:
        """How many pictures have features, by feature key."""

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        """Features of these pictures in this order; no rows where they are missing."""

    def remove(self, ids: Iterable[int]) -> int:
        """Remove pictures with all that belongs to them; how many there were."""

    def remove_replaced(self) -> int:
        """Remove the pictures to which nothing leads but links that changed; how many there were."""

    def close(self) -> None:
        """Release every connection."""
