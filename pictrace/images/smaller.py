"""Thumbnails for catalogs that keep little."""

from __future__ import annotations

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import load

__all__ = ["small_thumbnail", "smaller_thumbnail"]

QUALITY = 50


def small_thumbnail(image: RGBImage, size_px: int) -> bytes:
    """A JPEG file of the picture with a long side of at most ``size_px``, in few bytes."""
    return encode_jpeg(fit(image, size_px), quality=QUALITY, smallest=True)


def smaller_thumbnail(data: bytes, size_px: int) -> bytes:
    """The same of a picture's file; as it is where that is no larger."""
    image = load(data)
    return data if max(image.shape[:2]) <= size_px else small_thumbnail(image, size_px)
