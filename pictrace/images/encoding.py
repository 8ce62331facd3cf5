"""Pixels to the bytes of a file."""

from __future__ import annotations

import cv2
import numpy as np

from pictrace.errors import ImageError
from pictrace.images.pixels import RGBImage, fit
from pictrace.told import told

__all__ = ["encode_jpeg", "encode_png", "thumbnail"]


def encode_jpeg(image: RGBImage, *, quality: int = 85, smallest: bool = False) -> bytes:
    """A JPEG file of the picture; ImageError where a side has more than 65,500 pixels.

    smallest: with Huffman tables of its own, which take a second pass.
    """
    return _encode(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, int(smallest)])


def encode_png(image: RGBImage) -> bytes:
    """A PNG file of the picture, without loss."""
    return _encode(image, ".png", [])


def thumbnail(image: RGBImage, size_px: int = 320) -> bytes:
    """A JPEG file of the picture with a long side of at most ``size_px``.

    Down to a half, each pixel is a mean of its four neighbours anyway, and five times quicker to get.
    """
    height, width = image.shape[:2]
    shrink = max(height, width) / size_px
    if not 1 < shrink <= 2:
        return encode_jpeg(fit(image, size_px))
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    return encode_jpeg(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8))


def _encode(image: RGBImage, suffix: str, options: list[int]) -> bytes:
    written, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not written:
        height, width = image.shape[:2]
        raise ImageError(
            told(
                "{width} x {height} pixels do not fit into a {suffix} file: shrink the picture",
                width=width,
                height=height,
                suffix=suffix,
            )
        )
    return encoded.tobytes()
