"""Rules for which picture of a group to keep: each puts the pictures in an order, the first rule that tells two apart
decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pictrace.catalog.records import PictureRecord
from pictrace.duplicates.groups import Group, Image

__all__ = ["DEFAULT_RULES", "RULES", "Rule", "chosen", "folder_of", "folder_rule"]

LOSSLESS = ("TIFF", "PNG", "BMP", "WEBP", "HEIC", "AVIF", "JPEG", "GIF")
"""Formats by how much they tend to keep, the most first."""


@dataclass(frozen=True)
class Rule:
    """name: by which programs know it. title: what people read. key: of what is kept, the smallest."""

    name: str
    title: str
    key: Callable[[Group, Image], object]


def _format(_: Group, image: Image) -> int:
    return LOSSLESS.index(image.record.format) if image.record.format in LOSSLESS else len(LOSSLESS)


RULES: Mapping[str, Rule] = {
    one.name: one
    for one in (
        Rule("original", "What the others were made from", lambda group, image: image.id != group.keep),
        Rule("pixels", "Most pixels", lambda _, image: -image.record.width * image.record.height),
        Rule("bytes", "Largest file", lambda _, image: -image.record.byte_count),
        Rule("format", "Format that keeps most", _format),
        Rule("added", "Added first", lambda _, image: image.record.added_at),
        Rule("name", "Shortest name", lambda _, image: (len(image.record.label), image.record.label)),
    )
}

DEFAULT_RULES = ("original", "pixels", "bytes")


def folder_of(record: PictureRecord) -> str:
    """The folder of a picture's first address, "" where it has none."""
    address = record.sources[0].address.replace("\\", "/") if record.sources else ""
    return address.rsplit("/", 1)[0] if "/" in address else ""


def folder_rule(folder: str) -> Rule:
    """What lies in a folder, or below it, before what does not."""
    wanted = folder.replace("\\", "/").rstrip("/")

    def key(_: Group, image: Image) -> bool:
        here = folder_of(image.record)
        return not (here == wanted or here.startswith(f"{wanted}/"))

    return Rule("folder", f"In {folder}", key)


def chosen(group: Group, rules: Sequence[Rule]) -> int:
    """The id of the picture to keep; where no rule tells two apart, the one that the group is about, or the first."""
    return min(group.images, key=lambda image: tuple(rule.key(group, image) for rule in rules)).id
