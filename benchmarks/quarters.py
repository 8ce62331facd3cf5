"""Larger catalogs out of photographs: the quarters of each, which show no detail twice, are pictures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import load
from pictrace.sources.base import Item
from pictrace.sources.folders import read_folder

__all__ = ["pictures_for", "whole"]

SIDE_PX = 240
"""Of the shorter side of what is quartered: half of less has hardly any details."""

MARK = ".quarter"


def whole(name: str) -> str:
    """The name of the photograph that a picture is a quarter of; its own where it is none."""
    return name.partition(MARK)[0] if MARK in name else name


def pictures_for(folder: Path, size: int, seed: int, work: Path) -> list[Item]:
    """So many of a folder's photographs, chosen by the seed; all and some of their quarters where those are too few.

    Parameters
    ----------
    folder, size, seed
        Where the photographs lie, how many pictures are wanted, and what chooses them. There may be fewer.
    work
        A folder for the quarters, as JPEG files.
    """
    items = list(read_folder(folder).items)
    if size <= len(items):
        return _some(items, size, seed)
    work.mkdir(exist_ok=True)
    for item in items:
        if item.path is not None and not (work / f"{item.path.name}{MARK}3.jpg").exists():
            _quarter(item.path, work)
    return items + _some(list(read_folder(work).items), size - len(items), seed)


def _some(items: Sequence[Item], size: int, seed: int) -> list[Item]:
    return [items[place] for place in np.sort(np.random.default_rng(seed).permutation(len(items))[:size]).tolist()]


def _quarter(path: Path, work: Path) -> None:
    picture = load(path.read_bytes())
    down, across = picture.shape[0] // 2, picture.shape[1] // 2
    if 2 * min(down, across) >= SIDE_PX:
        parts = [half for rows in (picture[:down], picture[down:]) for half in (rows[:, :across], rows[:, across:])]
        for number, part in enumerate(parts):
            (work / f"{path.name}{MARK}{number}.jpg").write_bytes(encode_jpeg(np.ascontiguousarray(part), quality=92))
