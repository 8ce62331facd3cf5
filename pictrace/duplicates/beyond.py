"""What one picture shows beyond another on which it lies: bars of one tone are nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.geometry import Matrix

__all__ = ["WINDOW_PX", "bars", "beyond", "variance"]

WINDOW_PX = 7
TEXTURED = 4.0  # local deviation in gray levels
FEWEST = 0.01  # of a picture
ONE_TONE = 4.0  # gray levels from the middle one
NEARLY_ALL = 0.98  # a file's compression leaves ringing beside the content


def beyond(picture: NDArray[np.uint8], other: NDArray[np.uint8], matrix: Matrix) -> float:
    """The share of a gray picture that lies outside of the other and is not of one tone.

    Parameters
    ----------
    picture, other : (h, w) uint8 array
    matrix : (3, 3) float64 array
        From pixels of the picture to those of the other.
    """
    textured = variance(picture.astype(np.float32)) > TEXTURED**2
    return float((_outside(picture, other, matrix) & textured).mean())


def bars(picture: NDArray[np.uint8], other: NDArray[np.uint8], matrix: Matrix) -> bool:
    """Whether a gray picture lies outside of the other, and all that does has one tone; see beyond for the rest."""
    levels = picture[_outside(picture, other, matrix)].astype(np.float32)
    if levels.size < FEWEST * picture.size:
        return False
    return float((np.abs(levels - np.median(levels)) <= ONE_TONE).mean()) >= NEARLY_ALL


def _outside(picture: NDArray[np.uint8], other: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.bool_]:
    height, width = picture.shape
    inside = np.full(other.shape, 255, np.uint8)
    covered = cv2.warpPerspective(inside, matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(cv2.erode((covered == 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def variance(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the small window round each pixel."""
    mean = np.asarray(cv2.blur(levels, (WINDOW_PX, WINDOW_PX)), np.float32)
    return np.asarray(cv2.blur(levels * levels, (WINDOW_PX, WINDOW_PX)) - mean**2, np.float32)
