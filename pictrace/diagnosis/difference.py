"""A registered pair for showing: what lights up when one is laid on the other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.overlays import foreign
from pictrace.diagnosis.photometry import Photometry
from pictrace.diagnosis.planes import as_gray, soft
from pictrace.diagnosis.registration import Registration
from pictrace.images.pixels import RGBImage

__all__ = ["Difference", "difference"]


@dataclass(frozen=True)
class Difference:
    """A registered pair for showing, in the query's pixels.

    Attributes
    ----------
    warped
        (h, w, 3) uint8, the candidate as it is.
    adjusted
        In the query's tones and colours.
    mask
        (h, w) bool, where it reaches.
    heat
        (h, w) float32, 0 to 1, how far the query is from the adjusted candidate beyond what shifts of some pixels
        explain; 1 is 64 levels and more.
    """

    warped: RGBImage
    adjusted: RGBImage
    mask: NDArray[np.bool_]
    heat: NDArray[np.float32]


def difference(query: RGBImage, candidate: RGBImage, registration: Registration, fit: Photometry) -> Difference:
    """What lights up when the candidate is laid on the query and their tones are made alike."""
    warped, mask = registration.warped(candidate, query.shape)
    shown = np.asarray(cv2.bitwise_not(warped), np.uint8) if registration.negative else warped
    adjusted = soft(fit.predicted(shown), fit.blur_px)
    levels = soft(as_gray(query) if fit.colours.coloured else query, -fit.blur_px)
    reach = 2 if registration.scale > 0.8 else 3
    beyond = cv2.max(
        foreign(levels, adjusted, mask, reach_px=reach), foreign(adjusted, levels, mask, reach_px=reach)
    ).astype(np.float32)
    heat = np.clip((beyond - 2 * abs(fit.noise)) / 64, 0, 1)
    return Difference(warped, adjusted, mask, np.asarray(heat, np.float32))
