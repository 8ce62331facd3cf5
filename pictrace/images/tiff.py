"""The directories of TIFF files (TIFF 6.0, BigTIFF), read and written without a picture being decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pictrace.errors import ImageError
from pictrace.told import told

__all__ = ["Directory", "Entry", "Field", "Tiff", "written"]

MAX_DIRECTORIES = 10_000
MAX_FIELDS = 200_000  # of all directories of a file, as the same ones may be named again and again
_MAX_ENTRIES = 4096
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


class Entry(NamedTuple):
    """A field of a directory: its type, and where its values' bytes lie. They are copied when they are asked for."""

    kind: int
    start: int
    length: int


class Field(NamedTuple):
    """A field to write: its type, and its values' bytes in the order of the file."""

    kind: int
    value: bytes


class Directory(NamedTuple):
    """The fields of one picture by their tags, and where the next directory lies; 0 for nowhere."""

    entries: dict[int, Entry]
    following: int


class Tiff:
    """A file whose directories are read when they are asked for; whatever is damaged raises ImageError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._fields_left = MAX_FIELDS
        self.order = "<" if data[:2] == b"II" else ">"
        self.is_big = self._number("H", 2) == 43

    def chain(self) -> Iterator[Directory]:
        """The directories in their order, each once; it ends where one is damaged that is not the first."""
        at, seen = self._number("Q", 8) if self.is_big else self._number("I", 4), set[int]()
        while at and at not in seen and len(seen) < MAX_DIRECTORIES:
            try:
                one = self.directory(at)
            except ImageError:
                if not seen:
                    raise
                return
            seen.add(at)
            yield one
            at = one.following

    def directory(self, at: int) -> Directory:
        """The directory at this place."""
        count_code, entry_code, place_code = ("Q", "HHQ", "Q") if self.is_big else ("H", "HHI", "I")
        count = self._number(count_code, at)
        self._fields_left -= count
        if count > _MAX_ENTRIES or self._fields_left < 0:
            raise _damaged(told("a directory of {count} fields, or too many of all directories together", count=count))
        width, size = (
            struct.calcsize("=" + place_code),
            struct.calcsize("=" + entry_code) + struct.calcsize("=" + place_code),
        )
        start = at + struct.calcsize("=" + count_code)
        entries: dict[int, Entry] = {}
        for place in range(start, start + count * size, size):
            tag, kind, values = self._unpack(entry_code, place)
            length = values * _SIZES.get(kind, 0)
            where = place + size - width
            if length > width:
                where = self._number(place_code, where)
            if length > len(self.data) or where + length > len(self.data):
                raise _damaged(told("field {tag} lies outside the file", tag=tag))
            if length:
                entries.setdefault(tag, Entry(kind, where, length))
        following = start + count * size
        return Directory(entries, self._number(place_code, following) if following + width <= len(self.data) else 0)

    def numbers(self, directory: Directory, tag: int, most: int = 1 << 20) -> tuple[int, ...]:
        """The whole numbers of a field; none where it is not there, or holds others."""
        entry = directory.entries.get(tag)
        code = _WHOLE.get(entry.kind) if entry else None
        if entry is None or code is None:
            return ()
        width = struct.calcsize("=" + code)
        count = min(entry.length // width, most)
        return struct.unpack_from(f"{self.order}{count}{code}", self.data, entry.start)

    def value(self, entry: Entry) -> bytes:
        """The bytes of a field's values."""
        return self.data[entry.start : entry.start + entry.length]

    def number(self, directory: Directory, tag: int, default: int = 0) -> int:
        """The first whole number of a field."""
        return next(iter(self.numbers(directory, tag, 1)), default)

    def _number(self, code: str, at: int) -> int:
        return int(self._unpack(code, at)[0])

    def _unpack(self, codes: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + codes, self.data, at)
        except struct.error as error:
            raise _damaged(told("it ends too early")) from error


def written(
    entries: Mapping[int, Field], pieces: Sequence[bytes], *, order: str, is_big: bool, offsets_tag: int
) -> bytes:
    """A file of one directory, and the pieces of its pixels behind it, whose places go into a field of their own."""
    place_code, place_kind = ("Q", 16) if is_big else ("I", 4)
    width = struct.calcsize("=" + place_code)
    offsets = Field(place_kind, bytes(width * len(pieces)))
    fields = sorted({**entries, offsets_tag: offsets}.items())
    head_bytes, entry_bytes, count_bytes = (16, 20, 8) if is_big else (8, 12, 2)
    at = head_bytes + count_bytes + entry_bytes * len(fields) + width
    places: dict[int, int] = {}
    for tag, entry in fields:
        if len(entry.value) > width:
            places[tag] = at
            at += len(entry.value) + len(entry.value) % 2
    starts = []
    for piece in pieces:
        starts.append(at)
        at += len(piece) + len(piece) % 2
    if not is_big and at > 0xFFFFFFFF:
        raise _damaged(told("it has more than 4 GB"))
    values = {tag: entry.value for tag, entry in fields}
    values[offsets_tag] = struct.pack(f"{order}{len(starts)}{place_code}", *starts)
    mark = b"II" if order == "<" else b"MM"
    head = struct.pack(order + "HHHQ", 43, 8, 0, 16) if is_big else struct.pack(order + "HI", 42, 8)
    made = [mark, head, struct.pack(order + ("Q" if is_big else "H"), len(fields))]
    for tag, entry in fields:
        value = values[tag]
        count = len(value) // _SIZES[entry.kind]
        made.append(struct.pack(order + "HH" + place_code, tag, entry.kind, count))
        made.append(struct.pack(order + place_code, places[tag]) if tag in places else value.ljust(width, b"\0"))
    made.append(bytes(width))
    for value in (*(values[tag] for tag, _ in fields if tag in places), *pieces):
        made += [value, b"\0" * (len(value) % 2)]
    return b"".join(made)


def _damaged(cause: str) -> ImageError:
    return ImageError(told("the TIFF is damaged ({cause}): save it again as PNG", cause=cause))
