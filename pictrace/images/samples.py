"""Samples of more than 8 bits: which of them is black, and which white.

A file of 16 bits a sample may hold 10, 12 or 14 of them, as detectors give them, and floating-point ones may reach
from 0 to 1 or to anything. Read by the letter, such a picture is black, or it is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ImageError
from pictrace.told import told

__all__ = ["Span", "rows_at_once", "span_of_levels", "span_of_numbers", "used_levels"]

LEVELS = 2**16
_USED_BITS = (8, 10, 12, 14)
_OF_8_BITS = (256, 257)  # what levels are multiples of that were made of 8 bits, shifted or spread over 16
_STRIP_PX = 4_000_000


@dataclass(frozen=True)
class Span:
    """The samples that are black and white, and what is to be told of it; "" where a file is as its header says."""

    black: float
    white: float
    note: str = ""

    def as_bytes(self, samples: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Samples of any shape and dtype as 0 to 255, rounded, those beyond the ends clipped."""
        scale = 255 / (self.white - self.black) if self.white > self.black else 1.0
        levels = (samples.astype(np.float32) - np.float32(self.black)) * np.float32(scale)
        return np.asarray(np.rint(levels).clip(0, 255), np.uint8)


def rows_at_once(width: int, height: int) -> Iterator[tuple[int, int]]:
    """(top, bottom) of strips of a picture, so that what is made of one stays small."""
    step = max(1, _STRIP_PX // width)
    for top in range(0, height, step):
        yield top, min(height, top + step)


def used_levels(samples: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Which of the 65,536 levels occur, (65536,)."""
    flat = samples.reshape(-1, 1)
    return np.asarray(cv2.calcHist([flat], [0], None, [LEVELS], [0, LEVELS])).ravel() > 0


def span_of_levels(
    used: NDArray[np.bool_], bits: int, *, declared: tuple[float, float] | None = None, significant: int | None = None
) -> Span:
    """What of the levels of an integer sample is black and white.

    Parameters
    ----------
    used : (65536,) bool array
        Which levels occur.
    bits
        Of a sample, by the header.
    declared
        The smallest and the largest sample by the file's own words (SMinSampleValue and SMaxSampleValue of TIFF).
    significant
        How many bits the file says to have had (sBIT of PNG).

    Returns
    -------
    Span
        By what the file declares, if all levels lie within it; else by the fewest of 8, 10, 12 and 14 bits that hold
        them all, unless the levels show that they were made of 8 bits: then the picture is dark.
    """
    levels = np.flatnonzero(used)
    full = Span(0, 2**bits - 1)
    if not len(levels):
        return full
    least, most = float(levels[0]), float(levels[-1])
    if declared is not None and declared[0] <= least < declared[1] and most <= declared[1]:
        low, high = declared
        if (low, high) == (full.black, full.white):
            return full
        note = told(
            "Read from {low:g} (black) to {high:g} (white), as the file says of its samples.", low=low, high=high
        )
        return Span(low, high, note)
    step = int(np.gcd.reduce(levels))
    if bits < 16 or any(step % one == 0 for one in _OF_8_BITS):  # 0 for a black one
        return full
    for fewer in sorted({*_USED_BITS, *((significant,) if significant else ())}):
        if most < 2**fewer < 2**bits and (significant is None or fewer >= significant):
            note = told("Read as {fewer} bits, as no more of its {bits} are used.", fewer=fewer, bits=bits)
            return Span(0, 2**fewer - 1, note)
    return full


def span_of_numbers(least: float, most: float, *, declared: tuple[float, float] | None = None) -> Span:
    """What is black and white of floating-point samples, and of integers of 32 bits or with a sign.

    Parameters
    ----------
    least, most
        The smallest and the largest sample.
    declared
        As for ``span_of_levels``.

    Returns
    -------
    Span
        By what the file declares; else from 0 to the first of 1, 255 and the full 10, 12, 14 and 16 bits that holds
        them; numbers below 0 and beyond 16 bits from the smallest to the largest.

    Raises
    ------
    ImageError
        Where some are infinite, or no numbers.
    """
    if not np.isfinite((least, most)).all():
        raise ImageError(told("some of its samples are infinite or no numbers: save it with 8 or 16 bits"))
    low, high = 0.0, next((float(one) for one in (1, 255, 1023, 4095, 16383, 65535) if most <= one), most)
    if declared is not None and declared[0] <= least and most <= declared[1] and declared[0] < declared[1]:
        low, high = declared
    elif least < 0 or most > high or high == most > 65535:
        low, high = least, most
    note = told(
        "Its samples reach from {least:.4g} to {most:.4g}; {low:.4g} is black, {high:.4g} white.",
        least=least,
        most=most,
        low=low,
        high=high,
    )
    return Span(low, high, note)
