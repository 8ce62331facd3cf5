"""The formats that PicTrace reads, one a row. What a file is, its first bytes say, not its name or declared type."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pictrace.errors import ImageError
from pictrace.images.heif import heif_reader
from pictrace.images.jpeg import JpegPicture
from pictrace.images.orientation import Variant
from pictrace.images.pillow import PillowPicture
from pictrace.images.raw import RAW_SUFFIXES, RawPicture, is_raw
from pictrace.images.webp import WebPPicture
from pictrace.told import told

__all__ = ["FORMATS", "PICTURE_SUFFIXES", "Format", "Picture", "sniff"]


class Picture(Protocol):
    """A picture whose header has been read."""

    width: int  # as stored
    height: int
    variant: Variant  # what makes it upright
    profile: bytes  # of the pixels as they come, see pictrace.images.colour; b"" for none
    quality: int | None  # of a JPEG, 1 to 100
    notes: tuple[str, ...]  # sentences, once the pixels are there
    bytes_a_pixel: float  # about what decoding takes to make the working picture

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Format:
    """begins: whether bytes begin as such a file does. suffixes: how the names of such files end, in lower case.

    read: what reads its header, and raises ImageError.
    """

    name: str
    begins: Callable[[bytes], object]
    suffixes: tuple[str, ...]
    read: Callable[[bytes], Picture]


def _magic(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.DOTALL).match


def _branded(*brands: bytes) -> Callable[[bytes], object]:
    return lambda data: not _brands(data).isdisjoint(brands)


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO media file, major and compatible (ISO/IEC 14496-12, 4.3)."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4]), _HEAD_BYTES)
    return {data[at : at + 4] for at in range(8, end, 4)}


_HEAD_BYTES = 1024  # an SVG may begin with an XML declaration, a comment and a document type
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")

# Pillow's readers are called directly, not through Image.open: that would judge the size by Pillow's own
# limit, which is one for the whole process, before we can by ours.
_ROWS = (
    Format("JPEG", _magic(rb"\xff\xd8\xff"), (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), JpegPicture),
    Format("PNG", _magic(rb"\x89PNG\r\n\x1a\n"), (".png",), partial(PillowPicture, PngImageFile)),
    Format("WEBP", _magic(rb"RIFF.{4}WEBP"), (".webp",), WebPPicture),
    Format("GIF", _magic(rb"GIF8[79]a"), (".gif",), partial(PillowPicture, GifImageFile)),
    Format("RAW", is_raw, RAW_SUFFIXES, RawPicture),  # most are TIFFs, too
    # + is BigTIFF
    Format("TIFF", _magic(rb"II[*+]\0|MM\0[*+]"), (".tif", ".tiff"), partial(PillowPicture, TiffImageFile)),
    Format("BMP", _magic(rb"BM"), (".bmp",), partial(PillowPicture, BmpImageFile)),
    Format("AVIF", _branded(b"avif", b"avis"), (".avif",), partial(PillowPicture, AvifImageFile)),
    Format("HEIC", _branded(*_HEIC), (".heic", ".heif"), lambda data: PillowPicture(heif_reader(), data)),
)  # fmt: skip
FORMATS = {one.name: one for one in _ROWS}
"""By name; no others are read, and HEIC with an optional package only."""

PICTURE_SUFFIXES = frozenset(suffix for one in _ROWS for suffix in one.suffixes)

_SAVE_AS = told("save it as JPEG or PNG")
_LISTED = told("give one of the pictures that it lists, or add them to a catalog")
_STRANGERS = (
    (told("a web page (HTML)"), _magic(rb"<(!doctype html|html|head|body)"), told("give the picture itself")),
    (told("an SVG drawing"), _magic(rb"<(?=.*<svg|svg)"), _SAVE_AS),
    (told("a PDF document"), _magic(rb"%pdf-"), told("save its page as JPEG or PNG")),
    (told("a JPEG XL picture"), _magic(rb"\xff\x0a|\0{3}\x0cjxl "), _SAVE_AS),
    (told("a JPEG 2000 picture"), _magic(rb"\xff\x4f\xff\x51|\0{3}\x0cjp  "), _SAVE_AS),
    (told("a Photoshop file"), _magic(rb"8bps"), _SAVE_AS),
    (told("a ZIP archive"), _magic(rb"pk\x03\x04"), told("unpack it")),
    (told("an IIIF manifest"), _magic(rb"\{(?=.*iiif\.io/api/presentation)"), _LISTED),
    (told("a JSON list"), _magic(rb"\[\s*[\"{\[]"), _LISTED),
    (told("a video or a raw file of a camera"), _magic(rb".{4}ftyp|\x1a\x45\xdf\xa3"), _SAVE_AS),
)  # matched against lower-case bytes


def sniff(data: bytes) -> Format:
    """The format of these bytes. Raises ImageError, which names what they are instead where that is known."""
    if not data:
        raise ImageError(told("the file is empty (0 bytes): fetch or save it again"))
    for one in _ROWS:
        if one.begins(data):
            return one
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for title, begins, advice in _STRANGERS:
        if begins(head):
            raise ImageError(
                told("this is {title}, which PicTrace does not read: {advice}", title=title, advice=advice)
            )
    raise ImageError(told("this is no picture that PicTrace knows: save it as JPEG or PNG"))
