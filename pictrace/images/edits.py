"""What people do to pictures: named changes for the sample catalog, the examples and the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode

__all__ = [
    "CHANGES",
    "brighten",
    "caption",
    "crop",
    "gamma",
    "letterbox",
    "mirror",
    "noise",
    "recompress",
    "resize",
    "turn",
]


def recompress(image: RGBImage, quality: int) -> RGBImage:
    """Through JPEG of this quality, 1 to 100, and back."""
    return decode(encode_jpeg(image, quality=quality))


def resize(image: RGBImage, factor: float) -> RGBImage:
    """Both sides scaled by the factor."""
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


def crop(image: RGBImage, area: float, *, across: float = 0.5, down: float = 0.5) -> RGBImage:
    """A window with this share of the area and the same proportions.

    across and down place it, 0 (left, top) to 1 (right, bottom).
    """
    height, width = (max(1, round(side * area**0.5)) for side in image.shape[:2])
    top, left = round((image.shape[0] - height) * down), round((image.shape[1] - width) * across)
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def turn(image: RGBImage, degrees: float) -> RGBImage:
    """Turned counter-clockwise; quarter turns are exact, others keep the frame and fill it with black."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(image, round(degrees / 90)))
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def mirror(image: RGBImage) -> RGBImage:
    """Left and right exchanged."""
    return np.ascontiguousarray(image[:, ::-1])


def brighten(image: RGBImage, *, contrast: float, shift: float) -> RGBImage:
    """contrast times the level plus shift, in levels of 0 to 255."""
    levels = np.clip(image.astype(np.float32) * contrast + shift, 0, 255)
    return np.asarray(levels.round(), np.uint8)


def gamma(image: RGBImage, exponent: float) -> RGBImage:
    """Levels in [0, 1] raised to the exponent: above 1 is darker."""
    table = ((np.arange(256) / 255) ** exponent * 255).round().astype(np.uint8)
    return np.asarray(table[image], np.uint8)


def blur(image: RGBImage, sigma_px: float) -> RGBImage:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def noise(image: RGBImage, deviation: float, *, seed: int = 0) -> RGBImage:
    """Gaussian noise of this standard deviation, in levels of 0 to 255."""
    random = np.random.default_rng(seed)
    noisy = image.astype(np.float32) + random.normal(0, deviation, image.shape).astype(np.float32)
    return np.clip(noisy, 0, 255).round().astype(np.uint8)


def caption(image: RGBImage, text: str = "PICTRACE SAMPLE", *, lines: int = 1) -> RGBImage:
    """White text with a black edge over the lower part, or over the whole picture with more lines."""
    result = image.copy()
    height, width = image.shape[:2]
    scale = width / 330
    thickness = max(2, round(3 * scale))
    (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thickness)
    for line in range(lines):
        x = (width - text_width) // 2
        y = height - round(height * 0.06) - round(line * text_height * 2.2)
        for colour, extra in (((0, 0, 0), 3 + thickness), ((255, 255, 255), 0)):
            cv2.putText(result, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, scale, colour, thickness + extra, cv2.LINE_AA)
    return result


def letterbox(image: RGBImage, share: float = 0.2) -> RGBImage:
    """Black bars above and below, each this share of the height."""
    bar = max(1, round(image.shape[0] * share))
    return np.asarray(cv2.copyMakeBorder(image, bar, bar, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)


def grayscale(image: RGBImage) -> RGBImage:
    """Without colour, still with three channels."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def recolour(image: RGBImage, degrees: float, *, saturation: float = 1.0) -> RGBImage:
    """The hue turned by these degrees, the saturation multiplied."""
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    colours[..., 0] = (colours[..., 0] + degrees / 2) % 180  # OpenCV counts hue in steps of two degrees
    colours[..., 1] = np.clip(colours[..., 1] * saturation, 0, 255)
    return np.asarray(cv2.cvtColor(colours.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)


def _combined(image: RGBImage) -> RGBImage:
    return recompress(turn(crop(image, 0.8), 15), 30)


CHANGES: Mapping[str, Callable[[RGBImage], RGBImage]] = {
    "JPEG quality 10": partial(recompress, quality=10),
    "quarter size": partial(resize, factor=0.25),
    "crop to 80 %": partial(crop, area=0.8),
    "crop to 50 %": partial(crop, area=0.5),
    "turned 15°": partial(turn, degrees=15),
    "turned 90°": partial(turn, degrees=90),
    "mirrored": mirror,
    "brightness and contrast": partial(brighten, contrast=1.3, shift=-20),
    "gamma 2": partial(gamma, exponent=2.0),
    "blur 2 px": partial(blur, sigma_px=2.0),
    "noise 20": partial(noise, deviation=20.0),
    "text laid over": partial(caption, text="BREAKING NEWS TODAY", lines=3),
    "letterbox": letterbox,
    "gray": grayscale,
    "recoloured": partial(recolour, degrees=40.0),
    "crop 80 %, turn 15°, JPEG 30": _combined,
}
"""The sixteen changes that retrieval is measured on."""
