"""How strongly a JPEG file was compressed, by its own tables, or by the traces that this left in the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["JpegFacts", "blockiness", "jpeg_facts"]

# Annex K.1 of ITU-T T.81, the luminance table, in zigzag order as a file holds it.
_LUMINANCE = np.array(
    [16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51,
     61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77,
     113, 121, 112, 100, 120, 92, 101, 103, 99],
    np.float64,
)  # fmt: skip
_START_OF_SCAN, _TABLES = 0xDA, 0xDB
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class JpegFacts:
    """quality: 1 to 100 on the scale of the Independent JPEG Group, of the file's luminance table."""

    quality: int


def jpeg_facts(data: bytes) -> JpegFacts | None:
    """Read the quantisation tables of a file's header; None for other formats and damaged headers.

    The IJG's rule scales the tables of Annex K.1 by 5000 / quality below 50 and by 200 - 2 * quality from
    there on, in percent; the quality whose table is nearest is taken, also for tables of other makers.
    """
    table = _luminance_table(data)
    if table is None:
        return None
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    tables = np.clip((_LUMINANCE * percent[:, np.newaxis] + 50) // 100, 1, 255)
    distance = np.abs(np.log(tables) - np.log(np.maximum(1, table))).sum(axis=1)
    return JpegFacts(int(qualities[distance.argmin()]))


def _luminance_table(data: bytes) -> NDArray[np.float64] | None:
    """Table 0, (64,) in zigzag order, of the segments before the first scan."""
    if data[:2] != b"\xff\xd8":
        return None
    at, found = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker == _START_OF_SCAN or length < 2:
            break
        if marker == _TABLES:
            found = _table_zero(data[at + 4 : at + 2 + length], found)
        at += 2 + length
    return found


def _table_zero(segment: bytes, found: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Table 0 of a DQT segment (T.81, B.2.4.1), 8 or 16 bits a value."""
    at = 0
    while at < len(segment):
        wide, number = segment[at] >> 4, segment[at] & 15
        size = 128 if wide else 64
        values = segment[at + 1 : at + 1 + size]
        if len(values) == size and number == 0:
            found = np.frombuffer(values, ">u2" if wide else "u1").astype(np.float64)
        at += 1 + size
    return found


def blockiness(gray: NDArray[np.uint8]) -> float:
    """How much larger the steps between 8x8 blocks are than those within them, 1 = alike; (h, w) uint8.

    Only for pictures at the size at which they were compressed, uncropped or cropped by whole blocks.
    After Wang, Sheikh, Bovik: No-reference perceptual quality assessment of JPEG compressed images, ICIP 2002,
    doi:10.1109/ICIP.2002.1038064; here the second difference, which slopes do not raise.
    """
    ratios = []
    for plane in (gray, gray.T):
        levels = plane.astype(np.int16)
        if levels.shape[1] < 32:
            return 1.0
        step = np.abs(np.diff(levels, axis=1))  # step i lies between columns i and i + 1
        jump = (step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2).mean(axis=0)  # of steps 1, 2, ...
        usual = float(step.mean()) + 0.5
        by_phase = (
            np.array([np.median(jump[phase::8]) for phase in range(8)]) / usual
        )  # a bar's edge is one jump of many
        at_edges = by_phase[6]  # step 7 is the first between blocks
        ratios.append(1 + at_edges - float(np.median(by_phase)))
    return float(np.mean(ratios))
