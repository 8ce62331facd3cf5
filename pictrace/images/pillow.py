"""PNG, GIF, BMP, TIFF, AVIF and HEIC, by Pillow: its warnings stay inside, its many exceptions become one."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, _imaging
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    PHOTOMETRIC_INTERPRETATION,
    TILELENGTH,
    TILEWIDTH,
    TiffImageFile,
)

from pictrace.errors import ImageError
from pictrace.images.colour import MAX_PROFILE_BYTES, cmyk_as_srgb, colour_space
from pictrace.images.orientation import exif_variant
from pictrace.images.strips import as_wanted

__all__ = ["PillowPicture"]

_SAMPLES = {"1": "GRAY", "L": "GRAY", "LA": "GRAY", "I;16": "GRAY", "I;16B": "GRAY", "CMYK": "CMYK", "LAB": "LAB"}
"""What the samples of a mode are, where they are not RGB: a profile for others does not speak of them."""

_FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RuntimeError,
    struct.error,
)
"""What Pillow raises for damaged files; they have no base in common short of Exception."""

_MAX_TILE_PIXELS = 4096**2

_ONE_AT_A_TIME = threading.Lock()

# Pixels come from malloc, which hands blocks back to the system at once only beyond 32 MB; of Pillow's usual
# ones, of 16 MB, each thread would keep a picture's worth. Smaller pictures take no more than they need.
_BLOCK_BYTES = 64 * 1024**2
if "PILLOW_BLOCK_SIZE" not in os.environ:
    _imaging.set_block_size(_BLOCK_BYTES)


class PillowPicture:
    """A picture whose header Pillow has read; of an animation or a document, the first."""

    quality: int | None = None
    bytes_a_pixel = 8.0  # of a large one less, but for AVIF and HEIC

    def __init__(self, reader: type[ImageFile], data: bytes) -> None:
        """Reads the header; raises ImageError."""
        self._format = "HEIC" if reader.format == "HEIF" else str(reader.format)
        with self._failing_clearly(), _quiet():
            profile = b""
            if issubclass(reader, PngImageFile):
                profile, data = _png_profile(data), _png_essentials(data)
            self._image = reader(io.BytesIO(data))
            profile = profile or self._image.info.get("icc_profile") or b""
            if isinstance(self._image, PngImageFile):
                _scale_key(self._image, bits=data[24])
            if isinstance(self._image, TiffImageFile):
                _check_tiles(self._image)
        self.width, self.height = self._image.size  # before the orientation is applied
        self._cmyk_profile, self.profile = b"", b""  # the latter is that of the pixels as they come
        if colour_space(profile) == _SAMPLES.get(self._image.mode, "RGB"):
            if self._image.mode == "CMYK":
                self._cmyk_profile = profile
            else:
                self.profile = profile
        # A TIFF and a HEIC are turned upright by their readers, which give the upright size.
        exif = b"" if self._format in ("TIFF", "HEIC") else self._image.info.get("exif", b"")
        self.variant = exif_variant(exif)

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Decodes (height, width, 3), uint8, RGB, alpha laid on white, not yet turned upright.

        With ``min_long_side_px``, a large one is scaled down to it. Raises ImageError.
        """
        with self._failing_clearly():
            if isinstance(self._image, TiffImageFile):
                with _quiet():  # it reads the tags again
                    self._image.load()
            self._image.load()
            return as_wanted(*self._image.size, min_long_side_px, self._rows)

    def _rows(self, top: int, bottom: int) -> NDArray[np.uint8]:
        width, height = self._image.size
        part: Image.Image = self._image
        if bottom - top < height:
            part = part.crop((0, top, width, bottom))
        if self._cmyk_profile:
            part = cmyk_as_srgb(part, self._cmyk_profile) or part
        return _as_rgb(part, self._image)

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except Image.DecompressionBombError as error:  # within WebP, GIF and TIFF, whatever our limit
            raise ImageError(f"the {self._format} is too large ({error}): save it smaller") from error
        except _FAILURES as error:
            cause = f"{error}" or type(error).__name__
            raise ImageError(f"the {self._format} is damaged or unusual ({cause}): save it again as PNG") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow warns about files that are odd but readable.

    The filters belong to the process, so two threads must not swap them at once; headers take
    microseconds, and only a TIFF is decoded in here.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings(action="ignore"):
        yield


def _png_essentials(data: bytes) -> bytes:
    """A PNG with what decides about its pixels, and the EXIF block.

    Texts, which Pillow would mix with the properties of the picture, colour profiles (see _png_profile)
    and the other frames of an animation are left out.
    """
    kept = [data[:8]]
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + length + 12  # with length, name and checksum
        if name in (b"tRNS", b"eXIf") or name[:1].isupper():  # an upper-case initial marks the critical ones
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _png_profile(data: bytes) -> bytes:
    """The colour profile (PNG 3rd edition, 11.3.2.3); b"" where there is none that is sound."""
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name in (b"IDAT", b"PLTE"):  # it stands before these
            return b""
        if name == b"iCCP":
            _, _, compressed = data[at + 8 : at + 8 + length].partition(b"\0")
            try:  # the first byte names the method, of which there is one
                return zlib.decompressobj().decompress(compressed[1:], MAX_PROFILE_BYTES + 1)
            except zlib.error:
                return b""
        at += length + 12
    return b""


def _check_tiles(image: TiffImageFile) -> None:
    """A tile is decoded whole, however little of it the picture shows."""
    width, height = (image.tag_v2.get(tag, 0) for tag in (TILEWIDTH, TILELENGTH))
    if width * height > max(_MAX_TILE_PIXELS, 2 * image.width * image.height):
        raise ImageError(f"the TIFF has tiles of {width} x {height} pixels: save it again as PNG")


def _scale_key(image: PngImageFile, bits: int) -> None:
    """The transparent level of a 2- or 4-bit gray PNG, on the scale of the 8 bits that Pillow makes of it."""
    key = image.info.get("transparency")
    if image.mode == "L" and isinstance(key, int):
        image.info["transparency"] = key * 255 // (2**bits - 1)


def _as_rgb(image: Image.Image, file: ImageFile) -> NDArray[np.uint8]:
    """A part of what a file holds, (height, width, 3), uint8."""
    if image.mode.startswith("I;16"):
        return np.asarray(cv2.cvtColor(_gray_of_16_bits(image, file), cv2.COLOR_GRAY2RGB), np.uint8)
    if image.mode in ("I", "F"):
        raise ImageError("the samples are signed, of 32 bits or floating-point, with no known white: save 8 or 16 bits")
    if not image.has_transparency_data:
        return np.array(image if image.mode == "RGB" else image.convert("RGB"))
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(layer, mask=layer)
    return np.array(paper)


def _gray_of_16_bits(image: Image.Image, file: ImageFile) -> NDArray[np.uint8]:
    """(height, width), uint8. Pillow would clip 16 bits to 8, and leaves a white-is-zero TIFF negative."""
    levels = np.asarray(image).astype(np.uint16)  # of a big-endian file the dtype is ">u2"
    white = 0xFFFF
    if isinstance(file, TiffImageFile):
        white = 2 ** file.tag_v2[BITSPERSAMPLE][0] - 1
        if file.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0:
            levels = white - levels
    gray = np.asarray(cv2.convertScaleAbs(levels, alpha=255 / white), np.uint8)
    gray[levels == image.info.get("transparency", -1)] = 255
    return gray
