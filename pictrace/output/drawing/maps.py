"""Local values as pictures: heat over a picture, and plain maps."""

from __future__ import annotations

import cv2
import numpy as np

from pictrace.images.pixels import RGBImage, fit, to_gray
from pictrace.metrics.drawn import Drawn, draw
from pictrace.metrics.evidence import HeatMap, Picture, Terms
from pictrace.output.drawing.base import VERMILION, number
from pictrace.told import told

__all__ = ["heat_map", "picture", "terms"]

HEAT_PX = 512
TERM_PX = 250
STRONGEST = 0.7  # how much of the picture the strongest heat hides
UNMEASURED = 0.4  # brightness of what the map does not cover


@draw.register
def picture(part: Picture) -> list[Drawn]:
    """As it is."""
    return [Drawn(part.title, part.image)]


@draw.register
def heat_map(part: HeatMap) -> list[Drawn]:
    """The picture in gray, under the more orange the less alike it is there."""
    ground = to_gray(fit(part.picture, HEAT_PX, enlarge=True))
    height, width = ground.shape
    strength = np.clip((part.best - part.values) / (part.best - part.worst), 0, 1).astype(np.float32)
    left, top = round(part.margin * width), round(part.margin * height)
    inner = (max(1, width - 2 * left), max(1, height - 2 * top))
    alpha = (STRONGEST * cv2.resize(strength, inner, interpolation=cv2.INTER_LINEAR))[..., np.newaxis]
    mixed = np.repeat(ground[..., np.newaxis] * UNMEASURED, 3, axis=2)
    measured = np.s_[top : top + inner[1], left : left + inner[0]]
    mixed[measured] = ground[measured][..., np.newaxis] * (1 - alpha) + np.array(VERMILION, np.float32) * alpha
    caption = told("Grey is alike; orange differs. The dimmed edge is not measured.")
    return [Drawn(part.title, mixed.round().astype(np.uint8), caption)]


@draw.register
def terms(part: Terms) -> list[Drawn]:
    """Each term's map, from dark (0 and below) to bright (1)."""
    return [
        Drawn(
            told("{term}, mean {value}", term=one.name, value=number(one.mean)),
            _plain_map(one.values),
            told("Bright is alike (1); dark differs (0 or less)."),
        )
        for one in part.terms
    ]


def _plain_map(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> RGBImage:
    levels = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    levels = np.asarray(cv2.resize(levels, (TERM_PX, TERM_PX), interpolation=cv2.INTER_NEAREST), np.uint8)
    # Cividis is as readable to colour-blind people: doi:10.1371/journal.pone.0199239.
    return np.ascontiguousarray(cv2.applyColorMap(levels, cv2.COLORMAP_CIVIDIS)[..., ::-1])
