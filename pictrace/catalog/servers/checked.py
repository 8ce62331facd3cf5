"""What other servers answer, checked: nothing of it is believed that could not be so."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import MAX_NAMES, MAX_VALUES
from pictrace.catalog.records import MetadataName, Origin, PictureRecord, Source, image_id
from pictrace.client.answers import Image, ImagePage, ImageSource
from pictrace.client.raw import FeaturesFound, Ids, MetadataNames
from pictrace.errors import ApiError
from pictrace.features import Features, FeatureSpec
from pictrace.told import told

__all__ = ["UNKNOWN_TIME", "features_in", "ids_in", "names_in", "nonsense", "numbers", "page_in", "read", "records_in"]

LARGEST_SIDE_PX = 1_000_000
SOURCES, METADATA, NAME_CHARACTERS, TEXT_CHARACTERS = 50, 100, 100, 1000
MAX_FEATURE_BYTES = 4 * 1024**2
UNKNOWN_TIME = "1970-01-01T00:00:00+00:00"
_FORMAT = re.compile(r"[A-Za-z0-9+. -]{0,20}")

_Answer = TypeVar("_Answer", bound=msgspec.Struct)


def nonsense() -> ApiError:
    """Why an answer is not taken."""
    return ApiError(told("its answer is not what it should be"))


def read(data: bytes, kind: type[_Answer]) -> _Answer:
    """JSON of this type; ApiError where it is not."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise nonsense() from error


def ids_in(data: bytes) -> NDArray[np.int64]:
    """(n,) ids of an answer to list_ids, ascending, each once."""
    return numbers(read(data, Ids).ids)


def numbers(data: bytes) -> NDArray[np.int64]:
    """(n,) ids, of 8 bytes each, ascending, each once and none negative."""
    if len(data) % 8:
        raise nonsense()
    ids = np.frombuffer(data, "<i8").astype(np.int64)
    if len(ids) and (ids[0] < 0 or not bool((ids[1:] > ids[:-1]).all())):
        raise nonsense()
    return ids


def page_in(data: bytes, server: str) -> tuple[list[PictureRecord], int]:
    """The pictures of an answer to list_images, and how many there are in all."""
    page = read(data, ImagePage)
    return [_record(one, server) for one in page.images], min(page.total, 2**62)


def records_in(data: bytes, asked: Collection[int], server: str) -> dict[int, PictureRecord]:
    """Those of an answer that were asked for."""
    return {one.id: one for one in page_in(data, server)[0] if one.id in asked}


def _record(image: Image, server: str) -> PictureRecord:
    """An id is a part of the digest, so that no server can give one picture's id to another."""
    try:
        sha256 = bytes.fromhex(image.sha256)
    except ValueError as error:
        raise nonsense() from error
    sides = (image.width, image.height)
    if len(sha256) != 32 or image_id(sha256) != image.id or not all(1 <= one <= LARGEST_SIDE_PX for one in sides):
        raise nonsense()
    return PictureRecord(
        image.id,
        sha256,
        image.format if _FORMAT.fullmatch(image.format) else "",
        *sides,
        min(image.bytes, 2**62),
        _time(image.added_at),
        tuple(_source(one, server) for one in image.sources[:SOURCES]),
    )


def _time(text: str) -> str:
    try:
        return datetime.fromisoformat(text[:40]).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return UNKNOWN_TIME


def _source(one: ImageSource, server: str) -> Source:
    """A link stays one; whatever else it is, it lies on that server: no file of this machine is meant."""
    address, title = one.address[:TEXT_CHARACTERS], one.title[:TEXT_CHARACTERS]
    some = list(one.metadata.items())[:METADATA]
    metadata = {name[:NAME_CHARACTERS]: value[:TEXT_CHARACTERS] for name, value in some}
    if one.kind == Origin.LINK and address.lower().startswith(("http://", "https://")):
        return Source(Origin.LINK, address, title, metadata)
    return Source(Origin.SERVER, f"{server}/{address.lstrip('/')}", title, metadata)


def features_in(data: bytes, count: int, specs: Mapping[str, FeatureSpec]) -> dict[str, list[Features]]:
    """By key, those of each picture in the order in which they were asked for; ApiError where no metric gives such."""
    found = {}
    for key, packed in read(data, FeaturesFound).features.items():
        spec = specs.get(key)
        if spec is None or len(packed) != count:
            raise nonsense()
        found[key] = [_features(one, spec) for one in packed]
    return found


def _features(data: bytes, spec: FeatureSpec) -> Features:
    try:
        features = spec.layout.unpack(data)
    except ValueError as error:
        raise nonsense() from error
    if len(data) > MAX_FEATURE_BYTES or (len(features) and not spec.believes(features)):
        raise nonsense()
    return features


def names_in(data: bytes) -> list[MetadataName]:
    """Of an answer to list_metadata_names."""
    return [
        MetadataName(
            one.name[:NAME_CHARACTERS],
            min(one.images, 2**62),
            min(one.distinct, 2**62),
            {value[:TEXT_CHARACTERS]: min(count, 2**62) for value, count in list(one.values.items())[:MAX_VALUES]},
        )
        for one in read(data, MetadataNames).names[:MAX_NAMES]
    ]
