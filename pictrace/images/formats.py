"""What a file is, by its first bytes: its name and its declared type are not asked."""

from __future__ import annotations

import re

from pictrace.errors import ImageError

__all__ = ["MIME_TYPES", "PICTURE_SUFFIXES", "sniff"]

MIME_TYPES = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "HEIC": "image/heic",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
"""The formats that PicTrace reads, and no others; HEIC with an optional package only."""

PICTURE_SUFFIXES = frozenset(
    [
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".heif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".mpo",
        ".png",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
"""How the names of such files end, in lower case."""

_ADMITTED = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),  # + is BigTIFF
    "BMP": re.compile(rb"BM"),
}

_SAVE_AS = "save it as JPEG or PNG"
_STRANGERS = (
    ("a web page (HTML)", re.compile(rb"<(!doctype html|html|head|body)"), "give the picture itself"),
    ("an SVG drawing", re.compile(rb"<(?=.*<svg|svg)", re.DOTALL), _SAVE_AS),
    ("a PDF document", re.compile(rb"%pdf-"), "save its page as JPEG or PNG"),
    ("a JPEG XL picture", re.compile(rb"\xff\x0a|\0{3}\x0cjxl "), _SAVE_AS),
    ("a JPEG 2000 picture", re.compile(rb"\xff\x4f\xff\x51|\0{3}\x0cjp  "), _SAVE_AS),
    ("a Photoshop file", re.compile(rb"8bps"), _SAVE_AS),
    ("a ZIP archive", re.compile(rb"pk\x03\x04"), "unpack it"),
    ("a video or a raw camera file", re.compile(rb".{4}ftyp|\x1a\x45\xdf\xa3", re.DOTALL), _SAVE_AS),
)  # matched against lower-case bytes
_HEAD_BYTES = 1024  # an SVG may begin with an XML declaration, a comment and a document type

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def sniff(data: bytes) -> str:
    """The format of these bytes, a key of MIME_TYPES.

    Raises ImageError, which names what the bytes are instead where that is known.
    """
    if not data:
        raise ImageError("the file is empty (0 bytes): fetch or save it again")
    for name, pattern in _ADMITTED.items():
        if pattern.match(data):
            return name
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _HEIC_BRANDS:
        return "HEIC"
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for title, pattern, advice in _STRANGERS:
        if pattern.match(head):
            raise ImageError(f"this is {title}, which PicTrace does not read: {advice}")
    raise ImageError(f"{len(data)} bytes that begin with {data[:8]!r} are no known picture: {_SAVE_AS}")


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO media file, major and compatible (ISO/IEC 14496-12, 4.3)."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4]), _HEAD_BYTES)
    return {data[at : at + 4] for at in range(8, end, 4)}
