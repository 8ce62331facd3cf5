"""Where pictures of the catalog lie within the query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pictrace.images.pixels import RGBImage
from pictrace.output.drawing.base import YELLOW, label, outlined
from pictrace.searching.parts import Part

__all__ = ["with_parts"]


def with_parts(image: RGBImage, parts: Sequence[Part]) -> RGBImage:
    """The picture with each part outlined and numbered; itself where there are none."""
    if not parts:
        return image
    canvas = image.copy()
    size = np.array([image.shape[1], image.shape[0]], np.float32)
    for number, part in enumerate(parts, start=1):
        corners = (part.outline * size).round().astype(np.int32)
        outlined(canvas, corners, YELLOW)
        x, y = corners.min(axis=0).tolist()
        label(canvas, str(number), (x, y), YELLOW)
    return canvas
