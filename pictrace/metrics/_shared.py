"""Steps that several metrics take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.features import Features
from pictrace.images.orientation import Variant
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.metrics.capabilities import ComparesTogether
from pictrace.metrics.orientations import SQUARES, Orientations

__all__ = ["MIN_CONTRAST", "GraySquares", "gray_square", "variant_indices"]

MIN_CONTRAST = 2.0
"""Standard deviation in gray levels under which a picture counts as one flat tone.

JPEG noise on a blank scan stays below 1.5; the flattest real photographs lie above 5."""


def gray_square(image: RGBImage, size_px: int) -> NDArray[np.uint8]:
    """The picture in grayscale, (size_px, size_px) uint8, stretched to a square by area interpolation."""
    return np.asarray(cv2.resize(to_gray(image), (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def variant_indices(variants: Iterable[Variant]) -> NDArray[np.uint8]:
    """By position, what RawScores calls these orientations."""
    return np.array([variant.index for variant in variants], np.uint8)


@dataclass(frozen=True)
class GraySquares(ComparesTogether):
    """What metrics share whose features are one gray square of ``size_px``: shape (1, size_px, size_px) uint8.

    Its eight orientations are flips and turns of its pixels, so that one extraction serves all.
    """

    orientations: ClassVar[Orientations] = SQUARES

    size_px: int = field(init=False, metadata={"short": "px"})

    def extract(self, image: RGBImage) -> Features:
        square = gray_square(image, self.size_px)
        return square[np.newaxis] if float(square.std()) >= MIN_CONTRAST else self.layout.empty()
