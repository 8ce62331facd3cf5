"""Layout: SSIM at 32x32 pixels, which forgives small crops and turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np

from pictrace import kernels
from pictrace.images import UPRIGHT, VARIANTS, RGBImage, Variant
from pictrace.metrics._shared import MIN_CONTRAST, gray_square, nothing_comparable
from pictrace.metrics.base import (
    Evidence,
    FeatureBatch,
    Features,
    Layout,
    Metric,
    Pair,
    Picture,
    RawScores,
    Scale,
    Settings,
)

__all__ = ["LayoutSsim"]

SIZE_PX = 32


@dataclass(frozen=True)
class LayoutSsim(Metric):
    """Mean SSIM at 32x32 pixels: the same formula as ``ssim``, on the coarse composition alone.

    At this size one window spans a fifth of the picture, so that recompression, noise and a small
    crop or turn hardly matter; it retrieves changed copies better than 256x256 pixels does.
    """

    name: ClassVar[str] = "layout"
    title: ClassVar[str] = "Layout (SSIM, 32 px)"
    help: ClassVar[str] = (
        "Counts pictures composed alike, seen from afar. Raise it to forgive noise, small crops and slight turns."
    )
    colour: ClassVar[str] = "#56B4E9"
    order: ClassVar[int] = 15
    default_weight: ClassVar[float] = 0.7
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (SIZE_PX, SIZE_PX))
    scale: ClassVar[Scale] = Scale("mean SSIM at 32 px", worst=0.0, best=1.0)
    small: ClassVar[bool] = True
    variants: ClassVar[tuple[Variant, ...]] = VARIANTS

    size_px: int = field(default=SIZE_PX, init=False, metadata={"short": "px"})

    def extract(self, image: RGBImage) -> Features:
        square = gray_square(image, self.size_px)
        if float(square.std()) < MIN_CONTRAST:
            return self.layout.empty()
        return square[np.newaxis]

    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        return self.compare_variants({UPRIGHT: query}, batch)

    def compare_variants(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        queries = {variant: one for variant, one in queries.items() if len(one)}
        if not queries:
            return nothing_comparable(len(batch))
        raw = np.full(len(batch), np.nan, np.float32)
        chosen = np.zeros(len(batch), np.uint8)
        present = np.flatnonzero(batch.counts)
        scores = kernels.ssim_variants(np.concatenate(list(queries.values())), batch.rows)
        raw[present] = scores.max(axis=0)
        order = np.array([variant.index for variant in queries], np.uint8)
        chosen[present] = order[scores.argmax(axis=0)]
        return RawScores(raw, chosen)

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        return f"Mean SSIM {pair.raw:.2f} of the coarse compositions.", (
            Picture("Query at 32 px", _enlarged(pair.query_features)),
            Picture("Match at 32 px", _enlarged(pair.match_features)),
        )


def _enlarged(features: Features) -> RGBImage:
    big = cv2.resize(features[0], (256, 256), interpolation=cv2.INTER_NEAREST)
    return np.repeat(np.asarray(big, np.uint8)[..., np.newaxis], 3, axis=2)
