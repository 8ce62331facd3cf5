"""What goes into a store and what comes out of it: pictures, where they came from, kinds of features, counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.catalog.links import LinkState
from pictrace.metrics.arrays import Features, Layout
from pictrace.metrics.base import Metric

__all__ = [
    "AddResult",
    "Changes",
    "Facts",
    "FeatureSpec",
    "Link",
    "MetadataName",
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

    @property
    def metadata(self) -> dict[str, tuple[str, ...]]:
        """What all its addresses say, by name: each value once, in their order."""
        values: dict[str, dict[str, None]] = {}
        for source in self.sources:
            for name, value in source.metadata.items():
                values.setdefault(name, {})[value] = None
        return {name: tuple(some) for name, some in values.items()}


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


@dataclass(frozen=True)
class MetadataName:
    """A name in the pictures' metadata: how many pictures have it, how many values it takes, and the commonest
    of these, at most MAX_VALUES, with how many pictures have each."""

    name: str
    pictures: int
    distinct: int
    values: Mapping[str, int]
