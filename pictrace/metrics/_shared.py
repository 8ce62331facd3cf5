"""Steps that several metrics take."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images import RGBImage, Variant, orient, to_gray
from pictrace.metrics.base import Features, RawScores

__all__ = ["MIN_CONTRAST", "gray_square", "nothing_comparable", "oriented_squares"]

MIN_CONTRAST = 2.0
"""Standard deviation in gray levels under which a picture counts as one flat tone.

JPEG noise on a blank scan stays below 1.5; the flattest real photographs lie above 5."""


def gray_square(image: RGBImage, size_px: int) -> NDArray[np.uint8]:
    """The picture in grayscale, (size_px, size_px) uint8, stretched to a square by area interpolation."""
    return np.asarray(cv2.resize(to_gray(image), (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def nothing_comparable(*shape: int) -> RawScores:
    """Scores of a query without features: NaN for everyone."""
    return RawScores.upright(np.full(shape, np.nan, np.float32))


def oriented_squares(square: Features, variants: Sequence[Variant]) -> dict[Variant, Features]:
    """The eight orientations of a square are flips and turns of its pixels: one extraction serves all."""
    if not len(square):
        return dict.fromkeys(variants, square)
    return {one: orient(square[0], one)[np.newaxis] for one in variants}
