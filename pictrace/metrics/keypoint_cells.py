"""Which keypoints lie near each other: 256 bits as 64 numbers, and those in one of many cells.

The bits of a keypoint's row are signs of projections, from which least squares bring back the leading directions.
Their two halves each have a nearest centre, and the two centres together name the cell: side squared cells for twice
the price of finding one of ``side`` centres. Babenko, Lempitsky: The inverted multi-index, CVPR 2012,
doi:10.1109/CVPR.2012.6248038. The arrays are fitted by tools/train_index.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features
from pictrace.kernels.votes import Voters

__all__ = ["SIDES", "placed", "side_for", "version", "voters"]

SIDES = (256, 512, 1024)
"""Centres a half that there are to choose from."""

_FITTED = files("pictrace.metrics").joinpath("keypoint_cells.npz")


PROBED = 8
"""Cells that each of a query's keypoints looks into: 16 keep no more of what belongs together."""


def side_for(pictures: int) -> int:
    """Cells of which each has some hundred entries, wherever the catalog stands."""
    return next((side for side, most in zip(SIDES, (10_000, 30_000), strict=False) if pictures <= most), SIDES[-1])


@cache
def version() -> str:
    """Of what was fitted, as eight letters and digits."""
    return f"{zlib.crc32(_FITTED.read_bytes()):08x}"


def placed(rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The cells and entries of packed rows (k, 40), see capabilities.Indexed."""
    cells = _cells(rows, side, 1)[:, 0]
    entries = np.zeros((len(rows), 3), np.uint32)
    entries[:, :2] = rows[:, :8].copy().view("<u4")
    entries[:, 2] = rows[:, 37]
    return cells, entries


def voters(features: Sequence[Features], side: int) -> tuple[Voters, NDArray[np.uint32]]:
    """The keypoints of these pictures, and the cells nearest to each, the nearest first, (q, PROBED)."""
    rows = np.concatenate(features)
    offsets = np.cumsum([0, *(len(one) for one in features)]).astype(np.int64)
    signatures = rows[:, :8].copy().view("<u8")[:, 0].astype(np.uint64)
    return Voters(signatures, rows[:, 37].copy(), offsets), _cells(rows, side, PROBED)


def _cells(rows: Features, side: int, most: int) -> NDArray[np.uint32]:
    directions, centres = _learned()
    return kernels.nearest_cells(np.ascontiguousarray(rows[:, :32]), directions, *centres[side], most)


Centres = tuple[NDArray[np.float32], NDArray[np.float32]]


@cache
def _learned() -> tuple[NDArray[np.float32], dict[int, Centres]]:
    """Directions (256, 64), and by side the centres of both halves, (2, 32, side) times -2, and their squares."""
    with _FITTED.open("rb") as file, np.load(file) as arrays:
        directions = arrays["directions"].astype(np.float32)
        centres: dict[int, Centres] = {}
        for side in SIDES:
            both = arrays[f"centres{side}"].astype(np.float32) * arrays["scale"]
            centres[side] = np.ascontiguousarray(-2 * both.transpose(0, 2, 1)), np.square(both).sum(axis=2)
    return directions, centres
