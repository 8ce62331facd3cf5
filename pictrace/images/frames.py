"""Frames of animations: a frame is known by the bytes of its file with its number behind them.

So it is decoded wherever a file is, within the same limits, and has an identity that no library's version changes.
Formats end by themselves, so that other programs read such bytes as the animation.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pictrace.errors import ImageError
from pictrace.images.colour import colour_space
from pictrace.images.orientation import UPRIGHT
from pictrace.images.pillow import FAILURES, silent
from pictrace.images.pixels import fitting_size
from pictrace.images.strips import as_wanted
from pictrace.images.transparency import BLACK, LIGHT_NOTE, SAMPLE_SIDE_PX, ground_under, laid_on
from pictrace.told import told

__all__ = ["FramePicture", "count_frames", "frame_of", "last_frame", "with_frame"]

MAX_FRAMES = 3000
MAX_WORK_PIXELS = 400_000_000
"""Of all frames up to the one that is read, as each is made of those before it: about 3 s."""

_TRAILER = re.compile(rb"#frame=([1-9][0-9]{0,6})\Z")
_READERS: dict[str, type[ImageFile]] = {
    "GIF": GifImageFile,
    "WEBP": WebPImageFile,
    "PNG": PngImageFile,
    "AVIF": AvifImageFile,
}


def with_frame(data: bytes, number: int) -> bytes:
    """The file of one frame, counted from 1."""
    return data + b"#frame=%d" % number


def frame_of(data: bytes) -> tuple[bytes, int]:
    """The animation, and which frame of it is meant; 1 of a file as it is."""
    found = _TRAILER.search(data, max(0, len(data) - 16))
    return (data[: found.start()], int(found[1])) if found else (data, 1)


class FramePicture:
    """A frame of an animation whose header has been read."""

    quality: int | None = None
    variant = UPRIGHT
    notes: tuple[str, ...] = ()

    def __init__(self, name: str, data: bytes, number: int) -> None:
        """Reads the header; raises ImageError.

        Parameters
        ----------
        name
            Of the format.
        data
            The animation.
        number
            Of the frame, from 1.
        """
        self._name, self._data, self._number = name, data, number
        if name not in _READERS or not 1 <= number <= MAX_FRAMES:
            raise ImageError(told("the {name} has no frame {number}: name another one", name=name, number=number))
        with self._opened() as image:
            self.width, self.height = image.size
            profile = image.info.get("icc_profile") or b""
        self.profile = profile if colour_space(profile) == "RGB" else b""
        self.bytes_a_pixel = 20.0
        if number * self.width * self.height > MAX_WORK_PIXELS:
            raise ImageError(
                told(
                    "frame {number} of the {name} lies behind too many others: save it as a file of its own",
                    number=number,
                    name=name,
                )
            )

    def pixels(self, min_long_side_px: int | None = None) -> NDArray[np.uint8]:
        """Decodes (height, width, 3), uint8, RGB, alpha laid on white or black; raises ImageError.

        With ``min_long_side_px``, a large one is scaled down to it.
        """
        with self._opened() as image:
            for place in range(1, self._number):  # most formats tell only what changes from frame to frame
                image.seek(place)
                image.load()
            layer = image.convert("RGBA")
        sample = layer.resize(fitting_size(layer.size, SAMPLE_SIDE_PX), Image.Resampling.NEAREST)
        ground = ground_under(sample)
        self.notes = (LIGHT_NOTE,) if ground == BLACK else ()
        whole = laid_on(layer, ground)
        return as_wanted(self.width, self.height, min_long_side_px, lambda top, end: np.array(whole[top:end]))

    @contextmanager
    def _opened(self) -> Iterator[ImageFile]:
        """The animation at its first frame; whatever Pillow raises within becomes an ImageError."""
        try:
            with silent():
                image = _READERS[self._name](io.BytesIO(self._data))
            yield image
        except Image.DecompressionBombError as error:
            raise ImageError(
                told("the {name} is too large ({error}): save it smaller", name=self._name, error=error)
            ) from error
        except FAILURES as error:
            cause = f"{error}" or type(error).__name__
            raise ImageError(
                told(
                    "frame {number} of the {name} is damaged or missing ({cause}): save it again",
                    number=self._number,
                    name=self._name,
                    cause=cause,
                )
            ) from error


def count_frames(name: str, data: bytes) -> int:
    """How many frames a file of this format says it has, up to MAX_FRAMES; 1 of what is no animation."""
    count = 1
    match name:
        case "GIF":
            count = _gif_frames(data)
        case "WEBP":
            count = _webp_frames(data)
        case "PNG":
            at = data.find(b"acTL", 8, 64 * 1024)
            if at > 0 and data.find(b"IDAT", 8, at) < 0:
                count = int.from_bytes(data[at + 4 : at + 8])
        case "AVIF" if data[8:12] == b"avis":
            at = data.find(b"stsz")  # ISO/IEC 14496-12, 8.7.3: version, size of all samples, and how many there are
            count = int.from_bytes(data[at + 12 : at + 16]) if at > 0 else 1
    return min(max(1, count), MAX_FRAMES)


def last_frame(name: str, data: bytes, width: int, height: int) -> int:
    """The number of the last frame that can be read."""
    return min(count_frames(name, data), max(1, MAX_WORK_PIXELS // max(1, width * height)))


def _gif_frames(data: bytes) -> int:
    """How many pictures a GIF holds (GIF89a, appendix A), up to MAX_FRAMES."""
    if len(data) < 13:
        return 1
    at, count = 13 + _palette_bytes(data[10]), 0
    while at < len(data) and count < MAX_FRAMES:
        kind = data[at]
        if kind == 0x2C and at + 10 < len(data):  # a picture, its palette, and the size of its codes
            count += 1
            at += 11 + _palette_bytes(data[at + 9])
        elif kind == 0x21:  # an extension
            at += 2
        else:
            break
        while at < len(data) and data[at]:  # blocks with their lengths before them
            at += data[at] + 1
        at += 1
    return count


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_frames(data: bytes) -> int:
    at, count = 12, 0
    while at + 8 <= len(data) and count < MAX_FRAMES:
        count += data[at : at + 4] == b"ANMF"
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return count
