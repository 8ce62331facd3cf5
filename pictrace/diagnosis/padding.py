"""What was added around a picture: bars along its edges, or the corners that turning it leaves empty."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage

__all__ = ["Bars", "Padding", "no_padding", "padding"]

Bars = tuple[float, float, float, float]
"""left, top, right, bottom, in shares of the sides."""

Mask = NDArray[np.bool_]

TOLERANCES = (6, 18)  # levels within a part: strict first, as dark content must not be joined to black bars
PLAIN_LEVELS, PLAIN_SHARE = 3, 0.85  # a sky is less plain
RIPPLE_LEVELS = 10  # strong compression leaves so much of it in black and white
SAMPLES = 2000
MOST = 0.9
LEAST_BAR = 0.012  # of the side
GOING_ON = 0.01
LEAST_PART = 0.001  # of the picture
LINE_UNLIKE = 0.5
APART_LEVELS = 20
REACH_PX = 6  # what compression spoils beside padding


@dataclass(frozen=True)
class Padding:
    """covered: (h, w) bool, what is of one colour and begins at a corner; unlike: where the other picture differs."""

    covered: Mask
    unlike: Mask

    @property
    def mask(self) -> Mask:
        """(h, w) bool: the padding, with the pixels beside it that compression spoils."""
        side = 2 * REACH_PX + 1
        inside = (self.covered & self.unlike).astype(np.uint8)
        return np.asarray(cv2.dilate(inside, np.ones((side, side), np.uint8)) > 0)

    def confirmed(self, picture: RGBImage, predicted: RGBImage, reached: Mask) -> Padding:
        """Only where the other picture does not reach, or predicts something else, (h, w, 3) uint8."""
        apart = cv2.absdiff(cv2.blur(picture, (5, 5)), cv2.blur(predicted, (5, 5)))
        red, green, blue = cv2.split(apart)
        unlike = (cv2.max(red, cv2.max(green, blue)) > APART_LEVELS) | ~reached
        if (self.covered & unlike).mean() < LEAST_PART:
            return no_padding(picture.shape)
        return replace(self, unlike=np.asarray(unlike, np.bool_))

    @property
    def bars(self) -> Bars:
        """Whole rows and columns of padding along the edges."""
        return self._lines(ending=False)

    @property
    def ending_bars(self) -> Bars:
        """Only those that end where the other picture does, not those that go on as a black sky would."""
        return self._lines(ending=True)

    def _lines(self, *, ending: bool) -> Bars:
        found = []
        for axis in (0, 1):
            plain = self.covered.mean(axis=axis) > 0.95
            full = plain & (self.unlike.mean(axis=axis) > LINE_UNLIKE)
            for lines in ((plain, full), (plain[::-1], full[::-1])):
                of_one_colour, count = (len(line) if line.all() else int(np.argmin(line)) for line in lines)
                goes_on = of_one_colour - count > GOING_ON * len(full)
                least = LEAST_BAR * len(full) <= count < len(full)
                found.append(count / len(full) if least and not (ending and goes_on) else 0.0)
        left, right, top, bottom = found
        return left, top, right, bottom


def no_padding(shape: tuple[int, ...]) -> Padding:
    return Padding(np.zeros(shape[:2], np.bool_), np.zeros(shape[:2], np.bool_))


def padding(picture: RGBImage) -> Padding:
    """What may be padding of a picture (h, w, 3) uint8, to be confirmed by another one."""
    height, width = picture.shape[:2]
    smooth = cv2.blur(picture, (3, 3))
    covered = np.zeros(picture.shape[:2], np.bool_)
    for tolerance in TOLERANCES:
        levels = (tolerance,) * 3
        for x, y in ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)):
            part = np.zeros((height + 2, width + 2), np.uint8)
            flags = 4 | 1 << 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
            cv2.floodFill(smooth, part, (x, y), 0, levels, levels, flags)
            inner = part[1:-1, 1:-1] > 0  # floodFill also marks the border that it adds
            if not covered[inner].any() and _plain(picture[inner]):
                covered |= inner
    if covered.mean() > MOST:
        return no_padding(picture.shape)
    return Padding(covered, np.ones_like(covered))


def _plain(levels: NDArray[np.uint8]) -> bool:
    """Of one colour, rather than a sky: (n, 3) uint8."""
    few = levels[:: max(1, len(levels) // SAMPLES)].astype(np.int16)
    middle = np.median(few, axis=0)
    extreme = middle.max() <= RIPPLE_LEVELS or middle.min() >= 255 - RIPPLE_LEVELS
    near = np.abs(few - middle).max(axis=1) <= (RIPPLE_LEVELS if extreme else PLAIN_LEVELS)
    return bool(near.mean() > PLAIN_SHARE)
