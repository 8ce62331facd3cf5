"""The best match laid on the query, small: what one sees before any details are opened."""

from __future__ import annotations

import numpy as np

from pictrace.diagnosis.registration import register
from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import load

__all__ = ["aligned"]

GROUND = 128


def aligned(query: RGBImage, thumbnail: bytes) -> bytes:
    """A match as it lies in the query.

    Parameters
    ----------
    query
        (h, w, 3) uint8.
    thumbnail
        The match as the catalog keeps it, JPEG.

    Returns
    -------
    bytes
        JPEG of the query's proportions, gray where the match does not reach; empty where it is not sure how it lies, or
        what another catalog brought for a thumbnail is none.
    """
    try:
        match = load(thumbnail)
    except ImageError:
        return b""
    size = fit(query, max(match.shape[:2]))
    found = register(size, match)
    if found is None or not found.sure:
        return b""
    warped, reached = found.warped(match, size.shape)
    return encode_jpeg(np.where(reached[..., np.newaxis], warped, GROUND).astype(np.uint8))
