"""Parts of an inverted index: the keypoints of some pictures, sorted by cell, in a file or in memory.

The content of a file, sealed as pictrace.catalog.sealed tells::

    entries     (total, 3) uint32, cell by cell
    starts      (cells + 1,) uint32: where each cell's entries begin
    zeros       to a multiple of 8 bytes
    ids         (n,) int64, ascending: the pictures, by whose positions the entries name them

Keypoints are sorted in bounded memory: chunks of them one by one, in a temporary file, and then block of cells by
block of cells. Segments are merged in the same way.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.sealed import HEADER_BYTES, sealed, writing

__all__ = ["Part", "Runs", "Segment", "in_memory", "merged", "read_segment", "renumbering", "write_segment"]

MAGIC = b"PicPost1"
ENTRY_WORDS = 3  # of which the last has a picture in its upper 24 bits; the rest is the metric's
BLOCKS = 1024
BLOCK_ENTRIES = 1 << 19  # sorted at once

Entries = NDArray[np.uint32]
Block = tuple[NDArray[np.uint32], Entries]
"""Cells (k,) and entries (k, 3) of a range of cells."""


@dataclass(frozen=True, eq=False)
class Segment:
    """The keypoints of n pictures by cell. Read-only.

    Attributes
    ----------
    ids : (n,) int64 array
        Ascending.
    starts : (cells + 1,) uint32 array
    entries : (total, 3) uint32 array
    revision : int
        Of the catalog when it was made: where two hold the same picture, the later one counts.
    path : Path or None
        None in memory.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.uint32]
    entries: Entries
    revision: int
    path: Path | None = None
    mapping: mmap.mmap | None = field(default=None, repr=False)

    @property
    def cells(self) -> int:
        return len(self.starts) - 1

    def release(self) -> None:
        """Give back the memory that looking at the file took; it is mapped again where it is looked at again."""
        if self.mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.mapping.madvise(mmap.MADV_DONTNEED)

    # What merging asks of a part ----------------------------------------------------------------

    def bounds(self) -> NDArray[np.int64]:
        return self.starts[_edges(self.cells)].astype(np.int64)

    def read(self, first: int, last: int) -> Block:
        edges = _edges(self.cells)
        low, high = int(edges[first]), int(edges[last])
        starts = self.starts[low : high + 1].astype(np.int64)
        cells = np.repeat(np.arange(low, high, dtype=np.uint32), np.diff(starts))
        entries = self.entries[starts[0] : starts[-1]].copy()
        self.release()  # or all of a large one would be held by the end of merging it
        return cells, entries


class Part(Protocol):
    """Keypoints sorted by cell, read in blocks of cells."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """Pictures, ascending, by whose positions the entries name them."""

    @property
    def cells(self) -> int:
        """How many there are."""

    def bounds(self) -> NDArray[np.int64]:
        """How many entries lie before each of BLOCKS + 1 edges."""

    def read(self, first: int, last: int) -> Block:
        """The entries from one edge up to another."""


class Runs:
    """Chunks of keypoints, each sorted, in one temporary file that is gone when this is."""

    def __init__(self, folder: Path | None, cells: int) -> None:
        self.parts: list[Part] = []
        self._cells = cells
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed with this object)

    def add(
        self,
        ids: NDArray[np.int64],
        pictures: NDArray[np.int64],
        cells: NDArray[np.uint32],
        entries: Entries,
    ) -> None:
        """The keypoints (k,) of some pictures, whose positions in ``ids`` are not in the entries yet."""
        order = np.argsort(cells, kind="stable")
        rows = np.empty((len(cells), 1 + ENTRY_WORDS), np.uint32)
        rows[:, 0] = cells[order]
        rows[:, 1:] = entries[order]
        rows[:, 3] |= pictures[order].astype(np.uint32) << np.uint32(8)
        start = self._file.seek(0, 2)
        self._file.write(rows.data)
        places = np.searchsorted(rows[:, 0], _edges(self._cells)).astype(np.int64)
        self.parts.append(_Run(ids, self._cells, self._file, start, places))

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class _Run:
    """One chunk in the file, from byte ``start`` on; places: of the edges."""

    ids: NDArray[np.int64]
    cells: int
    file: IO[bytes]
    start: int
    places: NDArray[np.int64]

    def bounds(self) -> NDArray[np.int64]:
        return self.places

    def read(self, first: int, last: int) -> Block:
        width = 1 + ENTRY_WORDS
        low, high = int(self.places[first]), int(self.places[last])
        self.file.seek(self.start + low * width * 4)
        rows = np.frombuffer(self.file.read((high - low) * width * 4), np.uint32).reshape(-1, width)
        return rows[:, 0], rows[:, 1:]


def merged(parts: Sequence[Part], ids: NDArray[np.int64]) -> Iterator[Block]:
    """The entries of these pictures in all parts, in ascending order of cells, block by block.

    Parameters
    ----------
    parts
        A picture is in one of them.
    ids : (n,) int64 array
        Ascending; entries of other pictures are left out, and these are named by their positions here.
    """
    numbers = [renumbering(part.ids, ids) for part in parts]
    totals = np.sum([part.bounds() for part in parts], axis=0)
    first = 0
    while first < BLOCKS:
        last = int(np.searchsorted(totals, totals[first] + BLOCK_ENTRIES, side="right")) - 1
        last = min(max(last, first + 1), BLOCKS)
        blocks = []
        for part, number in zip(parts, numbers, strict=True):
            cells, entries = part.read(first, last)
            picture = number[entries[:, 2] >> np.uint32(8)]
            kept = picture >= 0
            entries = entries[kept]
            entries[:, 2] = picture[kept].astype(np.uint32) << np.uint32(8) | entries[:, 2] & np.uint32(0xFF)
            blocks.append((cells[kept], entries))
        cells = np.concatenate([one for one, _ in blocks])
        order = np.argsort(cells, kind="stable")
        yield cells[order], np.concatenate([one for _, one in blocks])[order]
        first = last


def in_memory(blocks: Iterator[Block], ids: NDArray[np.int64], cells: int, revision: int) -> Segment:
    parts = list(blocks)
    counts = sum((np.bincount(one, minlength=cells) for one, _ in parts), np.zeros(cells, np.int64))
    entries = np.concatenate([one for _, one in parts])
    return Segment(ids, _starts(counts), entries, revision)


def write_segment(
    path: Path, blocks: Iterator[Block], ids: NDArray[np.int64], cells: int, *, catalog: str, key: str, revision: int
) -> None:
    """Write what ``merged`` gives, one block in memory at a time.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    with writing(path, MAGIC) as file:
        counts = np.zeros(cells, np.int64)
        for where, entries in blocks:
            file.add(entries)
            if len(where):
                counts[where[0] : where[-1] + 1] += np.bincount(where - where[0])
        total = int(counts.sum())
        file.add(_starts(counts))
        file.add(np.zeros(-_unpadded(total, cells) % 8, np.uint8))
        file.add(ids)
        file.header = {
            "catalog": catalog,
            "key": key,
            "revision": revision,
            "cells": cells,
            "entries": total,
            "pictures": len(ids),
        }


def read_segment(path: Path, *, catalog: str, key: str) -> Segment | None:
    """The segment of this catalog and key; None where there is none that can be trusted."""
    found = sealed(path, MAGIC)
    if found is None:
        return None
    try:
        n, total, cells = (int(found.header[name]) for name in ("pictures", "entries", "cells"))
        before = _unpadded(total, cells)
        fits = found.header["catalog"] == catalog and found.header["key"] == key and min(n, total, cells) >= 0
        fits &= found.content_bytes == before + -before % 8 + 8 * n
        mapping = found.mapped() if fits else None
        if mapping is None:
            return None
        content = np.frombuffer(mapping, np.uint8, offset=HEADER_BYTES)
        words = ENTRY_WORDS
        entries = content[: total * words * 4].view(np.uint32).reshape(total, words)
        starts = content[total * words * 4 : before].view(np.uint32)
        ids = content[len(content) - 8 * n :].view(np.int64).copy()
        return Segment(ids, starts, entries, int(found.header["revision"]), path, mapping)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _edges(cells: int) -> NDArray[np.int64]:
    return np.arange(BLOCKS + 1) * cells // BLOCKS


def _unpadded(total: int, cells: int) -> int:
    return 4 * (total * ENTRY_WORDS + cells + 1)


def _starts(counts: NDArray[np.int64]) -> NDArray[np.uint32]:
    starts = np.zeros(len(counts) + 1, np.uint32)
    np.cumsum(counts, out=starts[1:])
    return starts


def renumbering(ids: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of ids, ascending, its position in others, ascending; -1 where it is not there."""
    places = np.searchsorted(others, ids)
    places[places == len(others)] = 0
    return np.where(others[places] == ids, places, -1) if len(others) else np.full(len(ids), -1)
