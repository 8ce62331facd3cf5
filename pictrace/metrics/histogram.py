"""Colours: correlation of 32x32x32 RGB histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.images import UPRIGHT, RGBImage, Variant
from pictrace.metrics._shared import nothing_comparable
from pictrace.metrics.base import (
    Evidence,
    FeatureBatch,
    Features,
    Layout,
    Metric,
    Pair,
    Profile,
    RawScores,
    Scale,
    Settings,
)

__all__ = ["Histogram"]

BINS = 32
SKETCH_SHAPE = (kernels.COARSE_BINS, 2)
SHIFT = 3  # 256 levels / 32 bins


@dataclass(frozen=True)
class Histogram(Metric):
    """Pearson correlation of the joint RGB histograms, as OpenCV's ``HISTCMP_CORREL``.

    Features: one row per occupied bin, (bin number, count modulo 65536, count div 65536), uint16,
    ascending by bin number; bin = red * 1024 + green * 32 + blue, each channel 0 to 31.
    """

    name: ClassVar[str] = "histogram"
    title: ClassVar[str] = "Colours (histogram)"
    help: ClassVar[str] = (
        "Counts pictures with the same colours, wherever they stand. Raise it to find cropped and turned copies."
    )
    colour: ClassVar[str] = "#D55E00"
    order: ClassVar[int] = 30
    default_weight: ClassVar[float] = 0.3
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint16), (3,))
    sketch_layout: ClassVar[Layout | None] = Layout(np.dtype(np.uint16), SKETCH_SHAPE)
    scale: ClassVar[Scale] = Scale("correlation", worst=0.0, best=1.0)

    bins: int = field(default=BINS, init=False, metadata={"short": "b"})

    def extract(self, image: RGBImage) -> Features:
        counts = cv2.calcHist([image], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3).ravel()
        occupied = np.flatnonzero(counts)
        kept = counts[occupied].astype(np.int64)  # float32, exact up to 2 ** 24 pixels
        return np.stack([occupied, kept & 0xFFFF, kept >> 16], axis=1).astype(np.uint16)

    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        if not len(query):
            return nothing_comparable(len(batch))
        return RawScores.upright(
            kernels.histogram_correlation(query[:, 0], counts_of(query), batch.rows, batch.offsets, bins=BINS**3)
        )

    def sketch(self, features: Features) -> Features:
        return kernels.largest_bins(features)[np.newaxis] if len(features) else np.empty((0, *SKETCH_SHAPE), np.uint16)

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        rough = np.full(len(sketches), np.nan, np.float32)
        query = self.sketch(queries[UPRIGHT])
        if len(query):
            rough[sketches.counts > 0] = kernels.histogram_coarse(query[0], sketches.rows)
        return rough

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        positions = (np.arange(BINS, dtype=np.float32) + 0.5) * (1 << SHIFT)
        parts = tuple(
            Profile(f"{name} in both pictures", f"{name}, 0 to 255", positions, query, match, colour)
            for (name, colour), query, match in zip(
                (("Red", "#CC3311"), ("Green", "#228833"), ("Blue", "#4477AA")),
                _channels(pair.query_features),
                _channels(pair.match_features),
                strict=True,
            )
        )
        return f"The colour histograms correlate by {pair.raw:.2f}.", parts


def counts_of(features: Features) -> NDArray[np.float32]:
    """Pixels per occupied bin, (k,) float32: exact, since no picture here has 2**24 pixels of one bin."""
    return np.asarray(features[:, 1] + 65536.0 * features[:, 2], np.float32)


def _channels(features: Features) -> NDArray[np.float32]:
    """Share of the pixels per level of red, green and blue: (3, 32) float32."""
    codes, counts = features[:, 0].astype(np.int64), counts_of(features)
    levels = (codes >> 10, codes >> 5 & 31, codes & 31)
    shares = [np.bincount(level, counts, BINS) / counts.sum() for level in levels]
    return np.array(shares, np.float32)
