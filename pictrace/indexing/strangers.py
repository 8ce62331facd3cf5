"""Pictures out of a catalog that a stranger may have made: every value is checked before it becomes ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pictrace.catalog.other import Entry, Head
from pictrace.catalog.records import NewPicture, Origin, Source, digest, image_id
from pictrace.errors import ImageError, SourceError
from pictrace.features import Features, FeatureSpec
from pictrace.images.formats import FORMATS
from pictrace.images.loading import load_picture, look_at_header
from pictrace.images.reading import DecodeLimits
from pictrace.metrics.base import Metric
from pictrace.sources.base import ENTRY_CHARACTERS, clean_metadata, is_link
from pictrace.told import told

__all__ = ["checked_features", "checked_picture", "checked_sha256", "checked_sources"]

KINDS = frozenset(Origin)
THUMBNAIL_LIMITS = DecodeLimits(max_bytes=1024**2, max_pixels=1024**2)
TITLE_CHARACTERS = 1000
NAME_CHARACTERS = 200
MAX_SIDE_PX, MAX_FILE_BYTES = 1_000_000, 1 << 40


def checked_sha256(head: Head) -> bytes:
    """The picture's identity; SourceError where it contradicts itself."""
    if not isinstance(head.sha256, bytes) or len(head.sha256) != 32 or image_id(head.sha256) != head.id:
        raise SourceError(told("Its SHA-256 and its id do not belong together. Index the picture again."))
    return head.sha256


def checked_sources(entry: Entry, *, name: str, trust_files: bool) -> tuple[Source, ...]:
    """Where it came from. Files that are not trusted, and links that are none, become names within the catalog."""
    sources = []
    for kind, address, title, metadata in entry.sources:
        if not isinstance(address, str) or not 0 < len(address) <= ENTRY_CHARACTERS or "\0" in address:
            raise SourceError(
                told("One of its addresses is no text of up to {most} characters.", most=ENTRY_CHARACTERS)
            )
        title = title[:TITLE_CHARACTERS] if isinstance(title, str) else ""
        said = _metadata(metadata)
        believed = kind in KINDS and (kind != Origin.FILE or trust_files) and (kind != Origin.LINK or is_link(address))
        if believed and isinstance(kind, str):
            sources.append(Source(kind, address, title, said))
        else:
            label = Source("", address, title).label
            within = f"{name[:NAME_CHARACTERS]}!/{address}"[:ENTRY_CHARACTERS]
            sources.append(Source(Origin.ARCHIVE, within, label[:TITLE_CHARACTERS], said))
    return tuple(sources)


def _metadata(text: object) -> dict[str, str]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SourceError(told("Its metadata are no JSON object. Index the picture again."))
    return clean_metadata((key, value) for key, value in found.items() if isinstance(value, str))


def checked_features(
    blobs: Mapping[FeatureSpec, bytes | None], metrics: Sequence[Metric]
) -> tuple[dict[FeatureSpec, Features], list[str]]:
    """(the features, with sketches made anew; the keys of those that their metric never makes)."""
    kept: dict[FeatureSpec, Features] = {}
    bad: list[str] = []
    for metric in metrics:
        spec = metric.spec
        if spec not in blobs:
            continue
        data = blobs[spec]
        try:
            features = None if data is None else spec.layout.unpack(data)
        except ValueError:
            features = None
        if features is not None and metric.plausible(features):
            kept |= metric.kept(features)
        else:
            bad.append(spec.key)
    return kept, bad


def checked_picture(
    entry: Entry,
    sha256: bytes,
    sources: tuple[Source, ...],
    features: Mapping[FeatureSpec, Features],
    limits: DecodeLimits,
) -> NewPicture:
    """The picture; SourceError or ImageError says what of it is wrong."""
    try:
        info, _ = load_picture(entry.thumbnail or b"", replace(THUMBNAIL_LIMITS, apart=limits.apart))
        if info.format != "JPEG":
            raise ImageError(told("it is no JPEG file"))
    except ImageError as error:
        raise SourceError(told("Its thumbnail is damaged: {error}.", error=error)) from error
    facts = entry.head.facts
    if entry.original is not None:
        if digest(entry.original) != sha256:
            raise SourceError(told("Its original is not the file that it was made from. Index the picture again."))
        info = look_at_header(entry.original, limits)
        facts = (info.format, info.width, info.height, len(entry.original))
    image_format, width, height, byte_count = facts
    if str(image_format) not in FORMATS:
        raise SourceError(told("Its format is {format}, which PicTrace does not read.", format=repr(str(image_format))))
    return NewPicture(
        sha256,
        str(image_format),
        _whole(told("width"), width, MAX_SIDE_PX),
        _whole(told("height"), height, MAX_SIDE_PX),
        _whole(told("size"), byte_count, MAX_FILE_BYTES),
        entry.thumbnail or b"",
        sources,
        entry.original,
        features,
    )


def _whole(what: str, value: object, most: int) -> int:
    if not isinstance(value, int) or not 0 < value <= most:
        raise SourceError(
            told("Its {what} is {value}, not a number from 1 to {most}.", what=what, value=str(value)[:40], most=most)
        )
    return value
