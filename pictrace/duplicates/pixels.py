"""Whether two files hold the same pixels, but for a quarter turn, a mirror, or rounding where they were saved."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.orientation import VARIANTS, Variant, orient
from pictrace.images.pixels import RGBImage

__all__ = ["same_pixels"]

ROUNDING, SAVED = 0.3, 4.0
"""Mean difference in levels that decoders make of the same data; and that saving turned data by JPEG again makes, where
both were saved at one quality."""

BLOCK_PX, BLOCK_LEVELS = 16, 4.0
"""Saving keeps the means of blocks; what differs in one was changed."""


def same_pixels(one: RGBImage, other: RGBImage, *, saved_alike: bool = False) -> bool:
    """Whether one of the eight ways to lay the first on the table is the second.

    Parameters
    ----------
    one, other : (h, w, 3) uint8
        Whole pictures, upright as their files say.
    saved_alike
        Both are JPEGs of one quality.
    """
    for variant in _fitting(one, other):
        turned = orient(one, variant)
        apart = cv2.absdiff(turned, other)
        if float(apart.mean()) <= (SAVED if saved_alike else ROUNDING):
            return _farthest_block(turned, other) <= BLOCK_LEVELS
    return False


def _fitting(one: RGBImage, other: RGBImage) -> list[Variant]:
    small = _small(other)
    able = [variant for variant in VARIANTS if one.shape[variant.quarter_turns % 2] == other.shape[0]]
    able = [variant for variant in able if one.shape[1 - variant.quarter_turns % 2] == other.shape[1]]
    return sorted(able, key=lambda variant: float(cv2.absdiff(_small(orient(one, variant)), small).mean()))[:1]


def _small(picture: RGBImage) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA), np.uint8)


def _farthest_block(one: RGBImage, other: RGBImage) -> float:
    apart = one.astype(np.float32) - other
    height, width = (max(1, side // BLOCK_PX) for side in one.shape[:2])
    return float(np.abs(cv2.resize(apart, (width, height), interpolation=cv2.INTER_AREA)).max())
