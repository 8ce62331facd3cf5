"""What all kinds draw with: a sheet of paper, words, colours, and contents left to chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pictrace.images.pixels import RGBImage

__all__ = ["INK", "Draw", "Random", "Sheet", "colour", "number", "pasted", "pick", "words"]

Random = np.random.Generator
Draw = Callable[[Random, Random, Sequence[RGBImage]], RGBImage]
"""A kind: (chance for the template, chance for the contents, photographs to set in) to a picture."""

INK = (30, 34, 40)
Colour = tuple[int, int, int]

WORDS = """
river stone garden north window table paper market silver quiet morning engine harbour meadow letter signal bridge
winter copper island lantern forest marble orchard thunder velvet walnut yellow amber castle dragon ember falcon
"""
VOCABULARY = WORDS.split()


class Sheet:
    """A picture being drawn; lengths in pixels."""

    def __init__(self, width: int, height: int, ground: Colour = (255, 255, 255)) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, size: int = 16, fill: Colour = INK) -> None:
        """Its upper left corner at x, y."""
        self.draw.text((x, y), text, fill=fill, font=ImageFont.load_default(size))

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour | None, edge: Colour | None = None
    ) -> None:
        self.draw.rectangle((x, y, x + width - 1, y + height - 1), fill=fill, outline=edge)

    def disc(self, x: float, y: float, radius: float, fill: Colour | None, edge: Colour | None = None) -> None:
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=edge)

    def line(self, points: Sequence[tuple[float, float]], fill: Colour = INK, width: int = 2) -> None:
        self.draw.line(list(points), fill=fill, width=width)

    def star(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Of five points."""
        angles = np.arange(10) * np.pi / 5 - np.pi / 2
        lengths = np.where(np.arange(10) % 2, 0.4 * radius, radius)
        corners = zip(x + lengths * np.cos(angles), y + lengths * np.sin(angles), strict=True)
        self.draw.polygon([(float(across), float(down)) for across, down in corners], fill=fill)

    def done(self) -> RGBImage:
        return np.ascontiguousarray(self.image, np.uint8)


def colour(random: Random, low: int = 40, high: int = 220) -> Colour:
    red, green, blue = (int(one) for one in random.integers(low, high, 3))
    return red, green, blue


def words(random: Random, count: int) -> str:
    """So many words."""
    return " ".join(VOCABULARY[index] for index in random.integers(0, len(VOCABULARY), count))


def number(random: Random, digits: int) -> str:
    """So many digits."""
    return "".join(str(one) for one in random.integers(0, 10, digits))


def pick(random: Random, photos: Sequence[RGBImage], width: int, height: int) -> RGBImage:
    """One of the photographs, cut to these proportions and resized."""
    photo = photos[int(random.integers(len(photos)))]
    factor = max(width / photo.shape[1], height / photo.shape[0])
    size = max(width, round(photo.shape[1] * factor)), max(height, round(photo.shape[0] * factor))
    large = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return np.asarray(large[top : top + height, left : left + width], np.uint8)


def pasted(sheet: Sheet, photo: RGBImage, x: int, y: int) -> None:
    """A photograph set in."""
    sheet.image.paste(Image.fromarray(photo), (x, y))
