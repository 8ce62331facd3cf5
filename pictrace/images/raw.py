"""Raw files of cameras, by the JPEG preview that lies in them: DNG, and what is built as a TIFF or names its preview.

What a sensor saw must be developed, and every program does that in its own way; the preview is the camera's own, mostly
of full size. Nothing is developed here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ImageError
from pictrace.images.jpeg import JpegPicture
from pictrace.images.orientation import UPRIGHT, exif_variant
from pictrace.images.tiff import Directory, Tiff
from pictrace.told import told

__all__ = ["RAW_SUFFIXES", "RawPicture", "is_raw"]

RAW_SUFFIXES = (".dng", ".cr2", ".nef", ".nrw", ".arw", ".sr2", ".pef", ".srw", ".erf", ".3fr", ".rw2", ".raf")

_MAX_DIRECTORIES = 20
_MAX_CHILDREN = 16
_COMPRESSION, _PHOTOMETRIC, _STRIPS, _STRIP_BYTES, _CHILDREN = 259, 262, 273, 279, 330
_JPEG, _JPEG_BYTES, _PANASONIC_JPEG, _DNG_VERSION = 513, 514, 0x2E, 50706
_OF_A_SENSOR = frozenset({32803, 34892})  # a colour filter array; linear samples of one
_AS_JPEG = frozenset({6, 7, 99})
_TIFF = re.compile(rb"II\*\0|MM\0\*")
_PANASONIC, _FUJI = b"IIU\0", b"FUJIFILMCCD-RAW "
_FUJI_PREVIEW_AT = 84


def is_raw(data: bytes) -> bool:
    """Whether it begins as a raw file does; a TIFF is one by what its directories are for."""
    if data.startswith((_FUJI, _PANASONIC)) or (_TIFF.match(data) and data[8:11] == b"CR\x02"):
        return True
    if not _TIFF.match(data):
        return False
    try:
        tiff = Tiff(data)
        first = next(tiff.chain(), None)
        if first is None:
            return False
        if _DNG_VERSION in first.entries:
            return True
        return any(tiff.number(one, _PHOTOMETRIC) in _OF_A_SENSOR for one in _directories(tiff))
    except ImageError:
        return False


class RawPicture:
    """The largest preview of a raw file, whose header has been read."""

    def __init__(self, data: bytes) -> None:
        """Finds the preview and reads its header; raises ImageError."""
        best: JpegPicture | None = None
        for preview in _previews(data):
            try:
                one = JpegPicture(preview)
            except ImageError:  # the sensor's own samples may be a JPEG of a kind that nothing shows
                continue
            if best is None or one.width * one.height > best.width * best.height:
                best = one
        if best is None:
            raise ImageError(
                told("this is a raw file of a camera without a JPEG preview in it: develop it and save a JPEG")
            )
        self._preview = best
        self.width, self.height, self.quality = best.width, best.height, best.quality
        self.profile, self.bytes_a_pixel = best.profile, best.bytes_a_pixel
        self.variant = best.variant if best.variant != UPRIGHT else exif_variant(_as_tiff(data))
        note = told(
            "It is a raw file, read by its preview of {width} x {height} pixels.", width=best.width, height=best.height
        )
        self.notes: tuple[str, ...] = (note,)

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Of the preview, see JpegPicture."""
        return self._preview.pixels(min_long_side_px)


def _as_tiff(data: bytes) -> bytes:
    """What looks like a TIFF to whoever reads its orientation."""
    return b"II*\0" + data[4:] if data.startswith(_PANASONIC) else data


def _previews(data: bytes) -> Iterator[bytes]:
    """All that may be one."""
    if data.startswith(_FUJI):
        if len(data) >= _FUJI_PREVIEW_AT + 8:
            start, length = struct.unpack_from(">II", data, _FUJI_PREVIEW_AT)
            yield from _piece(data, start, length)
        return
    tiff = Tiff(data)
    for one in _directories(tiff):
        yield from _piece(data, tiff.number(one, _JPEG), tiff.number(one, _JPEG_BYTES))
        starts, lengths = tiff.numbers(one, _STRIPS, 2), tiff.numbers(one, _STRIP_BYTES, 2)
        if len(starts) == len(lengths) == 1 and tiff.number(one, _COMPRESSION) in _AS_JPEG:
            yield from _piece(data, starts[0], lengths[0])
        if _PANASONIC_JPEG in one.entries and data.startswith(_PANASONIC):
            inline = one.entries[_PANASONIC_JPEG]
            yield from _piece(data, inline.start, inline.length)


def _piece(data: bytes, start: int, length: int) -> Iterator[bytes]:
    """A part of a file that begins as a JPEG does."""
    if length and data[start : start + 3] == b"\xff\xd8\xff":
        yield data[start : start + length]


def _directories(tiff: Tiff) -> Iterator[Directory]:
    """The first ones of a file, and those below them; what is damaged is passed over."""
    for place, one in enumerate(tiff.chain()):
        if place >= _MAX_DIRECTORIES:
            return
        yield one
        for at in tiff.numbers(one, _CHILDREN, _MAX_CHILDREN):
            try:
                yield tiff.directory(at)
            except ImageError:
                continue
