"""All pixels of a picture's file, not only the working picture that all else sees."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import numpy as np

from pictrace.images.loading import load_picture
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo, open_image
from pictrace.images.region import Region, region_of, with_region

__all__ = ["whole_picture"]

MOST_PIXELS, MOST_APART = 25_000_000, 4_000_000
"""Of a file that is decoded whole; of one that is decoded apart, which comes in pieces of a working picture's size."""


def whole_picture(data: bytes, info: ImageInfo, shown: RGBImage, limits: DecodeLimits) -> RGBImage | None:
    """(h, w, 3) uint8, upright; None where that would be too much.

    Parameters
    ----------
    data
        The file.
    info, shown
        As load_picture gives them.
    limits
        What it may cost, and whether it is decoded apart: then piece by piece.
    """
    if (info.height, info.width) == shown.shape[:2]:
        return shown
    if region_of(data)[1] is not None or info.width * info.height > (MOST_APART if limits.apart else MOST_PIXELS):
        return None
    if not limits.apart:
        return open_image(data, limits).pixels()
    rows = [
        np.hstack([
            load_picture(with_region(data, Region(left, top, right - left, bottom - top)), limits)[1]
            for left, right in pairwise(_edges(info.width))
        ])
        for top, bottom in pairwise(_edges(info.height))
    ]  # fmt: skip
    return np.ascontiguousarray(np.vstack(rows))


def _edges(side: int) -> list[int]:
    """Of pieces that are as long as each other, and no longer than a working picture."""
    count = ceil(side / WORKING_SIDE_PX)
    return [round(side * place / count) for place in range(count + 1)]
