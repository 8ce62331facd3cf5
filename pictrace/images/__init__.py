"""Bytes to pixels and back, within limits: the only place where bytes become pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ImageError
from pictrace.images.colour import rgb_as_srgb
from pictrace.images.formats import MIME_TYPES, sniff
from pictrace.images.jpeg import JpegPicture
from pictrace.images.pillow import PillowPicture

__all__ = [
    "DEFAULT_LIMITS",
    "UPRIGHT",
    "VARIANTS",
    "WORKING_SIDE_PX",
    "DecodeLimits",
    "ImageInfo",
    "RGBImage",
    "Variant",
    "decode",
    "encode_jpeg",
    "encode_png",
    "fit",
    "load",
    "orient",
    "original_mime",
    "probe",
    "thumbnail",
    "to_gray",
]

RGBImage = NDArray[np.uint8]
"""A picture: shape (height, width, 3), dtype uint8, 0 to 255, sRGB, EXIF-upright, alpha laid on white."""

WORKING_SIDE_PX = 512
"""The long side of the picture that every metric sees."""


@dataclass(frozen=True)
class DecodeLimits:
    """What a picture may cost; judged by its header, before any pixel is decoded."""

    max_bytes: int = 32 * 1024**2
    max_pixels: int = 64_000_000

    def __post_init__(self) -> None:
        for name, value in (("max_bytes", self.max_bytes), ("max_pixels", self.max_pixels)):
            if value <= 0:
                raise ValueError(f"{name} must be positive, not {value}")


DEFAULT_LIMITS = DecodeLimits()


@dataclass(frozen=True)
class Variant:
    """One of the eight ways to lay a picture on the table.

    First mirrored left to right, where so said; then turned counter-clockwise, as np.rot90 does.
    """

    mirrored: bool
    quarter_turns: int  # counter-clockwise, 0 to 3

    def __post_init__(self) -> None:
        if self.quarter_turns not in range(4):
            raise ValueError(f"quarter_turns must be 0, 1, 2 or 3, not {self.quarter_turns}")

    @property
    def index(self) -> int:
        """Its place in VARIANTS, 0 to 7."""
        return self.mirrored * 4 + self.quarter_turns

    @property
    def label(self) -> str:
        """In plain words, as in "mirrored, turned 90°"; the angle is counter-clockwise. Upright is ""."""
        words = ["mirrored"] * self.mirrored
        if self.quarter_turns:
            words.append(f"turned {90 * self.quarter_turns}°")
        return ", ".join(words)


VARIANTS = tuple(Variant(mirrored, turns) for mirrored in (False, True) for turns in range(4))
"""All eight, in the order of their index."""

UPRIGHT = VARIANTS[0]

_QUARTER_TURNS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)

_EXIF_VARIANTS = {
    1: UPRIGHT,
    2: Variant(mirrored=True, quarter_turns=0),
    3: Variant(mirrored=False, quarter_turns=2),
    4: Variant(mirrored=True, quarter_turns=2),
    5: Variant(mirrored=True, quarter_turns=1),
    6: Variant(mirrored=False, quarter_turns=3),
    7: Variant(mirrored=True, quarter_turns=3),
    8: Variant(mirrored=False, quarter_turns=1),
}
"""What makes a picture with this EXIF orientation upright (Exif 2.32, 4.6.4.A)."""


def orient(image: NDArray[np.uint8], variant: Variant) -> NDArray[np.uint8]:
    """A picture (height, width, 3) or (height, width), mirrored first, then turned; contiguous.

    Upright, a contiguous picture comes back itself, not copied.
    """
    if variant.mirrored:
        image = np.asarray(cv2.flip(image, 1), np.uint8)
    turn = _QUARTER_TURNS[variant.quarter_turns]
    if turn is not None:
        image = np.asarray(cv2.rotate(image, turn), np.uint8)
    return np.ascontiguousarray(image)


@dataclass(frozen=True)
class ImageInfo:
    """What a header says."""

    format: str  # a key of original_mime, such as "JPEG"
    width: int  # pixels, as seen upright
    height: int


def probe(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> ImageInfo:
    """The format and the upright size of a picture, from its header alone.

    Raises ImageError for bytes that are no picture, and for a picture beyond the limits. One that
    passes may still turn out to be damaged when it is decoded.
    """
    image_format, picture = _open(data, limits)
    width, height = picture.width, picture.height
    if _EXIF_VARIANTS[picture.orientation].quarter_turns % 2:
        width, height = height, width
    return ImageInfo(image_format, width, height)


def decode(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS, *, min_long_side_px: int | None = None) -> RGBImage:
    """The pixels of a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC; of several pictures, the first or main one.

    The colours of an embedded profile are converted to sRGB.

    With ``min_long_side_px``, a JPEG may come at a half, a quarter or an eighth of its size, which
    is several times as fast, as long as the long side keeps that many pixels; other formats come whole.

    Raises ImageError for bytes that are no picture, are damaged, or are beyond the limits.
    """
    _, picture = _open(data, limits)
    pixels = rgb_as_srgb(picture.pixels(min_long_side_px), picture.profile)
    return orient(pixels, _EXIF_VARIANTS[picture.orientation])


def load(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> RGBImage:
    """The one picture that all metrics see, of queries and candidates alike.

    Its long side is WORKING_SIDE_PX, or less where the picture is smaller. Raises like decode.
    """
    _, picture = _open(data, limits)
    upright = orient(picture.pixels(WORKING_SIDE_PX), _EXIF_VARIANTS[picture.orientation])
    # Colours are converted last: that is as good within half a level, and a matter of 0.3 megapixels at most.
    return rgb_as_srgb(fit(upright, WORKING_SIDE_PX), picture.profile)


def _open(data: bytes, limits: DecodeLimits) -> tuple[str, JpegPicture | PillowPicture]:
    if len(data) > limits.max_bytes:
        raise ImageError(
            f"the file has {len(data):,} bytes, more than the {limits.max_bytes:,} allowed: "
            "save it smaller or raise max_bytes"
        )
    image_format = sniff(data)
    picture = JpegPicture(data) if image_format == "JPEG" else PillowPicture(data, image_format)
    if picture.width * picture.height > limits.max_pixels:
        raise ImageError(
            f"the picture has {picture.width} x {picture.height} pixels, more than the "
            f"{limits.max_pixels:,} allowed: save it smaller or raise max_pixels"
        )
    return image_format, picture


def fit(image: RGBImage, long_side_px: int, *, enlarge: bool = False) -> RGBImage:
    """The picture scaled so that its long side has exactly ``long_side_px`` pixels, the short at least 1.

    Shrunk by averaging areas. A picture that is small enough comes back itself, unless ``enlarge``:
    then it is enlarged linearly.
    """
    if long_side_px <= 0:
        raise ValueError(f"long_side_px must be positive, not {long_side_px}")
    height, width = image.shape[:2]
    long_side = max(height, width)
    if long_side == long_side_px or (long_side < long_side_px and not enlarge):
        return image
    scale = long_side_px / long_side
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if long_side > long_side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def to_gray(image: RGBImage) -> NDArray[np.uint8]:
    """Luma of a picture, (height, width), uint8 (ITU-R BT.601, as cv2.COLOR_RGB2GRAY)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def encode_jpeg(image: RGBImage, *, quality: int = 85) -> bytes:
    """A JPEG file of the picture; ImageError where a side has more than 65,500 pixels."""
    return _encode(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(image: RGBImage) -> bytes:
    """A PNG file of the picture, without loss."""
    return _encode(image, ".png", [])


def thumbnail(image: RGBImage, size_px: int = 320) -> bytes:
    """A JPEG file of the picture with a long side of at most ``size_px``.

    Down to a half, each pixel is a mean of its four neighbours anyway, and five times quicker to get.
    """
    height, width = image.shape[:2]
    shrink = max(height, width) / size_px
    if not 1 < shrink <= 2:
        return encode_jpeg(fit(image, size_px))
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    return encode_jpeg(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8))


def original_mime(image_format: str) -> str:
    """The media type of a file of this format, as in ImageInfo; ValueError for any other."""
    if image_format not in MIME_TYPES:
        raise ValueError(f"the format must be one of {', '.join(MIME_TYPES)}, not {image_format!r}")
    return MIME_TYPES[image_format]


def _encode(image: RGBImage, suffix: str, options: list[int]) -> bytes:
    written, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not written:
        height, width = image.shape[:2]
        raise ImageError(f"{width} x {height} pixels do not fit into a {suffix} file: shrink the picture")
    return encoded.tobytes()
