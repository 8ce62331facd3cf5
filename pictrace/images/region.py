"""A part of a picture, looked at alone: known by the bytes of its file with the part behind them, as frames are.

So it is decoded wherever a file is, within the same limits, and is another picture than its file. Written as media
fragments are (W3C Media Fragments URI 1.0, 4.2.2): "160,120,320,240" in pixels, "percent:25,25,50,50" in percent.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from pictrace.errors import ImageError
from pictrace.told import told

__all__ = ["LEAST_PX", "Region", "region_of", "with_region"]

LEAST_PX = 16
"""Of each side: less has nothing to compare."""

_HINT = told(
    'write it as x,y,width,height in pixels, such as 160,120,320,240, or in percent, such as "percent:25,25,50,50"'
)
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,6})?"
_TEXT = re.compile(rf"(?:(pixel|percent):)?({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})")
_TRAILER = re.compile(rb"#xywh=([a-z0-9:.,]{1,80})\Z")
_MOST_TRAILER = 96


@dataclass(frozen=True)
class Region:
    """A part of a picture as seen upright: left and upper edge, width and height, in pixels or in percent."""

    x: float
    y: float
    width: float
    height: float
    percent: bool = False

    def __post_init__(self) -> None:
        sides = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(one) and one >= 0 for one in sides) or not self.width or not self.height:
            raise ImageError(told("the region {region} has no extent: {hint}", region=self, hint=_HINT))
        if self.percent and (self.x >= 100 or self.y >= 100):
            raise ImageError(told("the region {region} lies outside of the picture: {hint}", region=self, hint=_HINT))

    def __str__(self) -> str:
        """As it is written in addresses and on the command line."""
        numbers = ",".join(f"{one:.2f}".rstrip("0").rstrip(".") for one in (self.x, self.y, self.width, self.height))
        return f"percent:{numbers}" if self.percent else numbers

    @classmethod
    def parse(cls, text: str) -> Region:
        """What ``str`` gives; ImageError for anything else."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ImageError(told("{text} is no region: {hint}", text=repr(text[:60]), hint=_HINT))
        x, y, width, height = (float(one) for one in found.groups()[1:])
        return cls(x, y, width, height, percent=found[1] == "percent")

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Its edges in a picture of this size: left, top, and what lies just beyond the right and the bottom.

        What reaches beyond the picture is cut off; ImageError where too little is left.
        """
        across, down = (width / 100, height / 100) if self.percent else (1.0, 1.0)
        left, top = round(self.x * across), round(self.y * down)
        right = min(width, round((self.x + self.width) * across))
        bottom = min(height, round((self.y + self.height) * down))
        if right - left < LEAST_PX or bottom - top < LEAST_PX:
            raise ImageError(
                told(
                    "the region {region} leaves less than {least} x {least} pixels of the picture's {width} x "
                    "{height}: name a larger one",
                    region=self,
                    least=LEAST_PX,
                    width=width,
                    height=height,
                )
            )
        return left, top, right, bottom


def with_region(data: bytes, region: Region) -> bytes:
    """The file of a part of a picture."""
    return data + f"#xywh={region}".encode("ascii")


def region_of(data: bytes) -> tuple[bytes, Region | None]:
    """The file, and which part of it is meant; None of a file as it is."""
    found = _TRAILER.search(data, max(0, len(data) - _MOST_TRAILER))
    if found is None:
        return data, None
    try:
        return data[: found.start()], Region.parse(found[1].decode("ascii"))
    except ImageError:
        return data, None  # bytes that only look like it
