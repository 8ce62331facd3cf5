"""Whether what differs between two drawings is something in the place of something else, not something laid over."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.frames import Frame
from pictrace.images.pixels import RGBImage

__all__ = ["share_replaced"]

Mask = NDArray[np.bool_]

DIFFERENT_LEVELS, KEPT_LEVELS, INK_LEVELS = 60, 40, 50
SAME_TONES_LEVELS = 8
APART_PX = 13  # letters of a word are nearer to each other
BORDER_PX, AROUND_PX = 9, 7
LEAST_PX, LEAST_INK_PX, LEAST_INK = 40, 15, 0.2
KEPT = 0.27
BINS = 16


def share_replaced(frame: Frame, common: Mask) -> float:
    """Of the pixels that differ, how many lie where both show something of their own, and hardly any of it is kept.

    What is laid over a drawing hides a part of what stands there, and leaves the rest to be seen between its letters or
    beside it; of what has been replaced next to nothing is left. Says nothing, 0.0, where other tones make levels
    incomparable.

    Parameters
    ----------
    common
        (h, w) bool, where both show content.
    """
    apart = cv2.absdiff(frame.query, frame.candidate).max(axis=2)
    differing = np.asarray((apart > DIFFERENT_LEVELS) & common, np.bool_)
    rest = common & (apart <= DIFFERENT_LEVELS)
    if not differing.any() or not rest.any() or np.median(apart[rest]) > SAME_TONES_LEVELS:
        return 0.0
    whole = cv2.morphologyEx(differing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    joined = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((APART_PX, APART_PX), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    replaced = total = 0
    for label in range(1, count):
        left, top, width, height, area = (int(one) for one in stats[label])
        if area < LEAST_PX:
            continue
        rows = slice(max(0, top - BORDER_PX), top + height + BORDER_PX)
        columns = slice(max(0, left - BORDER_PX), left + width + BORDER_PX)
        place = np.asarray(labels[rows, columns] == label, np.bool_)
        here = int(whole[rows, columns][place].sum())
        total += here
        pair = frame.query[rows, columns], frame.candidate[rows, columns]
        if _hardly_kept(pair, place, np.asarray(apart[rows, columns] < KEPT_LEVELS, np.bool_)):
            replaced += here
    return replaced / total if total else 0.0


def _hardly_kept(pair: tuple[RGBImage, RGBImage], place: Mask, same: Mask) -> bool:
    """Whether both have ink in a place, and hardly any of the one's with less is the other's, too."""
    hull = np.zeros(place.shape, np.uint8)
    points = np.argwhere(place)[:, ::-1].astype(np.int32)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    inside = hull > 0
    ring = (cv2.dilate(hull, np.ones((2 * AROUND_PX + 1,) * 2, np.uint8)) > 0) & ~inside
    if not ring.any():
        return False
    inks = [inside & (np.abs(one.astype(np.int16) - _ground(one[ring])).max(axis=2) > INK_LEVELS) for one in pair]
    less, more = sorted(inks, key=lambda ink: int(ink.sum()))
    count = int(less.sum())
    if count < max(LEAST_INK_PX, LEAST_INK * int(more.sum())):
        return False
    return int((less & same).sum()) < KEPT * count


def _ground(around: NDArray[np.uint8]) -> NDArray[np.int16]:
    """(3,): the colour that most of these pixels have, about."""
    codes = (around // BINS).astype(np.int32) @ np.array([256, 16, 1], np.int32)
    most = np.bincount(codes).argmax()
    return np.asarray(np.median(around[codes == most], axis=0), np.int16)
