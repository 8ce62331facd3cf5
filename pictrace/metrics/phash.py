"""Hash: a 64-bit perceptual hash of the low frequencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pictrace import kernels
from pictrace.features import FeatureBatch, Features, Layout, RawScores, Scale, Settings
from pictrace.images.orientation import UPRIGHT, Variant, orient
from pictrace.images.pixels import RGBImage
from pictrace.metrics._shared import MIN_CONTRAST, variant_indices
from pictrace.metrics.capabilities import ComparesTogether, Mapped
from pictrace.metrics.evidence import BitGrids, Evidence, Pair
from pictrace.metrics.orientations import EACH, Orientations
from pictrace.told import told

__all__ = ["PHash"]

SIZE_PX = 32
GRID = 8


@dataclass(frozen=True)
class PHash(ComparesTogether, Mapped):
    """Hamming distance of 64-bit DCT hashes.

    Zauner: Implementation and benchmarking of perceptual image hash functions (2010), in the form
    that the ImageHash package's ``phash`` made common: gray, 32x32 pixels (Lanczos), the 8x8 lowest
    frequencies of the type II cosine transform, one bit for each above their median, rows first,
    the first bit the most significant. Unrelated pictures differ in 32 bits on average, so that
    32 bits already mean nothing in common.
    """

    name: ClassVar[str] = "phash"
    title: ClassVar[str] = "Hash (pHash)"
    help: ClassVar[str] = "The same broad pattern of light, as a 64-bit code. Raise it to find plain copies."
    formula: ClassVar[str] = r"\sum_{i=1}^{64} \left[ a_i \ne b_i \right]"
    in_words: ClassVar[str] = (
        "A picture of 32 × 32 px is taken apart into waves (discrete cosine transform). Each of the 64 bits $a_i$ "
        "and $b_i$ tells whether one of the 64 slowest waves is stronger than their median. The value is how many "
        "bits differ."
    )
    fails: ClassVar[str] = (
        "A crop, a border or a rotation changes most bits. Drawings on white have few strong waves, so that strangers "
        "among them share many bits."
    )
    colour: ClassVar[str] = "#CC79A7"
    order: ClassVar[int] = 40
    default_weight: ClassVar[float] = 0.1
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint64), ())
    scale: ClassVar[Scale] = Scale("of 64 bits differ", worst=32.0, best=0.0, whole=True)
    small: ClassVar[bool] = True
    orientations: ClassVar[Orientations] = EACH
    convincing: ClassVar[float | None] = 6.0
    map_order: ClassVar[int] = 30

    bits: int = field(default=GRID * GRID, init=False, metadata={"short": "b"})

    def extract(self, image: RGBImage) -> Features:
        return self.extract_variants(image, (UPRIGHT,))[UPRIGHT]

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        small = Image.fromarray(image).convert("L").resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
        pixels = np.asarray(small)
        if float(pixels.std()) < MIN_CONTRAST:
            return dict.fromkeys(variants, self.layout.empty())
        return {one: _code(orient(pixels, one)) for one in variants}

    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        bits, nearest = kernels.hamming64_variants(np.concatenate(list(queries.values())), batch.rows)
        return RawScores(bits.astype(np.float32), variant_indices(queries)[nearest])

    @property
    def vector_size(self) -> int:
        return self.bits

    def points(self, rows: Features) -> NDArray[np.float32]:
        """The bits as 0 and 1: squared distances are the numbers of bits that differ."""
        codes = np.ascontiguousarray(rows, ">u8").view(np.uint8).reshape(-1, 8)
        return np.unpackbits(codes, axis=1).astype(np.float32)

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        codes = _grid(pair.query_features), _grid(pair.match_features)
        return (
            told(
                "{number} of 64 bits differ. Each tells whether a low frequency of the picture is strong.",
                number=f"{pair.raw:.0f}",
            ),
            (BitGrids(told("Both codes"), *codes),),
        )

    def turned(self, features: Features) -> dict[Variant, Features]:
        """By the symmetries of the cosine transform: mirrored, its odd columns change sign; on its side, it is
        transposed. Off by the few bits whose frequencies lie between zero and the median."""
        if not len(features):
            return dict.fromkeys(self.variants, features)
        code = _grid(features)
        odd = np.arange(GRID) % 2 == 1
        mirrored = {False: code, True: code ^ odd}
        found = {}
        for one in self.variants:
            bits = mirrored[one.mirrored]
            for _ in range(one.quarter_turns):  # counter-clockwise: transposed, then upside down
                bits = bits.T ^ odd[:, np.newaxis]
            found[one] = _packed(bits)
        return found


def _code(pixels: NDArray[np.uint8]) -> Features:
    frequencies = np.asarray(cv2.dct(pixels.astype(np.float64))[:GRID, :GRID], np.float64)
    # OpenCV's transform is orthonormal; ImageHash's has the constant ones larger by the root of 2.
    frequencies[0] *= math.sqrt(2)
    frequencies[:, 0] *= math.sqrt(2)
    return _packed(frequencies > np.median(frequencies))


def _packed(bits: NDArray[np.bool_]) -> Features:
    return np.packbits(bits).view(">u8").astype(np.uint64)


def _grid(code: Features) -> NDArray[np.bool_]:
    return np.unpackbits(code.astype(">u8").view(np.uint8)).reshape(GRID, GRID).astype(np.bool_)
