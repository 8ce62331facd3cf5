"""Pictures with more than 8 bits a sample, as Pillow opens them, made 8-bit ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, TiffImageFile

from pictrace.images.samples import LEVELS, Span, rows_at_once, span_of_levels, span_of_numbers, used_levels

__all__ = ["as_8_bits"]

_ORIENTATION, _SAMPLE_FORMAT, _SMALLEST, _LARGEST = 274, 339, 340, 341  # tags of TIFF 6.0
_WHITE_IS_ZERO = 0
_UNSIGNED = 1
_DARK = 64  # of 255: what 14 of 16 bits stay below


def as_8_bits(image: Image.Image, data: bytes, significant: int | None) -> tuple[Image.Image, str]:
    """The picture with 8 bits a sample, and what is to be told of how it was read; itself where it has no more.

    Parameters
    ----------
    image
        Decoded by Pillow, which holds gray of 16 and 32 bits and floating-point numbers as they are, and of colours of
        16 bits the upper 8. Where others are used, these are decoded once more, by OpenCV.
    data
        The file.
    significant
        How many bits the file says that its samples had once (sBIT of PNG).

    Raises
    ------
    ImageError
        Where samples are infinite or no numbers.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _gray(image, significant)
    if image.mode in ("RGB", "RGBA", "LA") and _is_dark(image):
        colours = _all_16_bits(image, data)
        if colours is not None:
            return _colours(colours, image, significant)
    return image, ""


def _gray(image: Image.Image, significant: int | None) -> tuple[Image.Image, str]:
    """Pillow leaves a white-is-zero TIFF of 16 bits negative."""
    width, height = image.size
    strips = list(rows_at_once(width, height))
    span = _span_of_gray(image, strips, significant)
    key = image.info.get("transparency")
    gray = np.empty((height, width), np.uint8)
    alpha = np.empty((height, width), np.uint8) if isinstance(key, int) else None
    for top, bottom in strips:
        samples = _samples(image, top, bottom)
        gray[top:bottom] = span.as_bytes(samples)
        if alpha is not None:
            alpha[top:bottom] = np.where(samples == key, 0, 255)
    if _tag(image, PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO:
        np.subtract(255, gray, out=gray)
    made = Image.fromarray(gray)
    return made if alpha is None else Image.merge("LA", (made, Image.fromarray(alpha))), span.note


def _span_of_gray(image: Image.Image, strips: list[tuple[int, int]], significant: int | None) -> Span:
    if image.mode.startswith("I;16"):
        used = np.zeros(LEVELS, np.bool_)
        for top, bottom in strips:
            used |= used_levels(_samples(image, top, bottom).astype(np.uint16))
        bits = int(_tag(image, BITSPERSAMPLE) or 16)
        return span_of_levels(used, bits, declared=_declared(image), significant=significant)
    ends = np.array([(part.min(), part.max()) for part in (_samples(image, *strip) for strip in strips)], np.float64)
    return span_of_numbers(float(ends[:, 0].min()), float(ends[:, 1].max()), declared=_declared(image))


def _samples(image: Image.Image, top: int, bottom: int) -> NDArray[np.generic]:
    """Rows of a gray picture, (rows, width), in a dtype that holds them."""
    rows = np.asarray(image.crop((0, top, image.width, bottom)))  # of a big-endian file the dtype is ">u2"
    unsigned = rows.dtype == np.int32 and _tag(image, _SAMPLE_FORMAT) == _UNSIGNED
    return rows.view(np.uint32) if unsigned else rows


def _is_dark(image: Image.Image) -> bool:
    """Looked at in strips, as Pillow copies a band to look at it; most pictures are not beyond the first."""
    bands = np.array(image.getbands()) != "A"
    strips = (image.crop((0, top, image.width, bottom)) for top, bottom in rows_at_once(*image.size))
    return all(np.array(part.getextrema())[bands].max() < _DARK for part in strips)


def _all_16_bits(image: Image.Image, data: bytes) -> NDArray[np.uint16] | None:
    """(height, width, 3 or 4), BGR or BGRA; None where the file has no 16 bits, or OpenCV reads it otherwise."""
    is_png = data.startswith(b"\x89PNG") and data[24] == 16
    is_tiff = _tag(image, BITSPERSAMPLE) == 16 and _tag(image, _ORIENTATION) in (None, 1) and image.tell() == 0
    if not is_png and not is_tiff:
        return None
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 3 or found.shape[:2] != (image.height, image.width):
        return None
    return np.asarray(found, np.uint16)


def _colours(levels: NDArray[np.uint16], image: Image.Image, significant: int | None) -> tuple[Image.Image, str]:
    height, width, _ = levels.shape
    strips = list(rows_at_once(width, height))
    used = np.zeros(LEVELS, np.bool_)
    for top, bottom in strips:
        used |= used_levels(np.ascontiguousarray(levels[top:bottom, :, :3]))
    span = span_of_levels(used, 16, declared=_declared(image), significant=significant)
    made = np.empty(levels.shape, np.uint8)
    for top, bottom in strips:
        made[top:bottom, :, :3] = span.as_bytes(levels[top:bottom, :, 2::-1])
        made[top:bottom, :, 3:] = levels[top:bottom, :, 3:] >> 8
    return Image.fromarray(made), span.note


def _declared(image: Image.Image) -> tuple[float, float] | None:
    """SMinSampleValue and SMaxSampleValue; the former is 0 where it is missing."""
    low, high = _tag(image, _SMALLEST), _tag(image, _LARGEST)
    return None if high is None else (low or 0.0, high)


def _tag(image: Image.Image, number: int) -> float | None:
    """The number that a TIFF has there, the first of several."""
    if not isinstance(image, TiffImageFile):
        return None
    value = image.tag_v2.get(number)
    if isinstance(value, tuple):
        value = value[0] if value else None
    return None if value is None else float(value)
