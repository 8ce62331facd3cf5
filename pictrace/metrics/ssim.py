"""Structure: the structural similarity index (SSIM) on small gray squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.images import Variant
from pictrace.metrics._shared import GraySquares, nothing_comparable
from pictrace.metrics.base import (
    Evidence,
    FeatureBatch,
    Features,
    Layout,
    Pair,
    Picture,
    RawScores,
    Scale,
    Settings,
)

__all__ = ["Ssim"]

SIZE_PX = 256
SKETCH_PX = 32


@dataclass(frozen=True)
class Ssim(GraySquares):
    """Mean SSIM of both pictures in grayscale, stretched to 256x256 pixels.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE Transactions on Image Processing
    13 (2004), doi:10.1109/TIP.2003.819861; window 7, uniform, sample covariance, as scikit-image's
    ``structural_similarity(..., data_range=255)``.

    Of the query's eight orientations, the one that fits best at 32x32 pixels is compared.
    """

    name: ClassVar[str] = "ssim"
    title: ClassVar[str] = "Structure (SSIM)"
    help: ClassVar[str] = (
        "Counts pictures whose light and dark fall in the same places. Raise it to find copies in the same framing."
    )
    colour: ClassVar[str] = "#0072B2"
    order: ClassVar[int] = 10
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (SIZE_PX, SIZE_PX))
    scale: ClassVar[Scale] = Scale("mean SSIM", worst=0.0, best=1.0)

    size_px: int = field(default=SIZE_PX, init=False, metadata={"short": "px"})

    def compare_variants(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        queries = {variant: one for variant, one in queries.items() if len(one)}
        raw = np.full(len(batch), np.nan, np.float32)
        chosen = np.zeros(len(batch), np.uint8)
        present = np.flatnonzero(batch.counts)
        if not queries or not len(present):
            return nothing_comparable(len(batch))
        rows = batch.rows  # one row per present candidate, in order
        variants = list(queries)
        squares = np.concatenate(list(queries.values()))
        best = np.zeros(len(rows), np.intp)
        if len(variants) > 1:
            sketches = np.stack([_sketch(square) for square in squares])
            best = kernels.ssim_variants(sketches, _sketches(rows)).argmax(axis=0)
        values = kernels.ssim_chosen(squares, best, rows)
        raw[present] = values
        chosen[present] = np.array([variant.index for variant in variants], np.uint8)[best]
        return RawScores(raw, chosen)

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        first, second = pair.query_features[0], pair.match_features[0]
        heat = cv2.applyColorMap(_local_difference(first, second), cv2.COLORMAP_CIVIDIS)
        return f"Mean SSIM {pair.raw:.2f} over all windows of 7x7 pixels.", (
            Picture("Query, 256 px gray", np.repeat(first[..., np.newaxis], 3, axis=2)),
            Picture("Match, 256 px gray", np.repeat(second[..., np.newaxis], 3, axis=2)),
            Picture("Where they differ (bright)", np.ascontiguousarray(heat[..., ::-1])),
        )


def _sketches(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All rows at 32 px, (n, 32, 32)."""
    small = np.empty((len(rows), SKETCH_PX, SKETCH_PX), np.uint8)

    def fill(start: int, stop: int) -> None:
        for place in range(start, stop):
            cv2.resize(rows[place], (SKETCH_PX, SKETCH_PX), small[place], interpolation=cv2.INTER_AREA)

    kernels.run_chunks(fill, len(rows), min_chunk=16)
    return small


def _sketch(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(square, (SKETCH_PX, SKETCH_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _local_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from skimage.metrics import structural_similarity  # slow to import, needed for explanations only

    _, local = structural_similarity(first, second, data_range=255, full=True)  # type: ignore[no-untyped-call]
    return np.asarray(np.clip((1.0 - local) * 127.5, 0, 255), np.uint8)
