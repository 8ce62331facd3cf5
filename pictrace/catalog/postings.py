"""The inverted index of a catalog's keypoints at one moment: which pictures have entries in a cell."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.segments import Segment, renumbering

__all__ = ["Postings", "ids_of"]

RELEASED_BYTES = 1 << 26  # more than this is given back after each search


@dataclass(frozen=True)
class Postings:
    """The index at one moment. Read-only.

    Attributes
    ----------
    revision : int
    ids : (n,) int64 array
        All pictures that have such features, ascending.
    segments : tuple of Segment
        A picture is in one of them at most; all have as many cells.
    missing : (k,) int64 array
        The pictures that are in no segment, ascending.
    places : tuple of int64 arrays
        For each segment, the positions of its pictures in ``ids``, -1 for those that are gone.
    """

    revision: int
    ids: NDArray[np.int64]
    segments: tuple[Segment, ...]
    missing: NDArray[np.int64]
    places: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, revision: int, ids: NDArray[np.int64], segments: tuple[Segment, ...]) -> Postings:
        missing = np.setdiff1d(ids, ids_of(segments), assume_unique=True)
        return cls(revision, ids, segments, missing, tuple(renumbering(one.ids, ids) for one in segments))

    @property
    def side(self) -> int:
        """There are side * side cells; 0 without segments."""
        return math.isqrt(self.segments[0].cells) if self.segments else 0

    def counts(self) -> NDArray[np.uint32]:
        """How many entries each cell has in all segments, (cells,)."""
        cells = self.segments[0].cells if self.segments else 0
        return np.asarray(sum((np.diff(one.starts) for one in self.segments), np.zeros(cells, np.uint32)), np.uint32)

    @cached_property
    def checksum(self) -> int:
        """Of ``counts``."""
        return zlib.crc32(self.counts().data)

    def lists(self, cells: NDArray[np.uint32]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each segment, where the entries of these cells begin and end."""
        return [(one.starts[cells].astype(np.int64), one.starts[cells + 1].astype(np.int64)) for one in self.segments]

    def release(self) -> None:
        """Give back the memory that looking into a large index took."""
        if sum(one.entries.nbytes for one in self.segments) > RELEASED_BYTES:
            for one in self.segments:
                one.release()


def ids_of(segments: Iterable[Segment]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *(one.ids for one in segments)])
