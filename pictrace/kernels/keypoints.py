"""ORB keypoints and descriptors, packed in 40 bytes each, and the steps that geometry is judged in.

Packed row, (40,) uint8, little-endian:

=====  ==========================================================================
bytes  content
=====  ==========================================================================
0-31   descriptor, 256 bits
32-33  x, uint16, in 1/64 px of a picture whose long side is 512 px
34-35  y, uint16, likewise, downwards
36-37  angle, uint16, 65536 = a full turn; clockwise on screen, as OpenCV's
38     octave of the pyramid; scale = 1.2 ** octave
39     zero
=====  ==========================================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import MAX_ROWS, arranged

__all__ = ["PACKED_BYTES", "Geometry", "QueryPoints", "pack_keypoints", "unpack_points"]

DESCRIPTOR_BYTES = 32
PACKED_BYTES = 40
PX = np.float32(1 / 64)
RADIANS = np.float32(2 * math.pi / 65536)
OCTAVES = np.float32(math.log2(1.2))

TOLERANCE_PX, TURN_TOLERANCE, SCALE_TOLERANCE, CELL_PX = 24.0, 0.5, 0.8, 8.0

TURN_STEPS = 4096  # of a full turn: 0.09 degrees, far finer than ORB's angles are right
SCALE_STEPS = 256  # of a factor of two
SCALE_LIMIT = 8 * SCALE_STEPS  # scales differ by 2 ** -8 to 2 ** 8, and are clipped beyond
TURN_STEP = np.float32(TURN_STEPS / (2 * math.pi))

_ROW = np.dtype(
    [
        ("descriptor", "u1", DESCRIPTOR_BYTES),
        ("x", "<u2"),
        ("y", "<u2"),
        ("angle", "<u2"),
        ("octave", "u1"),
        ("spare", "u1"),
    ]
)


def pack_keypoints(
    descriptors: NDArray[np.uint8], points: NDArray[np.float32] | NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Descriptors (k, 32) uint8 and points (k, 4) floats, as unpack_points gives, in (k, 40) uint8.

    Coordinates are clipped to 0 to 1023.98 px and rounded to 1/64 px; octaves to 0 to 255.
    """
    descriptors = arranged(descriptors, np.uint8, (None, DESCRIPTOR_BYTES), "descriptors")
    points = arranged(np.asarray(points, np.float64), np.float64, (len(descriptors), 4), "points")
    rows = np.zeros(len(points), _ROW)
    rows["descriptor"] = descriptors
    rows["x"] = np.clip(np.rint(points[:, 0] * 64), 0, 65535)
    rows["y"] = np.clip(np.rint(points[:, 1] * 64), 0, 65535)
    rows["angle"] = np.rint(points[:, 2] * (65536 / (2 * math.pi))).astype(np.int64) & 0xFFFF
    rows["octave"] = np.clip(np.rint(points[:, 3] / math.log2(1.2)), 0, 255)
    return rows.view(np.uint8).reshape(-1, PACKED_BYTES)


def unpack_points(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The keypoints of packed rows, (k, 40) uint8.

    Returns (k, 4) float32: x px, y px, angle in radians from 0 to 2 pi, log2 of the scale.
    """
    fields = arranged(rows, np.uint8, (None, PACKED_BYTES), "rows").view(_ROW)[:, 0]
    steps = (PX, PX, RADIANS, OCTAVES)
    columns = [
        fields[name].astype(np.float32) * step for name, step in zip(("x", "y", "angle", "octave"), steps, strict=True)
    ]
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Geometry:
    """When two matches belong to the same similarity transform, in the steps that both backends use.

    Turns and scales are compared as whole steps and looked up in tables made once, so that the plain
    and the compiled implementation agree to the last bit.
    """

    first_percent: int
    last_percent: int
    tolerance_px: float = TOLERANCE_PX
    turn_tolerance: float = TURN_TOLERANCE  # radians
    scale_tolerance: float = SCALE_TOLERANCE  # log2

    def __post_init__(self) -> None:
        if not 1 <= self.first_percent <= self.last_percent <= 100:
            raise ValueError(
                f"percents must ascend within 1 to 100, not from {self.first_percent} to {self.last_percent}"
            )
        for name in ("tolerance_px", "turn_tolerance", "scale_tolerance"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number from 0 on, not {getattr(self, name)}")

    @property
    def thresholds(self) -> int:
        return self.last_percent - self.first_percent + 1

    @property
    def turn_steps(self) -> int:
        return min(int(self.turn_tolerance * float(TURN_STEP)), TURN_STEPS // 2)

    @property
    def scale_steps(self) -> int:
        return min(int(self.scale_tolerance * SCALE_STEPS), 2 * SCALE_LIMIT)

    @property
    def limits(self) -> NDArray[np.int32]:
        """(first percent, last percent, turn steps, scale steps), int32: what a kernel reads."""
        return np.array([self.first_percent, self.last_percent, self.turn_steps, self.scale_steps], np.int32)


@dataclass(frozen=True)
class QueryPoints:
    """The query's keypoints, with what depends on them alone."""

    points: NDArray[np.float32]  # (q, 4)
    cells: NDArray[np.int32]  # (q,): keypoints of one cell of the query have the same number, from 0

    @classmethod
    def of(cls, points: NDArray[np.float32], cell_px: float = CELL_PX) -> QueryPoints:
        """Number the occupied cells of a grid of ``cell_px`` px."""
        points = arranged(points, np.float32, (None, 4), "query_points")
        if len(points) > MAX_ROWS:
            raise ValueError(f"the query has {len(points)} keypoints, more than {MAX_ROWS}")
        if not 0 < cell_px < math.inf:
            raise ValueError(f"cell_px must be positive, not {cell_px}")
        corners = np.floor(points[:, :2] / np.float32(cell_px))
        order = np.lexsort((corners[:, 1], corners[:, 0]))
        another = np.zeros(len(points), np.int32)
        another[1:] = (np.diff(corners[order], axis=0) != 0).any(axis=1)
        cells = np.empty(len(points), np.int32)
        cells[order] = np.cumsum(another)
        return cls(points, cells)


@cache
def turns_and_scales() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tables: (cosine, sine) of each turn step, (4096, 2); 2 ** x of each scale step from -8 on, (4097,)."""
    turns = np.arange(TURN_STEPS) * (2 * math.pi / TURN_STEPS)
    scales = (2.0 ** (np.arange(-SCALE_LIMIT, SCALE_LIMIT + 1) / SCALE_STEPS)).astype(np.float32)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)
    for table in (circle, scales):
        table.setflags(write=False)
    return circle, scales
