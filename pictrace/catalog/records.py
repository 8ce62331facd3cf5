"""What goes into a store and what comes out of it: pictures, where they came from, kinds of features, counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pictrace.catalog.links import LinkState
from pictrace.features import Features, FeatureSpec

__all__ = [
    "AddResult",
    "Changes",
    "Decision",
    "Facts",
    "FileSource",
    "Link",
    "MetadataName",
    "NewPicture",
    "Origin",
    "PictureRecord",
    "Source",
    "digest",
    "image_id",
]


def digest(data: bytes) -> bytes:
    """SHA-256 of a picture's bytes, which is what it is known by: 32 bytes."""
    return hashlib.sha256(data).digest()


def image_id(sha256: bytes) -> int:
    """The identity of a picture: the first 8 bytes of its SHA-256, shifted right by one.

    Returns
    -------
    int
        In [0, 2**63), equal in every store, so that ties are broken alike everywhere.
    """
    return int.from_bytes(sha256[:8], "big") >> 1


class Origin(StrEnum):
    """The kinds of sources that a catalog knows; each stands in it by its value."""

    FILE = "file"
    LINK = "link"
    UPLOAD = "upload"
    PASTE = "paste"
    CAMERA = "camera"
    ARCHIVE = "archive"
    DATABASE = "database"
    SAMPLE = "sample"
    SERVER = "server"

    @property
    def is_at_hand(self) -> bool:
        """Whether its bytes are read from a file of this machine that holds others, too."""
        return self in {Origin.ARCHIVE, Origin.DATABASE}


@dataclass(frozen=True)
class Source:
    """Where a picture came from.

    Attributes
    ----------
    kind : str
        The value of an Origin.
    address, title : str
        Where it lies, and what it is called there, if anything.
    metadata
        What a table said of it, by name.
    link : LinkState or None
        How a link was last found; it makes no other source of it.
    """

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


class FileSource(NamedTuple):
    """A file that a picture of a catalog came from.

    Attributes
    ----------
    state
        How it was last found: "" as it should be, "gone", or "changed" where it was overwritten, and the picture
        bears another address for it.
    """

    picture_id: int
    address: str
    state: str = ""


@dataclass(frozen=True)
class NewPicture:
    """A picture on its way into a catalog.

    Attributes
    ----------
    original
        The bytes themselves, kept where nobody else keeps them (uploads, links); None for a file that stays where it
        is.
    notes
        What is to be told of how it was read; not stored.
    added_at
        ISO 8601, UTC; "" for now.
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
    notes: tuple[str, ...] = ()
    added_at: str = ""

    @property
    def id(self) -> int:
        return image_id(self.sha256)


@dataclass(frozen=True)
class PictureRecord:
    """What the catalog knows of a picture, without its features.

    Attributes
    ----------
    width, height : int
        Pixels, as seen upright.
    byte_count : int
        Of the original file.
    added_at : str
        ISO 8601, UTC.
    sources : tuple of Source
        One or more, the first that was known first.
    """

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
    def added_on(self) -> str:
        """The day on which it was added: YYYY-MM-DD, UTC."""
        return self.added_at[:10]

    @property
    def metadata(self) -> dict[str, tuple[str, ...]]:
        """What all its addresses say, by name: each value once, in their order."""
        values: dict[str, dict[str, None]] = {}
        for source in self.sources:
            for name, value in source.metadata.items():
                values.setdefault(name, {})[value] = None
        return {name: tuple(some) for name, some in values.items()}


@dataclass(frozen=True)
class Decision:
    """What somebody said of two pictures, by their content.

    Attributes
    ----------
    first_id, second_id
        The picture that was asked about, and the other; equal where something was said of one picture alone.
    decision
        A word or two, of whoever asks for decisions, such as "same" or "not the same".
    at
        ISO 8601, UTC.
    note
        What else is to be remembered of it.
    """

    first_id: int
    second_id: int
    decision: str
    at: str = ""
    note: str = ""

    @property
    def pair(self) -> tuple[int, int]:
        """The same whichever picture is the first."""
        return min(self.first_id, self.second_id), max(self.first_id, self.second_id)


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
    """Numbers about all pictures of a catalog.

    Attributes
    ----------
    formats, megapixels
        How many pictures there are by format, and by the whole part of their megapixels.
    byte_count
        Of all originals.
    repeated
        How many pictures have several sources.
    """

    formats: Mapping[str, int]
    megapixels: Mapping[int, int]
    byte_count: int
    repeated: int


@dataclass(frozen=True)
class MetadataName:
    """A name in the pictures' metadata.

    Attributes
    ----------
    pictures
        How many have it.
    distinct
        How many values it takes.
    values
        The commonest of these, at most MAX_VALUES, and how many pictures have each.
    """

    name: str
    pictures: int
    distinct: int
    values: Mapping[str, int]
