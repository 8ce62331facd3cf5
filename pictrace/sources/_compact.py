"""A million entries in the memory of a few megabytes: packed by the thousand, and made when they are read."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pictrace.sources.sequences import Made

__all__ = ["PACKED", "Compact", "Plain"]

T = TypeVar("T")
Plain = tuple[str, dict[str, str]]
"""What an entry says: its text, and its metadata."""

PACKED = 2048


class Compact(Made[T]):
    """What plain entries stand for, made anew at each reading, between others that are kept as they are.

    Parameters
    ----------
    make
        What makes one of an entry.
    """

    def __init__(self, make: Callable[[str, dict[str, str]], T]) -> None:
        self._make = make
        self._packs: list[bytes | tuple[Plain | T, ...]] = []
        self._open: list[Plain | T] = []
        self._is_plain = True
        self._latest: tuple[int, Sequence[Plain | T]] = (-1, ())  # replaced as a whole, as threads may read at once

    def add(self, entry: Plain | T) -> None:
        """One more. A tuple is a plain entry, anything else is kept."""
        self._open.append(entry)
        self._is_plain &= type(entry) is tuple
        if len(self._open) == PACKED:
            # What is packed is ours: marshal never reads what a stranger wrote.
            packed = zlib.compress(marshal.dumps(self._open), 1) if self._is_plain else tuple(self._open)
            self._packs.append(packed)
            self._open, self._is_plain = [], True

    def __len__(self) -> int:
        return len(self._packs) * PACKED + len(self._open)

    def _at(self, place: int) -> T:
        pack, within = divmod(place, PACKED)
        return self._made(self._unpacked(pack)[within])

    def __iter__(self) -> Iterator[T]:
        for pack in range(len(self._packs) + 1):
            yield from map(self._made, self._unpacked(pack))

    def _made(self, entry: Plain | T) -> T:
        return self._make(*entry) if isinstance(entry, tuple) else entry

    def _unpacked(self, pack: int) -> Sequence[Plain | T]:
        if pack == len(self._packs):
            return self._open
        number, entries = self._latest
        if number != pack:
            packed = self._packs[pack]
            entries = marshal.loads(zlib.decompress(packed)) if isinstance(packed, bytes) else packed  # noqa: S302 (ours)
            self._latest = (pack, entries)
        return entries
