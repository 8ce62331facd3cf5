"""Steps that several metrics take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, Features, RawScores
from pictrace.images.orientation import UPRIGHT, VARIANTS, Variant, orient
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.metrics.base import Metric

__all__ = ["MIN_CONTRAST", "GraySquares", "gray_square", "nothing_comparable"]

MIN_CONTRAST = 2.0
"""Standard deviation in gray levels under which a picture counts as one flat tone.

JPEG noise on a blank scan stays below 1.5; the flattest real photographs lie above 5."""


def gray_square(image: RGBImage, size_px: int) -> NDArray[np.uint8]:
    """The picture in grayscale, (size_px, size_px) uint8, stretched to a square by area interpolation."""
    return np.asarray(cv2.resize(to_gray(image), (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def nothing_comparable(*shape: int) -> RawScores:
    """Scores of a query without features: NaN for everyone."""
    return RawScores.upright(np.full(shape, np.nan, np.float32))


@dataclass(frozen=True)
class GraySquares(Metric):
    """What metrics share whose features are one gray square of ``size_px``: shape (1, size_px, size_px) uint8.

    Its eight orientations are flips and turns of its pixels, so that one extraction serves all.
    """

    variants: ClassVar[tuple[Variant, ...]] = VARIANTS

    size_px: int = field(init=False, metadata={"short": "px"})

    def extract(self, image: RGBImage) -> Features:
        square = gray_square(image, self.size_px)
        return square[np.newaxis] if float(square.std()) >= MIN_CONTRAST else self.layout.empty()

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        return self._oriented(self.extract(image), variants)

    def turned(self, features: Features) -> dict[Variant, Features]:
        return self._oriented(features, self.variants)

    @staticmethod
    def _oriented(square: Features, variants: Sequence[Variant]) -> dict[Variant, Features]:
        if not len(square):
            return dict.fromkeys(variants, square)
        return {one: orient(square[0], one)[np.newaxis] for one in variants}

    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        return self.compare_variants({UPRIGHT: query}, batch)
