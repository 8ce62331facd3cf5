"""Colours as sRGB: the same colour has the same numbers, whatever profile (ICC.1:2022) a picture brings.

Profiles are converted by Little CMS, relatively to white and with the black points matched, as photo editors do
by default. A profile that is absent, broken, unsuited or as good as sRGB changes nothing.
"""

from __future__ import annotations

import functools
import io
import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

__all__ = ["MAX_PROFILE_BYTES", "cmyk_as_srgb", "colour_space", "rgb_as_srgb"]

MAX_PROFILE_BYTES = 4 * 1024**2  # the largest of printing presses have 3 MB
SAME_LEVELS = 3  # what a profile of sRGB by another maker differs by, at most

_HEADER_BYTES, _TAG_BYTES, _MAX_TAGS = 132, 12, 100
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOCACHE  # the cache of one pixel is no gain


def colour_space(profile: bytes) -> str:
    """What samples a profile is for: "RGB", "GRAY" or "CMYK"; "" where it is none that is converted."""
    space = profile[16:20].decode("latin-1").strip()
    sound = profile[36:40] == b"acsp" and len(profile) <= MAX_PROFILE_BYTES
    return space if sound and space in _MODES else ""


def rgb_as_srgb(image: NDArray[np.uint8], profile: bytes) -> NDArray[np.uint8]:
    """A picture (height, width, 3), uint8, in the colours of its profile of RGB or gray, as sRGB; else itself."""
    space = colour_space(profile)
    transform = _transform(profile, space) if space in ("RGB", "GRAY") else None
    if transform is None:
        return image
    samples = Image.fromarray(image if space == "RGB" else np.ascontiguousarray(image[..., 0]))
    return np.array(transform.apply(samples))


def cmyk_as_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """A picture of mode CMYK as RGB by its profile; None where that cannot be used."""
    transform = _transform(profile, "CMYK") if colour_space(profile) == "CMYK" else None
    return None if transform is None else transform.apply(image)


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, space: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; None where it is broken or changes nothing.

    It takes milliseconds to make, and one maker's pictures share a profile.
    """
    if _computes(profile):
        return None
    try:
        transform = ImageCms.ImageCmsTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            _MODES[space],
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=_FLAGS,
        )
        if space == "CMYK":
            return transform
        # Measured, as the name of a profile may say anything.
        levels = range(0, 256, 15)
        gray = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
        probes = gray if space == "GRAY" else np.array(list(itertools.product(levels, repeat=3)), np.uint8)
        samples = probes[np.newaxis] if space == "RGB" else np.ascontiguousarray(probes[np.newaxis, :, 0])
        turned = np.asarray(transform.apply(Image.fromarray(samples)), np.int16)[0]
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError):  # ImportError: a Pillow that lacks Little CMS
        return None
    return transform if np.abs(turned - probes).max() > SAME_LEVELS else None


def _computes(profile: bytes) -> bool:
    """Whether it holds programs (multiProcessElementType, 10.16) or many tags: such might compute for hours."""
    tags = int.from_bytes(profile[128:132])
    if tags > _MAX_TAGS:
        return True
    for at in range(_HEADER_BYTES, _HEADER_BYTES + tags * _TAG_BYTES, _TAG_BYTES):
        start = int.from_bytes(profile[at + 4 : at + 8])
        if profile[start : start + 4] == b"mpet":
            return True
    return False
