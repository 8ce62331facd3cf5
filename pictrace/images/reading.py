"""A picture file, opened: its header is read once and judged by the limits, its pixels come on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from pictrace.errors import ImageError
from pictrace.images.colour import rgb_as_srgb
from pictrace.images.formats import Picture, sniff
from pictrace.images.frames import FramePicture, frame_of
from pictrace.images.jpeg import JpegPicture
from pictrace.images.orientation import orient
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, fit
from pictrace.images.region import region_of
from pictrace.told import told

__all__ = [
    "DEFAULT_LIMITS",
    "DecodeLimits",
    "ImageInfo",
    "Opened",
    "check_bytes",
    "decode",
    "load",
    "open_image",
]


@dataclass(frozen=True)
class DecodeLimits:
    """What a picture may cost; judged by its header, before any pixel is decoded.

    Attributes
    ----------
    max_bytes
        Of the file.
    max_pixels
        That are decoded, which of a large JPEG without progressive scans is an eighth of each side.
    apart
        Decode it in a process of its own, within limits of memory and of time: for what strangers send.
    """

    max_bytes: int = 32 * 1024**2
    max_pixels: int = 64_000_000
    apart: bool = False

    def __post_init__(self) -> None:
        for name, value in (("max_bytes", self.max_bytes), ("max_pixels", self.max_pixels)):
            if value <= 0:
                raise ValueError(f"{name} must be positive, not {value}")

    @property
    def max_stored_pixels(self) -> int:
        """What a header may say at most, however little of it is decoded: each of them takes time."""
        return 4 * self.max_pixels


DEFAULT_LIMITS = DecodeLimits()


@dataclass(frozen=True)
class ImageInfo:
    """What a header says."""

    format: str  # a key of FORMATS, such as "JPEG"
    width: int  # pixels, as seen upright
    height: int
    quality: int | None = None  # of a JPEG, 1 to 100 on the scale of the Independent JPEG Group
    notes: tuple[str, ...] = ()  # how it was read, where that is not as the file says; known with its pixels only


@dataclass(frozen=True)
class Opened:
    """A picture within the limits; it may still turn out to be damaged when its pixels are asked for."""

    info: ImageInfo
    _picture: Picture = field(repr=False)
    _max_pixels: int = field(default=DEFAULT_LIMITS.max_pixels, repr=False)
    _box: tuple[int, int, int, int] | None = None  # of a part of it: left, top, right and bottom in upright pixels

    @property
    def memory_bytes(self) -> int:
        """About what ``working`` takes meanwhile."""
        stored = self._picture.width * self._picture.height
        expected = round(stored * self._picture.bytes_a_pixel)
        if self._box is None:
            return expected
        # A small part is cut out of a large picture, which is turned upright before.
        return expected + 8 * _decoded_pixels(self._picture, self._needed_px)

    @property
    def _needed_px(self) -> int:
        """The long side of the whole that the working picture is made of."""
        if self._box is None:
            return WORKING_SIDE_PX
        return _whole_side_px(self._picture, self._box)

    @property
    def notes(self) -> tuple[str, ...]:
        """How it was read, where that is not plain to see, in sentences; after its pixels were asked for."""
        return self._picture.notes

    def pixels(self, *, min_long_side_px: int | None = None) -> RGBImage:
        """The whole picture, the colours of an embedded profile converted to sRGB; of several, the first or main one.

        With ``min_long_side_px``, a JPEG may come at a half, a quarter or an eighth of its size, which
        is several times as fast, as long as the long side keeps that many pixels; other formats come whole. Of a part
        of a picture, the long side is that of the whole.

        Raises ImageError where it is damaged, and where it would come larger than the limits allow.
        """
        decoded = _decoded_pixels(self._picture, min_long_side_px)
        if decoded > self._max_pixels:
            raise _too_large(self._picture, self._max_pixels)
        pixels = rgb_as_srgb(self._picture.pixels(min_long_side_px), self._picture.profile)
        upright = orient(pixels, self._picture.variant)
        return upright if self._box is None else _part(self._picture, upright, self._box)

    def working(self) -> RGBImage:
        """The one picture that all metrics see, of queries and candidates alike.

        Its long side is WORKING_SIDE_PX, or less where the picture is smaller. Raises like pixels.
        """
        upright = orient(self._picture.pixels(self._needed_px), self._picture.variant)
        if self._box is not None:
            upright = _part(self._picture, upright, self._box)
        # Colours are converted last: that is as good within half a level, and a matter of 0.3 megapixels at most.
        return rgb_as_srgb(fit(upright, WORKING_SIDE_PX), self._picture.profile)


def open_image(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> Opened:
    """Read the header of a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.

    Raises ImageError for bytes that are no picture, and for a picture beyond the limits.
    """
    check_bytes(data, limits)
    kind = sniff(data)
    whole, region = region_of(data)
    animation, number = frame_of(whole)
    picture: Picture = kind.read(whole) if number == 1 else FramePicture(kind.name, animation, number)
    height, width = _upright_size(picture)
    box = None if region is None else region.box(width, height)
    needed = WORKING_SIDE_PX if box is None else _whole_side_px(picture, box)
    if width * height > limits.max_stored_pixels or _decoded_pixels(picture, needed) > limits.max_pixels:
        raise _too_large(picture, limits.max_pixels)
    if box is not None:
        width, height = box[2] - box[0], box[3] - box[1]
    return Opened(ImageInfo(kind.name, width, height, picture.quality), picture, limits.max_pixels, box)


def _upright_size(picture: Picture) -> tuple[int, int]:
    """(height, width)."""
    if picture.variant.quarter_turns % 2:
        return picture.width, picture.height
    return picture.height, picture.width


def _part(picture: Picture, upright: RGBImage, box: tuple[int, int, int, int]) -> RGBImage:
    """What lies within the box, in pixels of the upright picture, of the whole at whatever size it came."""
    height, width = _upright_size(picture)
    down, across = upright.shape[0] / height, upright.shape[1] / width
    left, top, right, bottom = (
        round(box[0] * across),
        round(box[1] * down),
        round(box[2] * across),
        round(box[3] * down),
    )
    return np.ascontiguousarray(upright[top : max(top + 1, bottom), left : max(left + 1, right)])


def _whole_side_px(picture: Picture, box: tuple[int, int, int, int]) -> int:
    """The long side that the whole must have, so that this part of it has as many pixels as a working picture."""
    share = max(box[2] - box[0], box[3] - box[1]) / max(picture.width, picture.height)
    return min(max(picture.width, picture.height), math.ceil(WORKING_SIDE_PX / share))


def _decoded_pixels(picture: Picture, min_long_side_px: int | None) -> int:
    if isinstance(picture, JpegPicture):
        return picture.decoded_pixels(min_long_side_px)
    return picture.width * picture.height


def _too_large(picture: Picture, max_pixels: int) -> ImageError:
    return ImageError(
        told(
            "the picture has {width} x {height} pixels, more than the {most:,} allowed: save it smaller, or allow more "
            "by --max-pixels (in an app, its owner by PICTRACE_MAX_PIXELS)",
            width=picture.width,
            height=picture.height,
            most=max_pixels,
        )
    )


def check_bytes(data: bytes, limits: DecodeLimits) -> None:
    """Raises ImageError for more bytes than a file may have."""
    if len(data) > limits.max_bytes:
        raise ImageError(
            told(
                "the file has {count:,} bytes, more than the {most:,} allowed: save it smaller, or allow more by "
                "--max-bytes (in an app, its owner by PICTRACE_MAX_BYTES)",
                count=len(data),
                most=limits.max_bytes,
            )
        )


def decode(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS, *, min_long_side_px: int | None = None) -> RGBImage:
    """The pixels of a file, see Opened.pixels; raises like that and open_image."""
    return open_image(data, limits).pixels(min_long_side_px=min_long_side_px)


def load(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> RGBImage:
    """The working picture of a file, see Opened.working; raises like that and open_image."""
    return open_image(data, limits).working()
