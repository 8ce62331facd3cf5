"""Pictures as a network takes them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage
from pictrace.models.spec import Preprocessing

__all__ = ["seen", "tensor_of"]


def seen(image: RGBImage, how: Preprocessing) -> RGBImage:
    """The part of a picture that the network sees, (size_px, size_px, 3) uint8.

    Shrunk by averaging areas, enlarged linearly. Of "crop", the short side becomes resize_px; the centre is cut out,
    an odd margin leaving its larger half below and to the right.
    """
    side = how.size_px
    height, width = image.shape[:2]
    if how.resize == "stretch":
        return _resized(image, side, side)
    factor = how.resize_px / min(height, width)
    high, wide = max(how.resize_px, round(height * factor)), max(how.resize_px, round(width * factor))
    if max(high, wide) > 8 * how.resize_px:  # a strip: what is far from its centre would be thrown away anyway
        image, high, wide = _middle(image, how.resize_px)
    scaled = _resized(image, wide, high)
    top, left = (high - side) // 2, (wide - side) // 2
    return np.ascontiguousarray(scaled[top : top + side, left : left + side])


def _middle(image: RGBImage, resize_px: int) -> tuple[RGBImage, int, int]:
    """The centre of a strip, about square."""
    short = min(image.shape[:2])
    top, left = (image.shape[0] - short) // 2, (image.shape[1] - short) // 2
    return np.ascontiguousarray(image[top : top + short, left : left + short]), resize_px, resize_px


def _resized(image: RGBImage, width: int, height: int) -> RGBImage:
    if image.shape[:2] == (height, width):
        return image
    shrinks = width <= image.shape[1] and height <= image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


def tensor_of(square: RGBImage, how: Preprocessing) -> NDArray[np.float32]:
    """What the network takes of ``seen``: (3, size_px, size_px) float32, (level * scale - mean) / std."""
    result = np.empty((3, *square.shape[:2]), np.float32)
    for place, channel in enumerate((0, 1, 2) if how.colours == "RGB" else (2, 1, 0)):
        factor = np.float32(how.scale / how.std[place])
        shift = np.float32(how.mean[place] / how.std[place])
        np.multiply(square[..., channel], factor, out=result[place])
        result[place] -= shift
    return result
