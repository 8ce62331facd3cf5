"""The eight ways to lay a picture on the table, and which of them a camera says that it held."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.told import told

__all__ = ["UPRIGHT", "VARIANTS", "Variant", "exif_variant", "orient"]


@dataclass(frozen=True)
class Variant:
    """One of the eight ways to lay a picture on the table.

    First mirrored left to right, where so said; then turned counter-clockwise, as np.rot90 does.
    """

    mirrored: bool
    quarter_turns: int  # counter-clockwise, 0 to 3

    def __post_init__(self) -> None:
        if self.quarter_turns not in range(4):
            raise ValueError(f"quarter_turns must be 0, 1, 2 or 3, not {self.quarter_turns}")

    @property
    def index(self) -> int:
        """Its place in VARIANTS, 0 to 7."""
        return self.mirrored * 4 + self.quarter_turns

    @property
    def label(self) -> str:
        """In plain words, as in "mirrored, turned 90°"; the angle is counter-clockwise. Upright is ""."""
        degrees = 90 * self.quarter_turns
        if self.mirrored:
            return told("mirrored, turned {degrees}°", degrees=degrees) if degrees else told("mirrored")
        return told("turned {degrees}°", degrees=degrees) if degrees else ""


VARIANTS = tuple(Variant(mirrored, turns) for mirrored in (False, True) for turns in range(4))
"""All eight, in the order of their index."""

UPRIGHT = VARIANTS[0]

_QUARTER_TURNS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)

_EXIF_VARIANTS = {1: 0, 2: 4, 3: 2, 4: 6, 5: 5, 6: 3, 7: 7, 8: 1}
"""Index of the variant that makes a picture with this EXIF orientation upright (Exif 2.32, 4.6.4.A)."""


def orient(image: NDArray[np.uint8], variant: Variant) -> NDArray[np.uint8]:
    """A picture (height, width, 3) or (height, width), mirrored first, then turned; contiguous.

    Upright, a contiguous picture comes back itself, not copied.
    """
    if variant.mirrored:
        image = np.asarray(cv2.flip(image, 1), np.uint8)
    turn = _QUARTER_TURNS[variant.quarter_turns]
    if turn is not None:
        image = np.asarray(cv2.rotate(image, turn), np.uint8)
    return np.ascontiguousarray(image)


def exif_variant(exif: bytes) -> Variant:
    """What makes a picture with this EXIF block upright; nothing where its orientation is missing or damaged.

    Read here because Pillow reads every tag, and warns about each that it does not like.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == 0x0112 and kind == 3:  # SHORT
                return VARIANTS[_EXIF_VARIANTS.get(value, 0)]
    except struct.error:
        pass  # the directory reaches beyond the block
    return UPRIGHT
