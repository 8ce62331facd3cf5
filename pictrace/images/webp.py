"""WebP: the header in Python, the pixels by OpenCV, which takes a third of the memory and time that Pillow does.

Pillow decodes every WebP as an animation, on two canvases (20 bytes a pixel in the end); both call libwebp, and their
pixels are the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pictrace.errors import ImageError
from pictrace.images.colour import colour_space
from pictrace.images.orientation import exif_variant
from pictrace.images.strips import as_wanted
from pictrace.images.transparency import BLACK, LIGHT_NOTE, SAMPLE_SIDE_PX, WHITE, ground_under, laid_on
from pictrace.told import told

__all__ = ["WebPPicture"]

if "OPENCV_LOG_LEVEL" not in os.environ:
    # It would write of each damaged file to the terminal, without saying which; we do.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_MAX_CHUNKS = 10_000  # an animation has one a frame


class WebPPicture:
    """A WebP whose header has been read; of an animation, the first frame."""

    quality: int | None = None
    bytes_a_pixel = 8.0
    notes: tuple[str, ...] = ()

    def __init__(self, data: bytes) -> None:
        """Reads the header (RFC 9649); raises ImageError."""
        self._data = data
        first = next(_chunks(data), None)
        size = first and _size(*first)
        if size is None:
            raise _damaged(told("its header says no size"))
        self.width, self.height = size
        aside = {name: body for name, body in _chunks(data) if name in (b"ICCP", b"EXIF")}
        self.variant = exif_variant(aside.get(b"EXIF", b""))
        profile = aside.get(b"ICCP", b"")
        self.profile = profile if colour_space(profile) == "RGB" else b""

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Decodes (height, width, 3), uint8, RGB, alpha laid on white or black, not yet upright; raises ImageError.

        With ``min_long_side_px``, a large one is scaled down to it.
        """
        image = self._decoded()
        ground = self._ground(image)
        return as_wanted(self.width, self.height, min_long_side_px, lambda top, end: _rgb(image[top:end], ground))

    def _ground(self, image: NDArray[np.uint8]) -> int:
        """What it is laid on; noted where that is not white."""
        if image.shape[2] == 3:
            return WHITE
        step = -(-max(image.shape[:2]) // SAMPLE_SIDE_PX)
        ground = ground_under(_layer(np.ascontiguousarray(image[::step, ::step])))
        self.notes = (LIGHT_NOTE,) if ground == BLACK else ()
        return ground

    def _decoded(self) -> NDArray[np.uint8]:
        """(height, width, 3 or 4), uint8, BGR."""
        try:
            image = cv2.imdecode(np.frombuffer(self._data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error as error:
            raise _damaged(error.err) from error
        if image is None:
            raise _damaged(told("{count:,} bytes", count=len(self._data)))
        if image.shape[:2] != (self.height, self.width):
            raise _damaged(told("its pictures are of another size than its header says"))
        return np.asarray(image, np.uint8)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, what it holds) of each chunk."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _size(name: bytes, body: bytes) -> tuple[int, int] | None:
    """(width, height) by the chunk that a file begins with; None where it is no such chunk."""
    if name == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return (width, height) if width and height else None
    return None


def _rgb(image: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """(height, width, 3), RGB, of BGR or BGRA."""
    if image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    return laid_on(_layer(image), ground)


def _layer(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA), np.uint8))


def _damaged(cause: str) -> ImageError:
    return ImageError(told("the WEBP is damaged or unusual ({cause}): save it again as PNG", cause=cause))
