"""Whether things moved between two pictures that lie on each other: then a camera took both, one after the other.

What somebody lays over a picture hides a part of it; what moves by itself is found again beside its place, and all of
it went the same way. So small patches that differ are looked for around, and those that went one way are counted:
chance, letters and edges send them everywhere. What is found in several places, and was there before, is a pattern.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["things_moved"]

SIDE_PX, STEP_PX = 13, 4
REACH = 0.16
"""How far things are looked for, in shares of the long side."""

TEXTURE = 5.0  # deviation in gray levels of what can be found again
UNLIKE, FOUND = 0.6, 0.75
AWAY_PX = 3
ALONE = 0.05
"""Correlation by which the place where a patch was found is better than any that is not beside it."""

SURELY, GOES_ON = 0.85, 0.75
"""Found so well, a patch of several places counts, too, if what was there before correlates with it by less."""

ONE_WAY = 0.25
"""Share, of the patches that were found, that went one way where something moved: of two things, each has a half."""

MOST = 400  # patches looked for, evenly chosen from all
TOGETHER_PX = 1
FEWEST = 10
"""Patches that went one way, of a grid of STEP_PX; of those looked for, at least SEEN."""

SEEN = 6


def things_moved(first: NDArray[np.uint8], second: NDArray[np.uint8], inside: NDArray[np.bool_]) -> bool:
    """Whether a part of the one is found elsewhere in the other.

    Parameters
    ----------
    first, second : (h, w) uint8 array
        Gray, in one frame.
    inside : (h, w) bool array
        Where both show something.
    """
    return any(_went_one_way(*pair, inside) >= FEWEST for pair in ((first, second), (second, first)))


def _went_one_way(one: NDArray[np.uint8], other: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    """How many patches of the one that differ were moved alike in the other."""
    differing = _differing(one, other, inside)
    if len(differing) < FEWEST:
        return 0.0
    chosen = np.unique(np.linspace(0, len(differing) - 1, MOST).round().astype(int))
    steps = [step for place in chosen if (step := _step(one, other, inside, *differing[place])) is not None]
    if not steps:
        return 0.0
    ways = np.array(steps)
    together = np.abs(ways[:, np.newaxis] - ways).max(axis=2) <= TOGETHER_PX
    most = int(together.sum(axis=1).max())
    return most * len(differing) / len(chosen) if most >= max(SEEN, ONE_WAY * len(steps)) else 0.0


def _differing(one: NDArray[np.uint8], other: NDArray[np.uint8], inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(top, left) of the patches of the one that have a texture, and of which the other shows something else."""
    if min(one.shape) < SIDE_PX:
        return []
    whole = _patches(inside).all(axis=(2, 3))
    mine, theirs = (_patches(levels)[whole].astype(np.float32) for levels in (one, other))
    mine -= mine.mean(axis=(1, 2), keepdims=True)
    theirs -= theirs.mean(axis=(1, 2), keepdims=True)
    deviation, beside = (np.sqrt((levels**2).mean(axis=(1, 2))) for levels in (mine, theirs))
    alike = (mine * theirs).mean(axis=(1, 2)) / np.maximum(deviation * beside, 1e-6)
    places = np.argwhere(whole)[(deviation >= TEXTURE) & (alike < UNLIKE)] * STEP_PX
    return [(int(top), int(left)) for top, left in places]


def _patches(levels: NDArray[Any]) -> NDArray[Any]:
    """(rows, columns, SIDE_PX, SIDE_PX) those of the grid."""
    return np.lib.stride_tricks.sliding_window_view(levels, (SIDE_PX, SIDE_PX))[::STEP_PX, ::STEP_PX]


def _step(
    one: NDArray[np.uint8], other: NDArray[np.uint8], inside: NDArray[np.bool_], top: int, left: int
) -> tuple[int, int] | None:
    """How far (down, across) a patch of the one lies from its place in the other; None where it is not found."""
    reach = max(8, round(REACH * max(one.shape)))
    above, before = max(0, top - reach), max(0, left - reach)
    patch = one[_patch(top, left)]
    around = other[above : top + SIDE_PX + reach, before : left + SIDE_PX + reach]
    score = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
    score[~np.isfinite(score)] = -1.0  # a flat place has no correlation
    _, best, _, (x, y) = cv2.minMaxLoc(score)
    there = above + y, before + x
    step = there[0] - top, there[1] - left
    if best < FOUND or max(map(abs, step)) < AWAY_PX or not inside[_patch(*there)].all():
        return None
    if best >= SURELY and _alike(patch, one[_patch(*there)]) < GOES_ON:
        return step
    for down, across in ((y, x), (top - above, left - before)):
        score[max(0, down - AWAY_PX) : down + AWAY_PX + 1, max(0, across - AWAY_PX) : across + AWAY_PX + 1] = -1.0
    return step if best - score.max() >= ALONE else None


def _patch(top: int, left: int) -> tuple[slice, slice]:
    return slice(top, top + SIDE_PX), slice(left, left + SIDE_PX)


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    score = float(cv2.matchTemplate(np.ascontiguousarray(one), np.ascontiguousarray(other), cv2.TM_CCOEFF_NORMED)[0, 0])
    return score if np.isfinite(score) else 0.0
