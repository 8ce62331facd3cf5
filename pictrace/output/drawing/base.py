"""What every drawing shares: the colours, marks that can be seen on any picture."""

from __future__ import annotations

import cv2
import numpy as np

from pictrace.images.pixels import RGBImage
from pictrace.told import told

__all__ = [
    "BLACK",
    "GRAY",
    "GREEN",
    "MATCH",
    "QUERY",
    "SKY_BLUE",
    "VERMILION",
    "WHITE",
    "YELLOW",
    "Colour",
    "label",
    "number",
    "outlined",
]

Colour = tuple[int, int, int]

# Okabe, Ito: Color universal design (2008); with gray for what does not count.
GREEN: Colour = (0, 158, 115)
YELLOW: Colour = (240, 228, 66)
SKY_BLUE: Colour = (86, 180, 233)
VERMILION: Colour = (213, 94, 0)
GRAY: Colour = (150, 150, 150)
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

QUERY, MATCH = told("Your picture"), told("The match")


def number(value: float, digits: int = 2) -> str:
    """With so many decimals, and never "-0.00"."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def outlined(canvas: RGBImage, corners: np.ndarray[tuple[int, ...], np.dtype[np.int32]], colour: Colour) -> None:
    """A closed line through (k, 2) corners, cased in black: seen on light and on dark."""
    cv2.polylines(canvas, [corners], True, BLACK, 6, cv2.LINE_AA)
    cv2.polylines(canvas, [corners], True, colour, 3, cv2.LINE_AA)


def label(canvas: RGBImage, text: str, corner: tuple[int, int], colour: Colour) -> None:
    """A short text in black on a patch of the colour, its upper left corner there."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 2)
    x, y = corner
    cv2.rectangle(canvas, (x, y), (x + width + 8, y + height + 10), colour, -1)
    cv2.putText(canvas, text, (x + 4, y + height + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.6, BLACK, 2, cv2.LINE_AA)
