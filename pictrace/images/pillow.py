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

import numpy as np
from numpy.typing import NDArray
from PIL import Image, _imaging
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from pictrace.errors import ImageError
from pictrace.images.colour import MAX_PROFILE_BYTES, cmyk_as_srgb, colour_space
from pictrace.images.deep import as_8_bits
from pictrace.images.orientation import exif_variant
from pictrace.images.pixels import fitting_size
from pictrace.images.strips import as_wanted
from pictrace.images.transparency import BLACK, LIGHT_NOTE, SAMPLE_SIDE_PX, WHITE, ground_under, laid_on
from pictrace.told import told

__all__ = ["FAILURES", "PillowPicture", "silent"]

_SAMPLES = {"1": "GRAY", "L": "GRAY", "LA": "GRAY", "I;16": "GRAY", "I;16B": "GRAY", "CMYK": "CMYK", "LAB": "LAB"}
"""What the samples of a mode are, where they are not RGB: a profile for others does not speak of them."""

FAILURES = (
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
        self.notes: tuple[str, ...] = ()
        self._ground: int | None = None
        self._significant: int | None = None
        self._format = "HEIC" if reader.format == "HEIF" else str(reader.format)
        with self._failing_clearly(), silent():
            profile = b""
            if issubclass(reader, PngImageFile):
                profile, self._significant = _png_profile(data), _png_bits(data)
                data = _png_essentials(data)
            self._data = data
            self._image: Image.Image = reader(io.BytesIO(data))
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
        """Decodes (height, width, 3), uint8, RGB, alpha laid on white or black, not yet turned upright.

        With ``min_long_side_px``, a large one is scaled down to it. Raises ImageError.
        """
        with self._failing_clearly():
            if self._ground is None:
                self._load()
            return as_wanted(*self._image.size, min_long_side_px, self._rows)

    def _load(self) -> None:
        """Decodes, makes 8 bits of more, and chooses what transparent parts are laid on."""
        if isinstance(self._image, TiffImageFile):
            with silent():  # it reads the tags again
                self._image.load()
        self._image.load()
        self._image, note = as_8_bits(self._image, self._data, self._significant)
        self._data = b""
        self.notes = (note,) if note else ()
        self._ground = WHITE
        if self._image.has_transparency_data:
            sample = self._image.resize(fitting_size(self._image.size, SAMPLE_SIDE_PX), Image.Resampling.NEAREST)
            sample.info = self._image.info  # a transparent colour stands there
            self._ground = ground_under(sample.convert("RGBA"))
            self.notes += (LIGHT_NOTE,) if self._ground == BLACK else ()

    def _rows(self, top: int, bottom: int) -> NDArray[np.uint8]:
        width, height = self._image.size
        part: Image.Image = self._image
        if bottom - top < height:
            part = part.crop((0, top, width, bottom))
        if self._cmyk_profile:
            part = cmyk_as_srgb(part, self._cmyk_profile) or part
        if not part.has_transparency_data or self._ground is None:
            return np.array(part if part.mode == "RGB" else part.convert("RGB"))
        return laid_on(part if part.mode == "RGBA" else part.convert("RGBA"), self._ground)

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except Image.DecompressionBombError as error:  # within WebP, GIF and TIFF, whatever our limit
            raise ImageError(
                told("the {format} is too large ({error}): save it smaller", format=self._format, error=error)
            ) from error
        except FAILURES as error:
            cause = f"{error}" or type(error).__name__
            raise ImageError(
                told(
                    "the {format} is damaged or unusual ({cause}): save it again as PNG",
                    format=self._format,
                    cause=cause,
                )
            ) from error


@contextmanager
def silent() -> Iterator[None]:
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
    _, _, compressed = _png_chunk(data, b"iCCP").partition(b"\0")
    try:  # the first byte names the method, of which there is one
        return zlib.decompressobj().decompress(compressed[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return b""


def _png_bits(data: bytes) -> int | None:
    """How many bits a sample had before it was made a PNG (11.3.2.7); of colours the most, alpha aside."""
    bits = _png_chunk(data, b"sBIT")
    return max(bits[: len(bits) - 1 if len(bits) in (2, 4) else None], default=None)


def _png_chunk(data: bytes, wanted: bytes) -> bytes:
    """What a chunk holds of those that stand before the palette and the pixels; b"" where there is none."""
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name in (b"IDAT", b"PLTE"):
            return b""
        if name == wanted:
            return data[at + 8 : at + 8 + length]
        at += length + 12
    return b""


def _check_tiles(image: TiffImageFile) -> None:
    """A tile is decoded whole, however little of it the picture shows."""
    width, height = (image.tag_v2.get(tag, 0) for tag in (TILEWIDTH, TILELENGTH))
    if width * height > max(_MAX_TILE_PIXELS, 2 * image.width * image.height):
        raise ImageError(
            told("the TIFF has tiles of {width} x {height} pixels: save it again as PNG", width=width, height=height)
        )


def _scale_key(image: PngImageFile, bits: int) -> None:
    """The transparent level of a 2- or 4-bit gray PNG, on the scale of the 8 bits that Pillow makes of it."""
    key = image.info.get("transparency")
    if image.mode == "L" and isinstance(key, int):
        image.info["transparency"] = key * 255 // (2**bits - 1)
