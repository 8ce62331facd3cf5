"""What is laid over photographs: captions, censor bars, blur and mosaic, watermarks, stickers, logos."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.drawings.canvas import Random, colour
from pictrace.images.pixels import RGBImage

__all__ = ["COVERS"]

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def _text(image: Image.Image, x: float, y: float, text: str, size: float, *, edge: int = 0) -> None:
    font = ImageFont.load_default(max(8, size))
    ImageDraw.Draw(image).text((x, y), text, fill=WHITE, font=font, stroke_width=edge, stroke_fill=BLACK)


def lower_third(photo: RGBImage, random: Random) -> RGBImage:
    image = Image.fromarray(photo)
    width, height = image.size
    high, top = height * random.uniform(0.1, 0.22), height * random.uniform(0.7, 0.78)
    ImageDraw.Draw(image).rectangle((0, top, width, top + high), fill=colour(random, 0, 180))
    _text(image, width * 0.05, top + high * 0.2, "BREAKING: words of the day", high * 0.4)
    return np.array(image)


def meme(photo: RGBImage, random: Random) -> RGBImage:
    image = Image.fromarray(photo)
    width, height = image.size
    size = width * random.uniform(0.07, 0.11)
    for y in (height * 0.03, height * 0.97 - size * 1.2):
        _text(image, width * 0.06, y, "WHEN YOU SEE", size, edge=max(1, round(size / 12)))
    return np.array(image)


def _parts(photo: RGBImage, random: Random, most: int) -> list[tuple[slice, slice]]:
    height, width = photo.shape[:2]
    parts = []
    for _ in range(int(random.integers(1, most + 1))):
        wide, high = round(width * random.uniform(0.15, 0.4)), round(height * random.uniform(0.1, 0.3))
        x, y = int(random.integers(width - wide)), int(random.integers(height - high))
        parts.append((slice(y, y + high), slice(x, x + wide)))
    return parts


def black_bars(photo: RGBImage, random: Random) -> RGBImage:
    result = photo.copy()
    for part in _parts(photo, random, 3):
        result[part] = 0
    return result


def blurred_parts(photo: RGBImage, random: Random) -> RGBImage:
    result = photo.copy()
    for part in _parts(photo, random, 2):
        result[part] = cv2.GaussianBlur(photo[part], (0, 0), photo.shape[1] / 40)
    return result


def mosaic(photo: RGBImage, random: Random) -> RGBImage:
    result = photo.copy()
    for part in _parts(photo, random, 2):
        height, width = photo[part].shape[:2]
        small = cv2.resize(photo[part], (8, 8), interpolation=cv2.INTER_AREA)
        result[part] = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return result


def _watermarked(photo: RGBImage, random: Random, places: list[tuple[float, float]], size: float) -> RGBImage:
    image = Image.fromarray(photo).convert("RGBA")
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw, fill = ImageDraw.Draw(layer), (*WHITE, int(random.integers(90, 200)))
    for place in places:
        draw.text(place, "SAMPLE", fill=fill, font=ImageFont.load_default(size))
    return np.array(Image.alpha_composite(image, layer).convert("RGB"))


def watermarks(photo: RGBImage, random: Random) -> RGBImage:
    height, width = photo.shape[:2]
    size = width * random.uniform(0.05, 0.1)
    places = [(float(x), float(y)) for y in np.arange(0, height, 2.2 * size) for x in np.arange(0, width, 5 * size)]
    return _watermarked(photo, random, places, size)


def large_watermark(photo: RGBImage, random: Random) -> RGBImage:
    height, width = photo.shape[:2]
    return _watermarked(photo, random, [(width * 0.1, height * 0.35)], width * 0.2)


def stickers(photo: RGBImage, random: Random) -> RGBImage:
    image = Image.fromarray(photo)
    draw = ImageDraw.Draw(image)
    for _ in range(int(random.integers(1, 5))):
        radius = min(image.size) * random.uniform(0.07, 0.16)
        x, y = (random.uniform(radius, side - radius) for side in image.size)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=colour(random, 0, 256), outline=WHITE, width=4
        )
        draw.arc((x - radius / 2, y - radius / 3, x + radius / 2, y + radius / 2), 20, 160, fill=BLACK, width=5)
    return np.array(image)


def logo(photo: RGBImage, random: Random) -> RGBImage:
    image = Image.fromarray(photo)
    width, height = image.size
    ImageDraw.Draw(image).rectangle((width * 0.8, height * 0.04, width * 0.96, height * 0.12), fill=(200, 0, 0))
    _text(image, width * 0.82, height * 0.05, "NEWS", height * 0.05)
    return np.array(image)


COVERS: Mapping[str, Callable[[RGBImage, Random], RGBImage]] = {
    "lower third": lower_third,
    "meme": meme,
    "black bars": black_bars,
    "blurred parts": blurred_parts,
    "mosaic": mosaic,
    "watermarks all over": watermarks,
    "large watermark": large_watermark,
    "stickers": stickers,
    "logo": logo,
}
