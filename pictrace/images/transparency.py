"""What a transparent picture is laid on: white, or black where white would hide it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pictrace.told import told

__all__ = ["BLACK", "LIGHT_NOTE", "SAMPLE_SIDE_PX", "WHITE", "ground_under", "laid_on"]

BLACK, WHITE = 0, 255

SAMPLE_SIDE_PX = 512
"""So many rows and columns of a picture are enough to choose by."""

LIGHT_NOTE = told("Its transparent ground was taken as black, because on white it would not be seen.")

_FAINT = 0.2
"""Of the contrast that black gives; a pale gray of 212 on white has it."""


def ground_under(sample: Image.Image) -> int:
    """WHITE, or BLACK where what a picture shows on white is faint beside what it shows on black.

    What it shows is the sum of the differences of neighbouring pixels: the outline of what is opaque, and all within.
    So a white icon is laid on black; a page with writing, or a photograph that is cut out, on white as ever. It
    depends on the pixels alone, as all features must.

    Parameters
    ----------
    sample
        RGBA, not premultiplied; some rows and columns of a large picture.
    """
    low, _ = sample.getchannel("A").getextrema()
    if low == WHITE:
        return WHITE
    on_white, on_black = (_shown(laid_on(sample, ground)) for ground in (WHITE, BLACK))
    return BLACK if on_white < _FAINT * on_black else WHITE


def laid_on(layer: Image.Image, ground: int) -> NDArray[np.uint8]:
    """(height, width, 3), uint8, RGB, of RGBA on a gray level."""
    paper = Image.new("RGB", layer.size, (ground, ground, ground))
    paper.paste(layer, mask=layer)
    return np.array(paper)


def _shown(image: NDArray[np.uint8]) -> float:
    levels = image.astype(np.int16)
    return sum(float(np.abs(np.diff(levels, axis=axis)).sum()) for axis in (0, 1))
