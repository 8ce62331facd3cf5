"""What a JPEG's segments say (ITU-T T.81, B.2), by the one walk over them."""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pictrace.errors import ImageError
from pictrace.images.colour import MAX_PROFILE_BYTES
from pictrace.told import told

__all__ = ["JpegHeader", "has_end", "read_header", "scan_headers"]

MAX_SEGMENTS = 5000  # 32 MB of full ones are 512; millions of empty ones would keep Python busy for seconds

_EXIF, _PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
_START, _END, _SCAN, _TABLES = 0xD8, 0xD9, 0xDA, 0xDB
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # not DHT, JPG, DAC
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# Application data and comments, but for JFIF and Adobe, which say what the components mean.
_ASIDE = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}
# Not a stuffed zero, a fill byte, or what has no segment: TEM, RST0 to RST7.
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd7]", re.DOTALL)

# Annex K.1 of ITU-T T.81, the luminance table, in zigzag order as a file holds it.
_LUMINANCE = np.array(
    [16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51,
     61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77,
     113, 121, 112, 100, 120, 92, 101, 103, 99],
    np.float64,
)  # fmt: skip


@dataclass(frozen=True)
class JpegHeader:
    """width, height: as stored, before the EXIF orientation. components: 1 gray, 3 colour, 4 CMYK.

    exif, profile: b"" for none. quality: see ijg_quality, None without a luminance table.
    scan: the header of the first scan, which ends at scan_start. aside: (begin, end) of segments that do not decide
    about pixels.
    """

    width: int
    height: int
    components: int
    progressive: bool
    exif: bytes
    profile: bytes
    quality: int | None
    scan: bytes
    scan_start: int
    aside: tuple[tuple[int, int], ...]


def read_header(data: bytes) -> JpegHeader:
    """Everything up to the first scan; ImageError where it is damaged, or has more than MAX_SEGMENTS.

    What stands in a segment is skipped with it, so the thumbnail in the EXIF segment, a JPEG
    of its own, is not mistaken for the picture.
    """
    frame, progressive, exif, table = None, False, b"", b""
    profile: list[bytes] = []  # in pieces, as a segment holds 64 kB at most
    aside: list[tuple[int, int]] = []
    for marker, begin, segment in _segments(data, 2):
        end = begin + 4 + len(segment)
        if marker in (_START, _END) or end != begin + 2 + int.from_bytes(data[begin + 2 : begin + 4]):
            raise ImageError(
                told("the JPEG header is damaged at byte {place}: save the picture again", place=begin + 2)
            )
        if marker in _ASIDE:
            aside.append((begin, end))
        if marker in _FRAMES:
            frame, progressive = _frame(segment), marker in _PROGRESSIVE
        elif marker == 0xE1 and segment.startswith(_EXIF):
            exif = exif or segment  # a second one goes on where the first ends
        elif marker == 0xE2 and segment.startswith(_PROFILE):
            profile.append(segment[len(_PROFILE) :])
        elif marker == _TABLES:
            table = _table_zero(segment) or table
        elif marker == _SCAN:
            width, height, components = frame or (0, 0, 0)
            if not width or not height:
                raise ImageError(
                    told(
                        "the JPEG header says {width} x {height} pixels: save the picture again",
                        width=width,
                        height=height,
                    )
                )
            return JpegHeader(
                width, height, components, progressive, exif, _joined(profile),
                ijg_quality(table) if table else None, segment, end, tuple(aside),
            )  # fmt: skip
    raise ImageError(
        told("the JPEG breaks off in its header, after {count} bytes: fetch or save it again", count=len(data))
    )


def scan_headers(data: bytes, header: JpegHeader) -> list[bytes]:
    """The segments that begin the scans, up to the end of the picture or of the data."""
    return [header.scan, *(body for marker, _, body in _segments(data, header.scan_start) if marker == _SCAN)]


def has_end(data: bytes, header: JpegHeader) -> bool:
    """Whether an end marker follows somewhere."""
    return data.rfind(bytes([0xFF, _END]), header.scan_start) >= 0


def _segments(data: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """(marker, where it begins, what its segment holds), like libjpeg over any bytes between; the last is an EOI."""
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            return
        begin, marker = found.start(), data[found.start() + 1]
        at = begin + 2 + int.from_bytes(data[begin + 2 : begin + 4])
        yield marker, begin, b"" if marker in (_START, _END) else data[begin + 4 : at]
        if marker == _END:
            return
        at = max(at, begin + 4)
    raise ImageError(told("the JPEG has more than {most} segments: save the picture again", most=MAX_SEGMENTS))


def _frame(segment: bytes) -> tuple[int, int, int]:
    if len(segment) < 6:
        raise ImageError(
            told("the JPEG frame header has {count} bytes, not 6: save the picture again", count=len(segment))
        )
    bits, height, width, components = struct.unpack_from(">BHHB", segment)
    if bits != 8:
        raise ImageError(told("the JPEG has {bits} bits per sample: save it with 8, or as PNG", bits=bits))
    return width, height, components


def _table_zero(segment: bytes) -> bytes:
    """Table 0 of a DQT segment (B.2.4.1), 64 values of 8 or 16 bits in zigzag order; b"" where it is not there."""
    at, found = 0, b""
    while at < len(segment):
        wide, number = segment[at] >> 4, segment[at] & 15
        size = 128 if wide else 64
        values = segment[at + 1 : at + 1 + size]
        if len(values) == size and number == 0:
            found = values
        at += 1 + size
    return found


@functools.lru_cache(maxsize=64)
def ijg_quality(table: bytes) -> int:
    """The quality, 1 to 100, whose luminance table is nearest to this one, also where it is another maker's.

    The Independent JPEG Group's rule scales the table of Annex K.1 by 5000 / quality below 50 and by
    200 - 2 * quality from there on, in percent.
    """
    values = np.frombuffer(table, ">u2" if len(table) == 128 else "u1").astype(np.float64)
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    tables = np.clip((_LUMINANCE * percent[:, np.newaxis] + 50) // 100, 1, 255)
    distance = np.abs(np.log(tables) - np.log(np.maximum(1, values))).sum(axis=1)
    return int(qualities[distance.argmin()])


def _joined(pieces: Iterable[bytes]) -> bytes:
    """A profile in pieces, each after its number and how many there are (ICC.1:2022, B.4); b"" where one is missing."""
    pieces = sorted(pieces)
    count = len(pieces)
    whole = count < 256 and [piece[:2] for piece in pieces] == [bytes([place + 1, count]) for place in range(count)]
    profile = b"".join(piece[2:] for piece in pieces) if whole else b""
    return profile if len(profile) <= MAX_PROFILE_BYTES else b""
