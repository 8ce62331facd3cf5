"""Pixels as all of PicTrace holds them: scaled to a size, or as gray levels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["WORKING_SIDE_PX", "RGBImage", "fit", "fitting_size", "to_gray"]

RGBImage = NDArray[np.uint8]
"""A picture: shape (height, width, 3), dtype uint8, 0 to 255, sRGB, EXIF-upright, laid on white or black."""

WORKING_SIDE_PX = 512
"""The long side of the picture that every metric sees."""


def fit(image: RGBImage, long_side_px: int, *, enlarge: bool = False) -> RGBImage:
    """The picture scaled so that its long side has exactly ``long_side_px`` pixels, the short at least 1.

    Shrunk by averaging areas. A picture that is small enough comes back itself, unless ``enlarge``:
    then it is enlarged linearly.
    """
    if long_side_px <= 0:
        raise ValueError(f"long_side_px must be positive, not {long_side_px}")
    height, width = image.shape[:2]
    long_side = max(height, width)
    if long_side == long_side_px or (long_side < long_side_px and not enlarge):
        return image
    size = _scaled((width, height), long_side_px)
    method = cv2.INTER_AREA if long_side > long_side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def fitting_size(size: tuple[int, int], long_side_px: int | None) -> tuple[int, int]:
    """(width, height) of a picture of this size after ``fit``; None leaves it as it is."""
    return size if long_side_px is None or max(size) <= long_side_px else _scaled(size, long_side_px)


def _scaled(size: tuple[int, int], long_side_px: int) -> tuple[int, int]:
    scale = long_side_px / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def to_gray(image: RGBImage) -> NDArray[np.uint8]:
    """Luma of a picture, (height, width), uint8 (ITU-R BT.601, as cv2.COLOR_RGB2GRAY)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
