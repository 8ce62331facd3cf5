"""What the pages of a Parquet file would need, before a library inflates them.

A page's header says how large it is when inflated; all that is taken on its word, so that a file of some kilobytes
may ask for gigabytes. The headers lie before the pages, and are read here without the pages.
Source: Apache Parquet, parquet.thrift (PageHeader); Apache Thrift, compact protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pictrace.errors import SourceError
from pictrace.told import told

__all__ = ["Column", "check_footer", "check_pages"]

MAX_PAGE_BYTES = 64 * 1024**2
HEADER_BYTES = 64 * 1024  # a real one has some dozens, or hundreds with statistics
MAX_DEPTH, FOOTER_DEPTH = 5, 12
MAX_FOOTER_BYTES = 64 * 1024**2
TRUE, FALSE, BYTE, I64, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 6, 7, 8, 9, 10, 12
# Fields of PageHeader and of the three kinds of page within it.
INFLATED, STORED, DATA, DATA_2 = 2, 3, 5, 8
# Fields of the footer on the way to a column's sizes, and of these.
GROUPS, COLUMNS, METADATA, SIZES = 4, 1, 3, 16
UNENCODED, REPETITIONS, DEFINITIONS = 1, 2, 3
ENCRYPTED = (8, 9)
# DELTA_BYTE_ARRAY: each value repeats as much as it likes of the one before, so few bytes name as many as they like.
REFUSED_ENCODING = 7


def check_pages(path: Path, start: int, end: int) -> None:
    """Raise SourceError unless a chunk of a column, from byte to byte of the file, has pages of a usual size."""
    with path.open("rb") as file:
        while start < end:
            file.seek(start)
            header, length = _Compact(file.read(HEADER_BYTES), path).struct()
            inflated, stored = header.get(INFLATED), header.get(STORED)
            if not isinstance(inflated, int) or not isinstance(stored, int) or inflated < 0 or stored < 0:
                raise _damaged(path)
            if max(inflated, stored) > MAX_PAGE_BYTES:
                raise SourceError(
                    told(
                        "{path} has a page of {size:,.0f} MB; {most} MB is the most. Write it with smaller pages.",
                        path=path,
                        size=max(inflated, stored) / 1024**2,
                        most=MAX_PAGE_BYTES // 1024**2,
                    )
                )
            for kind, encoding in ((DATA, 2), (DATA_2, 4)):
                page = header.get(kind)
                if isinstance(page, dict) and page.get(encoding) == REFUSED_ENCODING:
                    raise SourceError(
                        told(
                            "{path} is encoded as DELTA_BYTE_ARRAY, which may inflate without bound. Write it with "
                            "another "
                            "encoding.",
                            path=path,
                        )
                    )
            start += length + stored


class Column(NamedTuple):
    """What the schema says of a column."""

    is_byte_array: bool
    max_repetition_level: int
    max_definition_level: int


def check_footer(path: Path, columns: Sequence[Column]) -> None:
    """Raise SourceError for a footer at which pyarrow, asked for a column of a row group, would end the process.

    It lets no exception out of there, so what it checks (sizes that do not fit the column, encrypted ones) is checked
    here before.
    """
    with path.open("rb") as file:
        file.seek(-8, 2)
        length = int.from_bytes(file.read(4), "little")
        if not 0 < length <= min(MAX_FOOTER_BYTES, file.tell() - 4):
            raise _damaged(path)
        file.seek(-8 - length, 2)
        footer, _ = _Compact(file.read(length), path, FOOTER_DEPTH).struct()
    for group in _structs(footer.get(GROUPS)):
        chunks = _structs(group.get(COLUMNS))
        if len(chunks) != len(columns):
            raise _damaged(path)
        for column, chunk in zip(columns, chunks, strict=True):
            metadata = chunk.get(METADATA)
            if not isinstance(metadata, dict) or any(field in chunk for field in ENCRYPTED):
                raise _damaged(path)
            sizes = metadata.get(SIZES)
            if sizes is not None and not (isinstance(sizes, dict) and _fit(sizes, column)):
                raise _damaged(path)


def _fit(sizes: dict[int, Any], column: Column) -> bool:
    levels = ((REPETITIONS, column.max_repetition_level), (DEFINITIONS, column.max_definition_level))
    counted = all(len(sizes.get(field) or ()) in (0, most + 1) for field, most in levels)
    return counted and (UNENCODED not in sizes or column.is_byte_array)


def _structs(value: Any) -> list[dict[int, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _damaged(path: Path) -> SourceError:
    return SourceError(told("{path} is damaged: its pages are not where it says. Write it again.", path=path))


class _Compact:
    """A reader of Thrift's compact protocol, as far as page headers and footers need it."""

    def __init__(self, data: bytes, path: Path, max_depth: int = MAX_DEPTH) -> None:
        self._data, self._path, self._max_depth, self._at = data, path, max_depth, 0

    def struct(self, depth: int = 0) -> tuple[dict[int, Any], int]:
        """(the fields by their numbers, where the struct ends)."""
        fields: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return fields, self._at
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = self._value(head & 15, depth + 1)

    def _value(self, kind: int, depth: int) -> Any:
        if depth > self._max_depth:
            raise _damaged(self._path)
        if kind in {TRUE, FALSE}:
            return kind == TRUE
        if BYTE < kind <= I64:
            return self._signed()
        if kind == STRUCT:
            return self.struct(depth)[0]
        if kind in {LIST, SET}:
            head = self._byte()
            count = self._unsigned() if head >> 4 == 15 else head >> 4
            of_bytes = head & 15 in {TRUE, FALSE}
            if count > HEADER_BYTES:
                raise _damaged(self._path)
            return [self._byte() if of_bytes else self._value(head & 15, depth + 1) for _ in range(count)]
        length = {BYTE: 1, DOUBLE: 8}.get(kind)
        if kind == BINARY:
            length = self._unsigned()
        if length is None or self._at + length > len(self._data):
            raise _damaged(self._path)
        self._at += length
        return None

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise _damaged(self._path)
        self._at += 1
        return self._data[self._at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise _damaged(self._path)

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
