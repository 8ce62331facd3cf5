"""Features of a whole catalog in one file, mapped into memory: a cache that can always be made again.

The content of a pack, a sealed file (pictrace.catalog.sealed)::

    rows        (total, *row shape), then zeros to a multiple of 8 bytes
    ids         (n,) int64, ascending: the pictures that have these features
    offsets     (n + 1,) int64

It is written chunk by chunk. The header says what it holds, for which catalog at which revision; a pack of another
catalog or of another layout is made again, as one that is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.sealed import HEADER_BYTES, sealed, writing
from pictrace.features import FeatureBatch, Layout

__all__ = ["Chunk", "Pack", "read_pack", "write_pack"]

MAGIC = b"PicPack1"

Chunk = tuple[NDArray[np.int64], FeatureBatch]
"""Pictures, ascending, and their features in that order; chunks follow one another in ascending order."""


@dataclass(frozen=True)
class Pack:
    """Features of n pictures. Read-only.

    Attributes
    ----------
    revision : int
        Of the catalog.
    ids : (n,) int64 array
        Ascending.
    batch : FeatureBatch
        In the order of ids.
    """

    revision: int
    ids: NDArray[np.int64]
    batch: FeatureBatch

    @classmethod
    def of(cls, chunks: Iterable[Chunk], layout: Layout, revision: int) -> Pack:
        """All chunks in memory."""
        parts = [(np.empty(0, np.int64), FeatureBatch.of([], layout)), *chunks]
        counts = np.concatenate([batch.counts for _, batch in parts])
        return cls(
            revision,
            np.concatenate([ids for ids, _ in parts]),
            FeatureBatch(np.concatenate([batch.rows for _, batch in parts]), _offsets(counts)),
        )

    def aligned(self, ids: NDArray[np.int64]) -> FeatureBatch:
        """The batch for more pictures than these; no rows for the others.

        The rows are not copied: pictures without rows only change the offsets.

        Parameters
        ----------
        ids : (m,) int64 array
            Ascending, with all of ours among them.
        """
        if len(ids) == len(self.ids):
            return self.batch
        counts = np.zeros(len(ids), np.int64)
        counts[np.searchsorted(ids, self.ids)] = self.batch.counts
        return FeatureBatch(self.batch.rows, _offsets(counts))


def write_pack(path: Path, chunks: Iterable[Chunk], layout: Layout, *, catalog: str, key: str, revision: int) -> None:
    """Write a pack and move it into place. One chunk is in memory at a time.

    Parameters
    ----------
    path
        Where it lies afterwards.
    chunks
        Pictures and their features, in ascending order.
    layout
        Of the features.
    catalog, key, revision
        The catalog's identity, the features' key, and the state that the pack shows: read_pack asks for them.

    Raises
    ------
    OSError
        Where it cannot be written; what was there stays.
    """
    with writing(path, MAGIC) as file:
        total = 0
        ids, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for some, batch in chunks:
            file.add(batch.rows)
            total += len(batch.rows)
            ids.append(some)
            counts.append(batch.counts)
        file.add(np.zeros(-(total * layout.row_bytes) % 8, np.uint8))
        pictures = np.concatenate(ids)
        file.add(pictures)
        file.add(_offsets(np.concatenate(counts)))
        file.header = {
            "catalog": catalog,
            "key": key,
            "revision": revision,
            "dtype": layout.dtype.str,
            "row_shape": layout.row_shape,
            "pictures": len(pictures),
            "rows": total,
        }


def read_pack(path: Path, layout: Layout, *, catalog: str, key: str) -> Pack | None:
    """The pack of this catalog and key, mapped into memory; None where there is none that can be trusted."""
    found = sealed(path, MAGIC)
    if found is None:
        return None
    try:
        header = found.header
        n, total = int(header["pictures"]), int(header["rows"])
        row_bytes = total * layout.row_bytes
        ids_start = row_bytes + -row_bytes % 8
        fits = header["catalog"] == catalog and header["key"] == key
        fits &= header["dtype"] == layout.dtype.str and tuple(header["row_shape"]) == layout.row_shape
        fits &= min(n, total) >= 0 and found.content_bytes == ids_start + 8 * (2 * n + 1)
        mapped = found.mapped() if fits else None
        if mapped is None:
            return None
        content = np.frombuffer(mapped, np.uint8, offset=HEADER_BYTES)
        numbers = content[ids_start:].view(np.int64)
        rows = content[:row_bytes].view(layout.dtype).reshape(total, *layout.row_shape)
        return Pack(int(header["revision"]), numbers[:n], FeatureBatch(rows, numbers[n:]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
