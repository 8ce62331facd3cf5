"""Layout: SSIM at 32x32 pixels, which forgives small crops and turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import FeatureBatch, Features, Layout, RawScores, Scale, Settings
from pictrace.images.orientation import Variant
from pictrace.images.pixels import RGBImage
from pictrace.metrics._local_ssim import heat_map, local_ssim
from pictrace.metrics._shared import GraySquares, variant_indices
from pictrace.metrics.capabilities import Mapped, Sketched
from pictrace.metrics.evidence import Evidence, Pair, Picture
from pictrace.told import told

__all__ = ["LayoutSsim"]

SIZE_PX = 32
SKETCH_PX = 8


@dataclass(frozen=True)
class LayoutSsim(GraySquares, Sketched, Mapped):
    """Mean SSIM at 32x32 pixels: the same formula as ``ssim``, on the coarse composition alone.

    At this size one window spans a fifth of the picture, so that recompression, noise and a small
    crop or turn hardly matter; it retrieves changed copies better than 256x256 pixels does.
    """

    name: ClassVar[str] = "layout"
    title: ClassVar[str] = "Layout (SSIM, 32 px)"
    help: ClassVar[str] = (
        "The same composition, seen from afar. Raise it to forgive noise, small crops and slight rotation."
    )
    formula: ClassVar[str] = (
        r"\text{SSIM}(x, y) = \frac{(2\mu_x\mu_y + c_1)(2\sigma_{xy} + c_2)}"
        r"{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}"
    )
    in_words: ClassVar[str] = (
        "The same as Structure, on squares of 32 px: of a picture seen from so far away, only the composition is left."
    )
    fails: ClassVar[str] = (
        "Pictures composed alike, such as portraits in the middle of a plain ground, come near one another; a crop to "
        "half of the area is lost."
    )
    colour: ClassVar[str] = "#56B4E9"
    order: ClassVar[int] = 15
    default_weight: ClassVar[float] = 0.2
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (SIZE_PX, SIZE_PX))
    scale: ClassVar[Scale] = Scale("mean SSIM at 32 px", worst=0.0, best=1.0)
    small: ClassVar[bool] = True
    sketch_layout: ClassVar[Layout] = Layout(np.dtype(np.int8), (SKETCH_PX, SKETCH_PX))
    map_order: ClassVar[int] = 20
    preselected: ClassVar[int] = 25

    size_px: int = field(default=SIZE_PX, init=False, metadata={"short": "px"})

    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        scores = kernels.ssim_variants(np.concatenate(list(queries.values())), batch.rows)
        return RawScores(scores.max(axis=0), variant_indices(queries)[scores.argmax(axis=0)])

    def sketch(self, features: Features) -> Features:
        """8x8 pixels, their mean taken off, scaled to a length of 256 and rounded."""
        if not len(features):
            return np.empty((0, SKETCH_PX, SKETCH_PX), np.int8)
        return np.clip(_direction(features[0]) * 256, -127, 127).round().astype(np.int8)[np.newaxis]

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        """The best correlation over the orientations: one matrix product for all."""
        rough = np.full(len(sketches), np.nan, np.float32)
        directions = [_direction(one[0]).ravel() for one in queries.values() if len(one)]
        if directions:
            matrix = np.stack(directions, axis=1)
            best = np.empty(len(sketches.rows), np.float32)
            flat = sketches.rows.reshape(len(best), -1)

            def fill(start: int, stop: int) -> None:
                best[start:stop] = (flat[start:stop].astype(np.float32) @ matrix).max(axis=1)

            kernels.run_chunks(fill, len(best), min_chunk=4096)
            rough[sketches.counts > 0] = best
        return rough

    @property
    def vector_size(self) -> int:
        return self.size_px**2

    def points(self, rows: Features) -> NDArray[np.float32]:
        """The squares without their mean, of length 1: distances follow the correlation, as SSIM's structure does."""
        squares = rows.reshape(-1, self.vector_size).astype(np.float32)
        return super().points(squares - squares.mean(axis=1, keepdims=True))

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        local = local_ssim(pair.query_features[0], pair.match_features[0])
        query, match = (_enlarged(one) for one in (pair.query_features, pair.match_features))
        return (
            told(
                "Mean SSIM {value} of both pictures in grey at {size} × {size} pixels. Its parts: "
                "luminance {luminance}, contrast {contrast}, structure {structure}.",
                value=f"{pair.raw:.2f}",
                size=self.size_px,
                luminance=f"{local.luminance.mean():.2f}",
                contrast=f"{local.contrast.mean():.2f}",
                structure=f"{local.structure.mean():.2f}",
            ),
            (
                Picture(told("Your picture at 32 px"), query),
                Picture(told("The match at 32 px"), match),
                heat_map(told("Where the layout differs"), match, local.product),
            ),
        )


def _direction(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8x8 pixels without their mean, of length 1."""
    small = cv2.resize(square, (SKETCH_PX, SKETCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return np.asarray(small / max(1e-6, float(np.linalg.norm(small))), np.float32)


def _enlarged(features: Features) -> RGBImage:
    big = cv2.resize(features[0], (256, 256), interpolation=cv2.INTER_NEAREST)
    return np.repeat(np.asarray(big, np.uint8)[..., np.newaxis], 3, axis=2)
