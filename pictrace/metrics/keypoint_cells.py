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

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.features import Features
from pictrace.kernels.votes import Voters

__all__ = ["HALF", "SIDES", "placed", "side_for", "version", "voters"]

SIDES = (256, 512, 1024)
"""Centres a half that there are to choose from."""

HALF = 32
_FITTED = files("pictrace.metrics").joinpath("keypoint_cells.npz")


PROBED = 8
"""Cells that each of a query's keypoints looks into: 16 keep no more of what belongs together."""

ROWS_AT_ONCE = 4096


def side_for(pictures: int) -> int:
    """Cells of which each has some hundred entries, wherever the catalog stands."""
    return next((side for side, most in zip(SIDES, (10_000, 30_000), strict=False) if pictures <= most), SIDES[-1])


@cache
def version() -> str:
    """Of what was fitted, as eight letters and digits."""
    return f"{zlib.crc32(_FITTED.read_bytes()):08x}"


def placed(rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The cells and entries of packed rows (k, 40), see capabilities.Indexed."""
    cells = np.empty(len(rows), np.uint32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        one, other = (distances.argmin(axis=1) for distances in _distances(rows[some], side))
        cells[some] = one * side + other
    entries = np.zeros((len(rows), 3), np.uint32)
    entries[:, :2] = rows[:, :8].copy().view("<u4")
    entries[:, 2] = rows[:, 37]
    return cells, entries


def voters(features: Sequence[Features], side: int) -> tuple[Voters, NDArray[np.uint32]]:
    """The keypoints of these pictures, and the cells nearest to each, the nearest first, (q, PROBED)."""
    rows = np.concatenate(features)
    offsets = np.cumsum([0, *(len(one) for one in features)]).astype(np.int64)
    (one, first), (other, second) = (_nearest(distances) for distances in _distances(rows, side))
    # A pair of the i-th and the j-th nearest centres is behind all pairs of nearer ones, (i + 1) * (j + 1) in all.
    pairs = [(i, j) for i in range(PROBED) for j in range(PROBED) if (i + 1) * (j + 1) <= PROBED]
    i, j = np.array(pairs).T
    order = (first[:, i] + second[:, j]).argsort(axis=1)[:, :PROBED]
    cells = np.take_along_axis(one[:, i] * side + other[:, j], order, 1)
    signatures = rows[:, :8].copy().view("<u8")[:, 0].astype(np.uint64)
    return Voters(signatures, rows[:, 37].copy(), offsets), cells.astype(np.uint32)


def _nearest(distances: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The PROBED smallest of each row, ascending: their places, and they themselves, (k, PROBED).

    Only the groups of 8 with the smallest minima are sorted; they hold them all, at a third of the price.
    """
    groups = distances.shape[1] // 8
    least = distances.reshape(-1, 8, groups).min(axis=1)
    some = np.argpartition(least, PROBED - 1, axis=1)[:, :PROBED]
    places = (some[:, :, np.newaxis] + np.arange(8) * groups).reshape(len(some), -1)
    values = np.take_along_axis(distances, places, 1)
    order = values.argsort(axis=1)[:, :PROBED]
    return np.take_along_axis(places, order, 1), np.take_along_axis(values, order, 1)


def _distances(rows: Features, side: int) -> list[NDArray[np.float32]]:
    """Of each row's halves to each centre, (k, side) each, without what is the same for all centres."""
    directions, centres = _learned()
    bits = np.unpackbits(rows[:, :32], axis=1).astype(np.float32) * 2 - 1
    return [
        _product(_product(bits, direction), doubled) + squares
        for direction, (doubled, squares) in zip(directions, centres[side], strict=True)
    ]


def _product(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """As ``one @ other``. OpenCV does it on one thread: several of BLAS spin longer than they work."""
    if not len(one):
        return np.empty((0, other.shape[1]), np.float32)
    return np.asarray(cv2.gemm(one, other, 1.0, np.empty(0, np.float32), 0.0), np.float32)


Centres = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


@cache
def _learned() -> tuple[list[NDArray[np.float32]], dict[int, Centres]]:
    """For each half its directions (256, 32), and by side its centres, (32, side) times -2, and their squares."""
    with _FITTED.open("rb") as file, np.load(file) as arrays:
        directions = arrays["directions"].astype(np.float32)
        centres: dict[int, Centres] = {}
        for side in SIDES:
            both = arrays[f"centres{side}"].astype(np.float32) * arrays["scale"]
            centres[side] = [(np.ascontiguousarray(-2 * one.T), np.square(one).sum(axis=1)) for one in both]
    return [np.ascontiguousarray(directions[:, :HALF]), np.ascontiguousarray(directions[:, HALF:])], centres
