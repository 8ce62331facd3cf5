"""JPEG, the bulk of all pictures: the header in Python, the pixels by OpenCV.

Pillow's draft mode gives the same pixels at 626 pictures a second where this gives 864 (148 photographs of 68 kB in
the mean, one thread), and its reader walks the segments without a limit: so it decodes CMYK with a profile only.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pictrace.errors import ImageError
from pictrace.images.colour import cmyk_as_srgb, colour_space
from pictrace.images.complaints import heard
from pictrace.images.jpeg_header import has_end, read_header, scan_headers
from pictrace.images.orientation import exif_variant
from pictrace.told import told

__all__ = ["DAMAGED_NOTE", "JpegPicture"]

DAMAGED_NOTE = told("the JPEG is damaged within: parts of it were guessed")
_SAMPLES = {1: "GRAY", 3: "RGB", 4: "CMYK"}  # by the number of components
_MAX_SCANS = 100  # an encoder writes about ten; thousands of empty ones would keep the decoder busy for hours
_ALL_COEFFICIENTS = frozenset(range(64))
_BLOCK_PX = 8
_GRAY, _GRAY_OF_INKS = 128, 64  # the mean level, of colours and of four inks
_END = b"\xff\xd9"

# The REDUCED_COLOR flags hold the bit for BGR, which excludes the one for RGB; the bare bits of the
# scale are named after gray.
_SCALES = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_FAILURES = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, MemoryError, struct.error)


class JpegPicture:
    """A JPEG whose header has been read; of an MPO it is the first picture."""

    def __init__(self, data: bytes) -> None:
        """Reads the header; raises ImageError."""
        self.notes: tuple[str, ...] = ()
        self._data = data
        self._header = header = read_header(data)
        self.width, self.height, self.quality = header.width, header.height, header.quality
        self.variant = exif_variant(header.exif)
        # Of a progressive one all coefficients are held, 2 bytes each; others are decoded at a fraction of their size.
        self.bytes_a_pixel = 2.0 * header.components if header.progressive else 0.5
        suited = colour_space(header.profile) == _SAMPLES.get(header.components)
        self._cmyk_profile = header.profile if suited and header.components == 4 else b""
        self.profile = header.profile if suited and header.components != 4 else b""

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Decodes (height, width, 3), uint8, RGB, not yet turned upright; raises ImageError.

        With ``min_long_side_px`` the size may be a half, a quarter or an eighth, rounded up, as long
        as the long side keeps that many pixels. CMYK and YCCK are taken as inverted, as Adobe
        writes them. Damage within a scan is concealed by libjpeg; where that is heard (``complaints``), it is noted.
        """
        data, header = self._data, self._header
        ends = has_end(data, header)
        if not ends or data.count(b"\xff\xda", header.scan_start) >= _MAX_SCANS:
            self._check_scans(ends)
        if not ends:
            data = data.rstrip(b"\xff") + _END
        divisor = self._divisor(min_long_side_px)
        image, is_damaged = heard(lambda: _decoded(data, divisor))
        self.notes = (DAMAGED_NOTE,) if is_damaged else ()
        if not ends and self._is_concealed(image, divisor):
            raise self._broken_off()
        if self._cmyk_profile:
            converted = cmyk_as_srgb(self._in_own_mode(data, divisor), self._cmyk_profile)
            if converted is not None:
                return np.array(converted)
        return image

    def decoded_pixels(self, min_long_side_px: int | None) -> int:
        """How many pixels ``pixels`` has in memory; of a progressive one all coefficients are held."""
        divisor = 1 if self._header.progressive else self._divisor(min_long_side_px)
        return -(-self.width // divisor) * -(-self.height // divisor)

    def _check_scans(self, ends: bool) -> None:
        """Not too many; and without an end marker, those that bring every coefficient to its last bit (G.1.1.1)."""
        scans = scan_headers(self._data, self._header)
        if len(scans) > _MAX_SCANS:
            raise ImageError(told("the JPEG has more than {most} scans: save it as a plain JPEG", most=_MAX_SCANS))
        there: dict[int, set[int]] = {}
        for scan in scans:
            if len(scan) < 6 or len(scan) != 4 + 2 * scan[0]:
                continue
            first, last, bits = scan[-3:]
            if bits & 15 == 0:
                for component in scan[1:-3:2]:
                    there.setdefault(component, set()).update(range(first, last + 1))
        whole = len(there) == self._header.components and all(one >= _ALL_COEFFICIENTS for one in there.values())
        if not ends and not (whole and (self._header.progressive or len(scans) == 1)):
            raise self._broken_off()

    def _is_concealed(self, image: NDArray[np.uint8], divisor: int) -> bool:
        """Whether the last block is of the gray that libjpeg puts where samples are missing.

        Without its outermost pixels, which share their colour with what lies beside them. A cut within the very last
        block goes unnoticed, as does one within the last scan of a progressive JPEG, a matter of single bits.
        """
        if self._header.progressive:
            return False
        top, left = ((side - 1) // _BLOCK_PX * _BLOCK_PX // divisor for side in (self.height, self.width))
        block = image[top:, left:]
        inner = block[1:, 1:] if min(block.shape[:2]) > 1 else block
        gray = _GRAY_OF_INKS if self._header.components == 4 else _GRAY
        return bool((np.abs(inner.astype(np.int16) - gray) <= 1).all())

    def _broken_off(self) -> ImageError:
        return ImageError(
            told("the JPEG breaks off after {count} bytes: fetch or save it again", count=len(self._data))
        )

    def _in_own_mode(self, data: bytes, divisor: int) -> Image.Image:
        """By Pillow, which gives CMYK as it is stored, and gets no metadata to read."""
        kept, at = [], 0
        for begin, end in self._header.aside:
            kept.append(data[at:begin])
            at = end
        try:
            image = JpegImageFile(io.BytesIO(b"".join([*kept, data[at:]])))
            if divisor > 1:
                image.draft(image.mode, (max(1, image.width // divisor), max(1, image.height // divisor)))
            image.load()
        except _FAILURES as error:
            raise ImageError(
                told("the JPEG is damaged or unusual ({error}): save the picture again", error=error)
            ) from error
        return image

    def _divisor(self, min_long_side_px: int | None) -> int:
        if min_long_side_px is None:
            return 1
        long_side = max(self.width, self.height)
        fitting = [divisor for divisor in _SCALES if -(-long_side // divisor) >= min_long_side_px]
        return max(fitting, default=1)


def _decoded(data: bytes, divisor: int) -> NDArray[np.uint8]:
    flags = _SCALES[divisor] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(
            told("the JPEG cannot be decoded ({error}): save the picture again", error=error.err)
        ) from error
    if image is None:
        raise ImageError(told("the JPEG of {count} bytes cannot be decoded: save the picture again", count=len(data)))
    return image
