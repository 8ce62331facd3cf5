"""Keypoints: SIFT descriptors as 256 bits, matched by brute force and checked for common geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features, Scale, Setting
from pictrace.images.orientation import Variant
from pictrace.images.pixels import RGBImage, fit, to_gray
from pictrace.kernels.blas import one_thread_in_opencv
from pictrace.kernels.scale_space import LAYERS
from pictrace.kernels.votes import Voters
from pictrace.metrics import keypoint_cells
from pictrace.metrics.capabilities import Indexed
from pictrace.metrics.keypoint_metric import EVIDENCE, KeypointMetric, ratio
from pictrace.metrics.keypoints import FEWEST, FRAME_PX, no_keypoints, spread

__all__ = ["Sift", "as_bits", "learned"]

OCTAVE = np.log2(1.2)
SMALLEST_PX = 2.0  # diameter, in the frame's pixels, of what is octave 0
LEVELS = 48


@dataclass(frozen=True)
class Sift(KeypointMetric, Indexed):
    """SIFT keypoints of the picture at 512 px, their descriptors as 256 bits.

    Lowe: Distinctive image features from scale-invariant keypoints, IJCV 60 (2004),
    doi:10.1023/B:VISI.0000029664.99615.94. How descriptors become bits is told in tools/train_sift.py.

    Their finest blur is 1.6 px, what SIFT usually sees of 256 px after enlarging them. Keypoints are spread over an 8x8
    grid, which matters for collages. Of a cell's, those that stand out most for their size come first: most of the
    others are small, and are not found again in a part of the picture, nor from farther away.
    """

    name: ClassVar[str] = "sift"
    title: ClassVar[str] = "Keypoints (SIFT)"
    help: ClassVar[str] = (
        "Details that both pictures share, in the same arrangement, also in a new photograph of the same thing. Raise "
        "it to find the same place or object, crops and collages."
    )
    fails: ClassVar[str] = (
        "Views from more than some 40° aside share few details. Letters and frames are details, too: forms and "
        "screenshots of one app agree on many without being the same."
    )
    in_words: ClassVar[str] = (
        "$p$ is a detail of your picture, described by 256 bits; $q_1$ and $q_2$ are the nearest and the second "
        "nearest detail of the other picture, $d$ the number of bits that differ. A match must be nearer than the "
        "second by the ratio $r$ (Lowe's ratio test), and agree with others on one scale $s$, rotation $R$ and "
        "shift $t$. The value is how many do; if they are 4 to 6, as may happen by accident, they are counted from the "
        "other picture's details to yours as well, and the smaller number is the value."
    )
    colour: ClassVar[str] = "#882255"
    order: ClassVar[int] = 15
    default_weight: ClassVar[float] = 2.0
    convincing: ClassVar[float | None] = 10.0
    settings: ClassVar[tuple[Setting, ...]] = (EVIDENCE, ratio(0.94))
    scale: ClassVar[Scale] = Scale("matching details", worst=3, best=15, whole=True)
    levels: ClassVar[int] = LEVELS
    doubted: ClassVar[range] = range(4, 7)  # by accident so many agree one way in 1 of 50, both ways in hardly any
    version: ClassVar[int] = 3

    long_side_px: int = field(default=512, metadata={"short": "px"})

    def extract(self, image: RGBImage) -> Features:
        points, vectors, _ = self.found(image)
        return self._rows(points, vectors) if len(points) >= FEWEST else no_keypoints()

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        """One extraction: the mirrored picture's descriptors are the same ones, mirrored."""
        points, vectors, width = self.found(image)
        if len(points) < FEWEST:
            return {one: no_keypoints() for one in variants}
        return {
            one: self._rows(points, mirror(vectors), mirrored_in=width) if one.mirrored else self._rows(points, vectors)
            for one in variants
        }

    @property
    def index_key(self) -> str:
        return f"{self.feature_key}-cells-{keypoint_cells.version()}"

    def side_for(self, pictures: int) -> int:
        return keypoint_cells.side_for(pictures)

    def placed(self, rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        return keypoint_cells.placed(rows, side)

    def voters(self, queries: Mapping[Variant, Features], side: int) -> tuple[Voters, NDArray[np.uint32]]:
        return keypoint_cells.voters(list(queries.values()), side)

    def found(self, image: RGBImage) -> tuple[NDArray[np.float64], NDArray[np.float32], int]:
        """Keypoints (k, 4) as x, y in pixels, degrees and diameter; RootSIFT vectors (k, 128); the picture's width."""
        gray = fit(to_gray(image), self.long_side_px, enlarge=True)
        space = kernels.scale_space(gray)
        spots = kernels.extrema(space)
        places = spots[:, :2] * np.exp2(spots[:, 4:])
        sizes = np.exp2(spots[:, 4] + spots[:, 2] / LAYERS)
        chosen = spread(places, spots[:, 3] * sizes, gray.shape, self.keypoints)
        points = kernels.directed(space, spots[chosen])[: self.keypoints]
        grow = np.exp2(points[:, 5:])
        numbers = np.column_stack([points[:, :2] * grow, np.degrees(points[:, 4:5]), 2 * points[:, 3:4] * grow])
        return numbers.astype(np.float64), kernels.described(space, points), gray.shape[1]

    def _rows(self, points: NDArray[np.float64], vectors: NDArray[np.float32], mirrored_in: int = 0) -> Features:
        """mirrored_in: the width, in pixels, of the picture in which the points are mirrored; 0 for as they are."""
        places, angles, grow = points[:, :2], points[:, 2], FRAME_PX / self.long_side_px
        if mirrored_in:
            places, angles = np.array([mirrored_in - 1, 0]) + places * (-1, 1), (180 - angles) % 360
        scales = np.log2(points[:, 3] * grow / SMALLEST_PX).clip(0, (LEVELS - 1) * OCTAVE)
        moved = np.column_stack([(places * grow).clip(0), np.radians(angles), scales])
        return kernels.pack_keypoints(as_bits(vectors), moved)


MIRRORED = np.arange(128).reshape(4, 4, 8)[::-1, :, (-np.arange(8)) % 8].reshape(-1)


def mirror(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The descriptors (k, 128) of the mirrored patches: rows upside down, gradients turned over."""
    return vectors[:, MIRRORED]


def as_bits(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RootSIFT vectors (k, 128) as bits (k, 32) uint8."""
    known = learned()
    centred = np.ascontiguousarray(vectors - known["mean"])
    one_thread_in_opencv()
    projected = cv2.gemm(centred, known["projection"], 1.0, np.empty(0, np.float32), 0.0)
    return np.packbits(projected > known["thresholds"], axis=1)


@cache
def learned() -> dict[str, NDArray[np.float32]]:
    """mean (128,), projection (128, 256) and thresholds (256,), fitted by tools/train_sift.py."""
    with files("pictrace.metrics").joinpath("sift_bits.npz").open("rb") as file, np.load(file) as arrays:
        return {name: arrays[name].astype(np.float32) for name in ("mean", "projection", "thresholds")}
