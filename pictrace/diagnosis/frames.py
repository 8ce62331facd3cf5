"""Two pictures in one frame, warped without aliasing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.geometry import Matrix, scale_of, scaling
from pictrace.images.pixels import RGBImage

__all__ = ["Frame", "common_frame", "warp"]


def warp(
    picture: NDArray[np.uint8], matrix: Matrix, shape: tuple[int, ...], *, scale: float, fine: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(the picture in a frame of this shape, where it reaches); matrix takes pixels of the frame to the picture's.

    Parameters
    ----------
    scale
        Pixels of the picture per pixel of the frame; what the frame cannot hold is averaged first, as resizing by area
        would do: a box of s pixels beside one of 1 has (s * s - 1) / 12 more variance.
    """
    if scale > 1.05:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), np.sqrt((scale**2 - 1) / 12)), np.uint8)
    height, width = shape[:2]
    flags = (cv2.INTER_LANCZOS4 if fine else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    found = cv2.warpPerspective(picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = np.full(picture.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(inside, matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(found, np.uint8), np.asarray(mask, np.uint8) > 0


@dataclass(frozen=True)
class Frame:
    """A pair at the resolution of the coarser, in the query's frame.

    Attributes
    ----------
    query, candidate
        (h, w, 3) uint8.
    mask
        (h, w) bool, where the candidate reaches.
    factor
        Pixels of this frame per pixel of the query, at most 1.
    """

    query: RGBImage
    candidate: RGBImage
    mask: NDArray[np.bool_]
    factor: float


def common_frame(query: RGBImage, candidate: RGBImage, matrix: Matrix, *, fine: bool = True) -> Frame:
    """Both pictures, (h, w, 3) or (h, w), by a matrix from the query's pixels to the candidate's."""
    scale = scale_of(matrix, query.shape)
    height, width = query.shape[:2]
    size = (width, height)
    if scale < 0.95:
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        query = np.asarray(cv2.resize(query, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = matrix @ scaling(width / size[0], height / size[1])
    shrunk = float(np.sqrt(size[0] * size[1] / (width * height)))
    found, mask = warp(candidate, matrix, query.shape, scale=scale / shrunk, fine=fine)
    return Frame(query, found, mask, shrunk)
