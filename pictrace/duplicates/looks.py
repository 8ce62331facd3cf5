"""What is stored of pictures, as comparing them needs it: no original is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.records import PictureRecord
from pictrace.features import FeatureBatch, Features
from pictrace.metrics.keypoints import FRAME_PX
from pictrace.metrics.sift import Sift
from pictrace.metrics.ssim import Ssim

__all__ = ["KEYPOINTS", "SIDE_PX", "SQUARES", "Look", "look_of", "looks_of"]

SIDE_PX = 256
"""Long side of the gray picture that squares are stretched back to."""

SQUARES, KEYPOINTS = Ssim(), Sift()


@dataclass(frozen=True)
class Look:
    """A picture as far as it is stored.

    Attributes
    ----------
    id : int
    gray : (h, w) uint8 array or None
        The stored square in its proportions, the long side SIDE_PX; None for one flat tone.
    rows : (k, 40) uint8 array
        SIFT keypoints, none where there are too few.
    width, height : int
        Of the original, upright.
    byte_count : int
        Of its file; 0 where that does not matter.
    """

    id: int
    gray: NDArray[np.uint8] | None
    rows: Features
    width: int
    height: int
    byte_count: int = 0

    def frame(self, side: int = FRAME_PX) -> tuple[int, int]:
        """(width, height) of the picture with this long side."""
        factor = side / max(self.width, self.height)
        return max(1, round(self.width * factor)), max(1, round(self.height * factor))


def look_of(picture_id: int, square: Features, rows: Features, size: tuple[int, int], byte_count: int = 0) -> Look:
    """A picture by its features.

    Parameters
    ----------
    picture_id
        Its id.
    square
        Of SQUARES: (1, 256, 256) uint8, or none of a flat tone.
    rows
        Of KEYPOINTS: (k, 40) uint8.
    size
        Width and height of the original, upright, or what has its proportions.
    byte_count
        As Look has it.
    """
    look = Look(picture_id, None, rows, *size, byte_count)
    if not len(square):
        return look
    gray = cv2.resize(square[0], look.frame(SIDE_PX), interpolation=cv2.INTER_AREA)
    return replace(look, gray=np.asarray(gray, np.uint8))


def looks_of(records: Mapping[int, PictureRecord], squares: FeatureBatch, keypoints: FeatureBatch) -> dict[int, Look]:
    """What is stored of pictures, by id; squares, keypoints: in the order of their ids."""
    return {
        one: look_of(
            one, squares[place], keypoints[place], (records[one].width, records[one].height), records[one].byte_count
        )
        for place, one in enumerate(sorted(records))
    }
