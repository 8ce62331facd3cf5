"""A catalog's accidents in its cache folder: made again where they are of another catalog, of other features, or old.

The content, a sealed file (pictrace.catalog.sealed)::

    offsets     (n + 1,) int64
    ids         (n,) int64: the pictures that were asked
    values      by metric, in the order of the header, each followed by zeros to a multiple of 8 bytes
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.catalog.sealed import HEADER_BYTES, sealed, writing

__all__ = ["Kept", "read", "write"]

MAGIC = b"PicAcci3"
NAME = "chance.accidents"
LARGEST_CHANGE = 0.2
"""Of the catalog's size, or of the pictures that were asked: more, and its accidents are asked for anew."""


@dataclass(frozen=True)
class Kept:
    """Accidents, and the pictures whose searches they are."""

    accidents: Accidents
    ids: NDArray[np.int64]

    def hold(self, now: NDArray[np.int64]) -> bool:
        """Whether the catalog, with these pictures now, is about what it was."""
        grown = abs(len(now) - 1 - self.accidents.pictures) / self.accidents.pictures
        return grown <= LARGEST_CHANGE and float(np.isin(self.ids, now).mean()) >= 1 - LARGEST_CHANGE


def write(folder: Path, kept: Kept, *, catalog: str) -> None:
    """Keep them in the folder of a catalog with this identity; OSError where it cannot be written."""
    folder.mkdir(exist_ok=True)
    accidents = kept.accidents
    names = list(accidents.keys)
    with writing(folder / NAME, MAGIC) as file:
        file.add(accidents.offsets)
        file.add(kept.ids)
        for name in names:
            file.add(accidents.raw[name])
            file.add(np.zeros(-accidents.raw[name].nbytes % 8, np.uint8))
        file.header = {
            "catalog": catalog,
            "searches": accidents.searches,
            "pictures": accidents.pictures,
            "details": np.bincount(accidents.details).tolist(),
            "values": [
                [name, accidents.keys[name], accidents.raw[name].dtype.str, accidents.raw[name].shape] for name in names
            ],
        }


def read(folder: Path, *, catalog: str) -> Kept | None:
    """Those of this catalog; None where there are none that can be trusted."""
    found = sealed(folder / NAME, MAGIC)
    if found is None:
        return None
    try:
        header = found.header
        if header["catalog"] != catalog:
            return None
        n, pictures = int(header["searches"]), int(header["pictures"])
        details = np.repeat(np.arange(len(header["details"])), header["details"])
        mapped = found.mapped() if n > 0 else None
        if mapped is None:
            return None
        content = np.frombuffer(mapped, np.uint8, offset=HEADER_BYTES)
        numbers = content[: 8 * (2 * n + 1)].view(np.int64)
        offsets, start = numbers[: n + 1], 8 * (2 * n + 1)
        if offsets[0] != 0 or (np.diff(offsets) < 0).any():
            return None
        keys, raw = {}, {}
        for name, key, dtype, shape in header["values"]:
            values = _values(content[start:], np.dtype(dtype), shape)
            keys[str(name)], raw[str(name)] = str(key), values
            start += values.nbytes + -values.nbytes % 8
        return Kept(Accidents(keys, raw, offsets, pictures, details), numbers[n + 1 :])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _values(content: NDArray[np.uint8], dtype: np.dtype[np.floating], shape: Sequence[int]) -> NDArray[np.floating]:
    if dtype not in (np.dtype(np.float16), np.dtype(np.float32)) or min(shape) < 0:
        raise ValueError("values are floating-point numbers")
    return content[: math.prod(shape) * dtype.itemsize].view(dtype).reshape(shape)
