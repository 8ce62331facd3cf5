"""JPEG, the bulk of all pictures: the header in Python, the pixels by OpenCV."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ImageError
from pictrace.images.colour import MAX_PROFILE_BYTES, cmyk_as_srgb, colour_space
from pictrace.images.jpeg_pillow import END, decode_plainly, is_whole_but_for_its_end

__all__ = ["JpegPicture", "exif_orientation"]

_EXIF = b"Exif\0\0"
_PROFILE = b"ICC_PROFILE\0"
_SAMPLES = {1: "GRAY", 3: "RGB", 4: "CMYK"}  # by the number of components
_MAX_SCANS = 100  # an encoder writes about ten; thousands of empty ones would keep the decoder busy for hours

_START_OF_SCAN = 0xDA
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # not DHT, JPG, DAC
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RST0 to RST7
# Application data and comments, but for JFIF and Adobe, which say what the components mean.
_ASIDE = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}
_COARSE_PIXELS = 2_000_000  # beyond, looking for missing rows at full size would take seconds
_SECOND_IMAGE = frozenset({0xD8, 0xD9})  # SOI and EOI have no place between the first SOI and the scan

# The REDUCED_COLOR flags hold the bit for BGR, which excludes the one for RGB; the bare bits of the
# scale are named after gray.
_SCALES = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


class JpegPicture:
    """A JPEG whose header has been read; of an MPO it is the first picture."""

    def __init__(self, data: bytes) -> None:
        """Walks the segments up to the first scan (ITU-T T.81, B.2); raises ImageError.

        What stands in a segment is skipped with it, so the thumbnail in the EXIF segment, a JPEG
        of its own, is not mistaken for the picture.
        """
        self.width = self.height = 0  # as stored, before the EXIF orientation
        self._data = data
        self._progressive = False
        self._components = 0
        exif = b""
        profile: list[bytes] = []  # in pieces, as a segment holds 64 kB at most
        aside: list[tuple[int, int]] = []
        at = 2
        while True:
            begin = at
            marker, at = _next_marker(data, at)
            if marker in _WITHOUT_LENGTH:
                continue
            length = int.from_bytes(data[at : at + 2])
            segment = data[at + 2 : at + length]
            if marker in _SECOND_IMAGE or length < 2 or len(segment) < length - 2:
                raise ImageError(f"the JPEG header is damaged at byte {at}: save the picture again")
            at += length
            if marker == _START_OF_SCAN:
                break
            if marker in _ASIDE:
                aside.append((begin, at))
            if marker in _START_OF_FRAME:
                self._read_frame(segment)
                self._progressive = marker in _PROGRESSIVE
            elif marker == 0xE1 and segment.startswith(_EXIF):
                exif = exif or segment  # a second one goes on where the first ends
            elif marker == 0xE2 and segment.startswith(_PROFILE):
                profile.append(segment[len(_PROFILE) :])
        if not self.width or not self.height:
            raise ImageError(f"the JPEG header says {self.width} x {self.height} pixels: save the picture again")
        self.orientation = exif_orientation(exif)
        self._scan_start = at
        self._scan_header = segment
        self._aside = aside
        joined = _joined(profile)
        suited = colour_space(joined) == _SAMPLES.get(self._components)
        self._cmyk_profile = joined if suited and self._components == 4 else b""
        self.profile = joined if suited and self._components != 4 else b""
        """Of the pixels as they come, see pictrace.images.colour; b"" for none."""

    def _read_frame(self, segment: bytes) -> None:
        if len(segment) < 6:
            raise ImageError(f"the JPEG frame header has {len(segment)} bytes, not 6: save the picture again")
        bits, self.height, self.width, self._components = struct.unpack_from(">BHHB", segment)
        if bits != 8:
            raise ImageError(f"the JPEG has {bits} bits per sample: save it with 8, or as PNG")

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Decodes (height, width, 3), uint8, RGB, not yet turned upright; raises ImageError.

        With ``min_long_side_px`` the size may be a half, a quarter or an eighth, rounded up, as long
        as the long side keeps that many pixels. CMYK and YCCK are taken as inverted, as Adobe
        writes them. Damage within a scan is not found here: libjpeg conceals it, and says so on stderr.
        """
        data = self._data
        if self._progressive and self._data.count(b"\xff\xda", self._scan_start) >= _MAX_SCANS:
            raise ImageError(f"the JPEG has more than {_MAX_SCANS} scans: save it as a plain JPEG")
        if data.rfind(END, self._scan_start) < 0:
            coarse = not self._progressive and self.width * self.height > _COARSE_PIXELS
            if not is_whole_but_for_its_end(
                self._plain(), self._scan_headers(), self._components, divisor=8 if coarse else 1
            ):
                raise ImageError(f"the JPEG breaks off after {len(data)} bytes: fetch or save it again")
            data = data.rstrip(b"\xff") + END
        divisor = self._divisor(min_long_side_px)
        if self._cmyk_profile:
            converted = cmyk_as_srgb(decode_plainly(self._plain(), divisor), self._cmyk_profile)
            if converted is not None:
                return np.array(converted)
        flags = _SCALES[divisor] | cv2.IMREAD_IGNORE_ORIENTATION
        try:
            image: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error as error:
            raise ImageError(f"the JPEG cannot be decoded ({error.err}): save the picture again") from error
        if image is None:
            raise ImageError(f"the JPEG of {len(self._data)} bytes cannot be decoded: save the picture again")
        return image

    def _plain(self) -> bytes:
        """The file without what is beside the picture: EXIF, profiles, comments."""
        kept, at = [], 0
        for begin, end in self._aside:
            kept.append(self._data[at:begin])
            at = end
        return b"".join([*kept, self._data[at:]])

    def _scan_headers(self) -> list[bytes]:
        """The segments that begin the scans, as far as they are whole; one that is not counts as none."""
        headers, at = [self._scan_header], self._scan_start
        try:
            while True:
                marker, at = _next_marker(self._data, at)
                if marker not in _WITHOUT_LENGTH and marker not in _SECOND_IMAGE:
                    length = int.from_bytes(self._data[at : at + 2])
                    segment = self._data[at + 2 : at + max(2, length)]
                    at += max(2, length)
                    if marker == _START_OF_SCAN:
                        headers.append(segment)
        except ImageError:  # no more markers
            return headers

    def _divisor(self, min_long_side_px: int | None) -> int:
        if min_long_side_px is None:
            return 1
        long_side = max(self.width, self.height)
        fitting = [divisor for divisor in _SCALES if -(-long_side // divisor) >= min_long_side_px]
        return max(fitting, default=1)


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, of an EXIF block (Exif 2.32, 4.6.4.A); 1 where it is missing or damaged.

    Read here because Pillow reads every tag, and warns about each that it does not like.
    """
    tiff = exif.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == 0x0112 and kind == 3:  # SHORT
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass  # the directory reaches beyond the block
    return 1


def _joined(pieces: Iterable[bytes]) -> bytes:
    """A profile in pieces, each after its number and how many there are (ICC.1:2022, B.4); b"" where one is missing."""
    pieces = sorted(pieces)
    count = len(pieces)
    whole = count < 256 and [piece[:2] for piece in pieces] == [bytes([place + 1, count]) for place in range(count)]
    profile = b"".join(piece[2:] for piece in pieces) if whole else b""
    return profile if len(profile) <= MAX_PROFILE_BYTES else b""


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker, and the position behind it; like libjpeg, over any bytes between segments."""
    while (at := data.find(b"\xff", at)) >= 0:
        while data[at : at + 1] == b"\xff":  # fill bytes
            at += 1
        if at < len(data) and data[at]:
            return data[at], at + 1
    raise ImageError(f"the JPEG breaks off in its header, after {len(data)} bytes: fetch or save it again")
