"""What the API answers to a server that asks several: ids, features and raw values, as bytes (in JSON, base64)."""

from __future__ import annotations

from msgspec import Struct

from pictrace.client.answers import Count

__all__ = ["ColumnFound", "FeaturesFound", "Ids", "MetadataFound", "MetadataNames", "ScoresFound"]


class Ids(Struct, frozen=True, kw_only=True):
    """Pictures, by ascending id: 64-bit integers, the lowest byte first."""

    revision: int
    ids: bytes


class MetadataFound(Struct, frozen=True, kw_only=True):
    """A name in the pictures' metadata: how many have it, how many values it takes, and the commonest of these."""

    name: str
    images: Count
    distinct: Count
    values: dict[str, Count]


class MetadataNames(Struct, frozen=True, kw_only=True):
    """The commonest names."""

    names: list[MetadataFound]


class FeaturesFound(Struct, frozen=True, kw_only=True):
    """By key, each picture's features in the order of the ids: the bytes of an array; none where it has none."""

    features: dict[str, list[bytes]]


class ColumnFound(Struct, frozen=True, kw_only=True):
    """Raw values of one metric, for every value of its settings, in the order of the pictures.

    worst and best are the raw values of similarity 0 and 1, at the default settings; between them it is a straight
    line. raw holds 32-bit floating-point numbers, the lowest byte first, NaN where a pair cannot be compared; the
    pictures vary fastest, then the last setting. variant holds, of each, the orientation of the query by one byte.
    """

    metric: str
    features: str
    unit: str
    worst: float
    best: float
    settings: dict[str, list[float | str]]
    raw: bytes
    variant: bytes


class ScoresFound(Struct, frozen=True, kw_only=True):
    """A query against a catalog: the pictures that were compared exactly, and by metric what it gave.

    images: how many there are in all, of which ``unanswered`` were not looked at. lacking: features that were sent
    and are not known here. told: what a person should know of how it came about.
    """

    revision: int
    images: Count
    unanswered: Count = 0
    lacking: list[str] = []
    told: str = ""
    ids: bytes
    columns: list[ColumnFound]
