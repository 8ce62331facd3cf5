"""What became of the colours of a registered pair: gray, the hue turned, more or less saturation, a tint."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.planes import chroma, soft
from pictrace.images.pixels import RGBImage

__all__ = ["Colours", "compare_colours", "rotate_hue", "saturation_between", "tint_between"]

COLOURLESS = 2.0
"""Mean difference of the channels under which a picture counts as gray; JPEG leaves less in one."""
COLOURED = 3.5
VIVID = 24  # levels between the channels from which a pixel has a hue worth counting
FEWEST = 200
VIVID_SHARE = 0.03
NEAR = 0.35  # radians of hue within which pixels say the same


@dataclass(frozen=True)
class Colours:
    """query, candidate: mean difference between the largest and the smallest channel, in levels.

    hue_degrees: how far the hue was turned, -180 to 180; together: the share of the coloured pixels that say
    so, 0 to 1; counted: how many there are.
    """

    query: float
    candidate: float
    hue_degrees: float
    together: float
    counted: int

    @property
    def grayed(self) -> bool:
        """The candidate has colours and the query has none."""
        return self.query < min(COLOURLESS, self.candidate / 4) and self.candidate > COLOURED

    @property
    def coloured(self) -> bool:
        """The other way round."""
        return self.candidate < min(COLOURLESS, self.query / 4) and self.query > COLOURED

    @property
    def turned(self) -> bool:
        """The colours are others, all turned alike."""
        return self.counted >= FEWEST and abs(self.hue_degrees) > 12 and self.together > 0.7


def compare_colours(query: RGBImage, candidate: RGBImage, mask: NDArray[np.bool_]) -> Colours:
    """Compare (h, w, 3) pictures of the same frame, where the mask says so."""
    pair = [soft(one, 1.5) for one in (query, candidate)]
    strength = [chroma(one) for one in pair]
    vivid = mask & (strength[0] > VIVID) & (strength[1] > VIVID)
    degrees, together = 0.0, 0.0
    if vivid.any():
        hues = [cv2.cvtColor(one, cv2.COLOR_RGB2HSV)[..., 0][vivid].astype(np.float32) for one in pair]
        weight = np.minimum(strength[0], strength[1])[vivid].astype(np.float32)
        turn = np.exp(2j * np.radians(hues[0] - hues[1]))  # OpenCV counts hue in steps of two degrees
        mean = np.average(turn, weights=weight)
        near = np.abs(np.angle(turn * np.conj(mean))) < NEAR  # once more without what was laid over
        if near.any():
            mean = np.average(turn[near], weights=weight[near])
        degrees = float(np.degrees(np.angle(mean)))
        together = float(np.average(np.abs(np.angle(turn * np.conj(mean))) < NEAR, weights=weight))
    means = [float(one[mask].mean()) if mask.any() else 0.0 for one in strength]
    return Colours(means[0], means[1], degrees, together, int(vivid.sum()))


def rotate_hue(picture: RGBImage, degrees: float) -> RGBImage:
    """The hue turned by these degrees, brightest channel and saturation kept."""
    colours = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    turned = (np.arange(256) + round(degrees / 2)) % 180
    colours[..., 0] = turned.astype(np.uint8)[colours[..., 0]]
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_HSV2RGB), np.uint8)


def saturation_between(query: RGBImage, predicted: RGBImage, mask: NDArray[np.bool_]) -> float:
    """How many times the colour differences of the predicted picture the query has, the median."""
    first, second = (chroma(soft(one, 2)) for one in (query, predicted))
    vivid = mask & (second > VIVID)
    if vivid.sum() < max(FEWEST, VIVID_SHARE * mask.sum()):
        return 1.0
    return float(np.median(first[vivid].astype(np.float32) / second[vivid]))


def tint_between(query: RGBImage, predicted: RGBImage, mask: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Median difference of each channel from the predicted one, less their mean, in levels."""
    if not mask.any():
        return 0.0, 0.0, 0.0
    every = mask[::3, ::3]
    apart = query[::3, ::3][every].astype(np.int16) - predicted[::3, ::3][every]
    middle = np.median(apart, axis=0) if len(apart) else np.zeros(3)
    red, green, blue = (float(one) for one in middle - middle.mean())
    return red, green, blue
