"""Single planes of pictures, by OpenCV: numpy reduces a last axis of three slowly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage

__all__ = ["Levels", "as_gray", "brightest", "chroma", "fine_detail", "luma_and_soft_chroma", "range_of", "soft"]

Levels = NDArray[np.float32]
CHROMA_PX = 5


def brightest(picture: RGBImage) -> NDArray[np.uint8]:
    """(h, w) uint8: the largest channel, which a turn of the hue leaves as it is."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(red, cv2.max(green, blue)), np.uint8)


def chroma(picture: RGBImage) -> NDArray[np.uint8]:
    """(h, w) uint8: the largest less the smallest channel."""
    red, green, blue = cv2.split(picture)
    smallest = cv2.min(red, cv2.min(green, blue))
    return np.asarray(cv2.subtract(cv2.max(red, cv2.max(green, blue)), smallest), np.uint8)


def as_gray(picture: RGBImage) -> RGBImage:
    """(h, w, 3) uint8: the luma in all three channels."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def soft(picture: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Through a Gaussian; one narrower than 0.3 px is left out."""
    if sigma_px < 0.3:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8)


def fine_detail(plane: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Deviation of what a blur of 1 px takes away, within the mask; 0 where that is empty."""
    fine = plane - cv2.GaussianBlur(plane, (0, 0), 1.0)
    return float(fine[mask].std()) if mask.any() else 0.0


def luma_and_soft_chroma(picture: RGBImage) -> RGBImage:
    """(h, w, 3) uint8: the luma as it is, red and blue chroma averaged over what subsampling averages."""
    luma, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
    gentle = [cv2.blur(one, (CHROMA_PX, CHROMA_PX)) for one in (red, blue)]
    return np.asarray(cv2.merge([luma, *gentle]), np.uint8)


def range_of(picture: RGBImage, side_px: int) -> NDArray[np.uint8]:
    """(h, w) uint8: the widest range of any channel within a square of this side around each pixel."""
    kernel = np.ones((side_px, side_px), np.uint8)
    return brightest(np.asarray(cv2.subtract(cv2.dilate(picture, kernel), cv2.erode(picture, kernel)), np.uint8))
