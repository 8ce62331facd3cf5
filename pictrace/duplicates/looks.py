"""What is stored of pictures, as comparing them needs it: no original is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.features import Features
from pictrace.metrics.keypoints import FRAME_PX
from pictrace.metrics.sift import Sift
from pictrace.metrics.ssim import Ssim

__all__ = ["SIDE_PX", "Look", "looks_of"]

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
        Of its file.
    """

    id: int
    gray: NDArray[np.uint8] | None
    rows: Features
    width: int
    height: int
    byte_count: int

    def frame(self, side: int = FRAME_PX) -> tuple[int, int]:
        """(width, height) of the picture with this long side."""
        factor = side / max(self.width, self.height)
        return max(1, round(self.width * factor)), max(1, round(self.height * factor))


def looks_of(cache: FeatureCache, records: Mapping[int, PictureRecord]) -> dict[int, Look]:
    """What is stored of these pictures, by id."""
    ids = np.array(sorted(records), np.int64)
    squares, keypoints = cache.of(ids, SQUARES), cache.of(ids, KEYPOINTS)
    found = {}
    for place, one in enumerate(ids.tolist()):
        record = records[one]
        square = squares[place]
        look = Look(one, None, keypoints[place], record.width, record.height, record.byte_count)
        if len(square):
            gray = cv2.resize(square[0], look.frame(SIDE_PX), interpolation=cv2.INTER_AREA)
            look = Look(one, np.asarray(gray, np.uint8), look.rows, look.width, look.height, look.byte_count)
        found[one] = look
    return found
