"""The working picture of a file, decoded here or in a process of its own, and never too many at once."""

from __future__ import annotations

from dataclasses import replace

from pictrace.errors import ImageError
from pictrace.faults import as_own
from pictrace.images.budget import Budget, given_up_here
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo, open_image
from pictrace.images.workers import default_decoders

__all__ = ["load_picture", "look_at_header"]

DECODING = Budget(1_000_000_000)
"""Bytes, of the whole process."""


def load_picture(data: bytes, limits: DecodeLimits) -> tuple[ImageInfo, RGBImage]:
    """What the header says, and the picture that all metrics see.

    Parameters
    ----------
    data
        The bytes of a picture's file.
    limits
        What it may cost, and whether it is decoded apart.

    Raises
    ------
    ImageError
        Where it is none, or beyond the limits.
    StoppedError
        Where it was given up, see ``budget.giving_up``.
    """
    if limits.apart:
        return default_decoders().load(data, limits, given_up_here())
    with as_own(ImageError, f"a picture of {len(data):,} bytes"):
        opened = open_image(data, limits)
        with DECODING.hold(opened.memory_bytes, given_up_here()):
            image = opened.working()
            return replace(opened.info, notes=opened.notes), image


def look_at_header(data: bytes, limits: DecodeLimits) -> ImageInfo:
    """What the header says; raises like load_picture."""
    if limits.apart:
        return default_decoders().info(data, limits, given_up_here())
    with as_own(ImageError, f"a picture of {len(data):,} bytes"):
        return open_image(data, limits).info
