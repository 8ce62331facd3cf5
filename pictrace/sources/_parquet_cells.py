"""The columns of a Parquet file, read within limits: texts row by row, bytes when they are wanted."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pictrace.errors import SourceError
from pictrace.sources._parquet_pages import Column, check_footer, check_pages
from pictrace.told import Told, reason, told

if TYPE_CHECKING:  # pyarrow takes half a second to load, and most sources need none
    from pyarrow.parquet import ParquetFile

__all__ = ["Blobs", "Leaf", "leaves_of", "open_parquet", "text_rows"]

ROWS_AT_ONCE = 1000
KEPT_BYTES = 64 * 1024**2  # of pictures that the reading has passed, for threads that come a little later
MAX_BLOB_BYTES = 32 * 1024**2
MAX_LEAVES, MAX_CHUNKS = 2000, 1_000_000
SCHEMA_DEPTH, THRIFT_BYTES, THRIFT_ITEMS = 20, 64 * 1024**2, 1_000_000


class Leaf(NamedTuple):
    """A column of single values. path: its name, or those of the structs around it and its own, with dots."""

    path: str
    position: int
    is_binary: bool


@contextmanager
def open_parquet(path: Path, dictionaries: Sequence[str] = ()) -> Iterator[ParquetFile]:
    """A Parquet file; SourceError for whatever is wrong with it while it is open.

    Parameters
    ----------
    dictionaries
        Columns whose equal values are kept once, so that a value that is repeated a million times does not become a
        million values.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(
            path,
            read_dictionary=list(dictionaries) or None,
            pre_buffer=False,
            schema_depth_limit=SCHEMA_DEPTH,
            thrift_string_size_limit=THRIFT_BYTES,
            thrift_container_size_limit=THRIFT_ITEMS,
        ) as file:
            yield file
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        said = reason(error)
        if not isinstance(said, Told):
            said = said.splitlines()[0][:200] if said else type(error).__name__
        raise SourceError(
            told("{path} is damaged or no Parquet file ({reason}). Write it again.", path=path, reason=said)
        ) from error


def leaves_of(file: ParquetFile, path: Path, *, max_chunks: int = MAX_CHUNKS) -> list[Leaf]:
    """The columns that hold one value a row, in their order.

    Those within lists and maps are left out, and columns of bytes without any.

    Parameters
    ----------
    max_chunks
        Columns times row groups.
    """
    count = file.metadata.num_columns
    if count > MAX_LEAVES:
        raise SourceError(
            told(
                "{path} has {count:,} columns; {most:,} is the most. Write fewer.",
                path=path,
                count=count,
                most=MAX_LEAVES,
            )
        )
    if count * file.metadata.num_row_groups > max_chunks:
        raise SourceError(
            told(
                "{path} is cut into more than {most:,} pieces. Write it with larger row groups.",
                path=path,
                most=max_chunks,
            )
        )
    schema = [file.schema.column(position) for position in range(count)]
    check_footer(
        path,
        [
            Column(one.physical_type == "BYTE_ARRAY", one.max_repetition_level, one.max_definition_level)
            for one in schema
        ],
    )
    leaves = []
    for position in range(count):
        column = schema[position]
        if column.max_repetition_level == 0:
            is_binary = column.physical_type == "BYTE_ARRAY" and column.logical_type.type != "STRING"
            if not (is_binary and _is_empty(file, position)):
                leaves.append(Leaf(column.path, position, is_binary))
    return leaves


def _is_empty(file: ParquetFile, position: int) -> bool:
    """Whether the file says of itself that a column holds nothing."""
    groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
    told = [(group.num_rows, group.column(position).statistics) for group in groups]
    return all(one is not None and one.has_null_count and one.null_count == rows for rows, one in told)


def text_rows(file: ParquetFile, path: Path, leaves: Sequence[Leaf]) -> Iterator[list[str]]:
    """The values of these columns as texts, row by row; "" where there is none, or it is no text or number."""
    for group in range(file.metadata.num_row_groups):
        for leaf in leaves:
            _check_chunk(file, path, group, leaf)
        for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=[leaf.path for leaf in leaves]):
            columns = [_texts(_values(batch, leaf.path)) for leaf in leaves]
            if columns:
                yield from map(list, zip(*columns, strict=True))


def _check_chunk(file: ParquetFile, path: Path, group: int, leaf: Leaf) -> None:
    chunk = file.metadata.row_group(group).column(leaf.position)
    start = chunk.data_page_offset
    if chunk.dictionary_page_offset is not None and 0 < chunk.dictionary_page_offset < start:
        start = chunk.dictionary_page_offset
    check_pages(path, start, start + chunk.total_compressed_size)


def _values(batch: Any, path: str) -> Any:
    """A column of a batch, out of the structs around it."""
    import pyarrow.compute

    root = next(name for name in batch.schema.names if path == name or path.startswith(f"{name}."))
    values = batch.column(root)
    for name in path[len(root) + 1 :].split(".") if path != root else ():
        values = pyarrow.compute.struct_field(values, name)
    return values


def _texts(values: Any) -> list[str]:
    import pyarrow

    if pyarrow.types.is_dictionary(values.type):
        places = values.indices.to_pylist()
        used = {place for place in places if place is not None}
        if used and not 0 <= min(used) <= max(used) < len(values.dictionary):  # which pyarrow does not check
            raise ValueError(told("it names values that it does not hold"))
        texts = {place: values.dictionary[place].as_py() for place in used}
        found = [texts.get(place) for place in places]
    else:
        try:
            found = values.cast(pyarrow.string()).to_pylist()
        except pyarrow.ArrowException:
            return [""] * len(values)
    return [one if isinstance(one, str) else "" for one in found]


class Blobs:
    """The bytes of a column, row by row, for threads that want them nearly in order.

    Reading goes on from where it was, one row at a time, so that no more than a page is in memory; what it has passed
    is kept for a while.
    """

    def __init__(self, path: Path, leaf: Leaf, groups: Sequence[int], *, kept_bytes: int = KEPT_BYTES) -> None:
        """groups: the number of rows of each row group."""
        self._path, self._leaf, self._most_kept = path, leaf, kept_bytes
        self._ends = list(accumulate(groups))
        self._lock = threading.Lock()
        self._rows: Iterator[tuple[int, bytes | None]] = iter(())
        self._group, self._next = -1, 0  # what is being read, and the row that comes next
        self._kept: OrderedDict[int, bytes | None] = OrderedDict()
        self._kept_bytes = 0

    def read(self, row: int) -> bytes:
        """The bytes of a row, counted from 0; SourceError where there are none."""
        with self._lock:
            if row not in self._kept:
                self._read_to(row)
            data = self._kept.get(row)
        if not data:
            raise SourceError(told("Row {row} of {name} holds no bytes.", row=row + 1, name=self._path.name))
        return data

    def _read_to(self, row: int) -> None:
        group, begin = self._group_of(row)
        if group != self._group or self._next > row:
            self._rows = self._from(group, begin)
        self._group = -1  # in case of an error
        for number, data in self._rows:
            self._next = number + 1
            self._keep(number, data)
            if number == row:
                self._group = group
                return

    def _group_of(self, row: int) -> tuple[int, int]:
        group = bisect_right(self._ends, row)
        if group == len(self._ends):
            raise SourceError(told("{path} has no row {row:,}.", path=self._path, row=row + 1))
        return group, self._ends[group - 1] if group else 0

    def _from(self, group: int, begin: int) -> Iterator[tuple[int, bytes | None]]:
        with open_parquet(self._path) as file:
            _check_chunk(file, self._path, group, self._leaf)
            batches = file.iter_batches(1, row_groups=[group], columns=[self._leaf.path])
            for number, batch in enumerate(batches, start=begin):
                value = _values(batch, self._leaf.path)[0]
                buffer = value.as_buffer() if value.is_valid else None
                yield number, buffer.to_pybytes() if buffer is not None and buffer.size <= MAX_BLOB_BYTES else None

    def _keep(self, row: int, data: bytes | None) -> None:
        self._kept[row] = data
        self._kept_bytes += len(data or b"")
        while self._kept_bytes > self._most_kept and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._kept_bytes -= len(old or b"")
