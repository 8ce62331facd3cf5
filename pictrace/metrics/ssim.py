"""Structure: the structural similarity index (SSIM) on small gray squares."""

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
from pictrace.metrics._local_ssim import heat_map, local_ssim, most_different
from pictrace.metrics._shared import GraySquares, variant_indices
from pictrace.metrics.evidence import Boxes, Evidence, Pair, Term, Terms
from pictrace.told import joined, told

__all__ = ["Ssim"]

SIZE_PX = 256
SKETCH_PX = 32

PRODUCT = r"\mathrm{SSIM}(x, y) = l(x, y) \cdot c(x, y) \cdot s(x, y)"
LUMINANCE = r"l = \frac{2 \mu_x \mu_y + C_1}{\mu_x^2 + \mu_y^2 + C_1}"
CONTRAST = r"c = \frac{2 \sigma_x \sigma_y + C_2}{\sigma_x^2 + \sigma_y^2 + C_2}"
STRUCTURE = r"s = \frac{\sigma_{xy} + C_2 / 2}{\sigma_x \sigma_y + C_2 / 2}"
SOURCE = "Wang, Bovik, Sheikh, Simoncelli: Image quality assessment (2004), doi:10.1109/TIP.2003.819861"


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
    help: ClassVar[str] = "Light and dark in the same places. Raise it to find copies in the same framing."
    formula: ClassVar[str] = (
        r"\text{SSIM}(x, y) = \frac{(2\mu_x\mu_y + c_1)(2\sigma_{xy} + c_2)}"
        r"{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}"
    )
    in_words: ClassVar[str] = (
        r"Both pictures become gray squares of 256 px. $x$ and $y$ are windows of 7 × 7 px in the same place of "
        r"both, $\mu$ their means, $\sigma^2$ their variances, $\sigma_{xy}$ how they vary together, $c_1$ and "
        r"$c_2$ small constants. The value is the mean over all windows."
    )
    fails: ClassVar[str] = (
        "A slight crop or rotation moves every detail out of its window: the value falls to that of a stranger. Smooth "
        "pictures, such as two skies, look alike to it."
    )
    colour: ClassVar[str] = "#0072B2"
    order: ClassVar[int] = 10
    default_weight: ClassVar[float] = 0.1
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (SIZE_PX, SIZE_PX))
    scale: ClassVar[Scale] = Scale("mean SSIM", worst=0.0, best=1.0)

    size_px: int = field(default=SIZE_PX, init=False, metadata={"short": "px"})

    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        squares = np.concatenate(list(queries.values()))
        best = np.zeros(len(batch), np.intp)
        if len(squares) > 1:
            sketches = np.stack([_sketch(square) for square in squares])
            best = kernels.ssim_variants(sketches, kernels.shrunk(batch.rows, SKETCH_PX)).argmax(axis=0)
        return RawScores(kernels.ssim_chosen(squares, best, batch.rows), variant_indices(queries)[best])

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        local = local_ssim(pair.query_features[0], pair.match_features[0])
        regions = most_different(local.product)
        boxed = told("The biggest differences are boxed.") if regions else told("No region differs much.")
        mean = told(
            "Mean SSIM {value} over windows of 7 × 7 pixels, both pictures in grey at {size} × {size} pixels.",
            value=f"{pair.raw:.2f}",
            size=self.size_px,
        )
        terms = (
            Term(told("Luminance"), LUMINANCE, local.luminance),
            Term(told("Contrast"), CONTRAST, local.contrast),
            Term(told("Structure"), STRUCTURE, local.structure),
        )
        return joined(mean, boxed), (
            heat_map(told("Where the structure differs"), pair.match, local.product),
            Boxes(told("Biggest differences"), told("local SSIM"), pair.query, pair.match, regions),
            Terms(told("Luminance, contrast and structure"), PRODUCT, terms, SOURCE),
        )


def _sketch(square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(square, (SKETCH_PX, SKETCH_PX), interpolation=cv2.INTER_AREA), np.uint8)
