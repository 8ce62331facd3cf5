"""Pictures side by side: pixel by pixel, one vector over 64 pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import helper

__all__ = ["LANES", "interleave"]

LANES = 64
MIDDLE = np.float32(128)
BYTES, PAIRS, HALVES = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)
BITS_8, BITS_16, BITS_32 = np.uint64(8), np.uint64(16), np.uint64(32)


@helper
def interleave(rows: NDArray[np.uint8], words: NDArray[np.uint64], y: NDArray[np.float32]) -> None:
    """Fill y, (S, S, LANES) float32, with the pixels of up to LANES pictures, (k, S, S), less 128.

    words: the same bytes as (k, S, S / 8), or no rows where S is not a multiple of 8. Lanes without a
    picture repeat the last one.
    """
    side, last = rows.shape[1], len(rows) - 1
    if len(words) == 0:
        for lane in range(LANES):
            row = rows[min(lane, last)]
            for r in range(side):
                for c in range(side):
                    y[r, c, lane] = np.float32(row[r, c]) - MIDDLE
        return
    turned = np.empty((side, LANES // 8), np.uint64)
    pixels = turned.view(np.uint8)  # (side, LANES)
    for r in range(side):
        for group in range(LANES // 8):
            for word in range(side // 8):
                lane = 8 * group
                # 8 x 8 bytes turned over by exchanging ever larger corners, all in registers.
                # Warren: Hacker's Delight, 2nd edition (2012), section 7-3.
                a, b = words[min(lane, last), r, word], words[min(lane + 1, last), r, word]
                c, d = words[min(lane + 2, last), r, word], words[min(lane + 3, last), r, word]
                e, f = words[min(lane + 4, last), r, word], words[min(lane + 5, last), r, word]
                g, h = words[min(lane + 6, last), r, word], words[min(lane + 7, last), r, word]
                a, b = _exchange(a, b, BITS_8, BYTES)
                c, d = _exchange(c, d, BITS_8, BYTES)
                e, f = _exchange(e, f, BITS_8, BYTES)
                g, h = _exchange(g, h, BITS_8, BYTES)
                a, c = _exchange(a, c, BITS_16, PAIRS)
                b, d = _exchange(b, d, BITS_16, PAIRS)
                e, g = _exchange(e, g, BITS_16, PAIRS)
                f, h = _exchange(f, h, BITS_16, PAIRS)
                a, e = _exchange(a, e, BITS_32, HALVES)
                b, f = _exchange(b, f, BITS_32, HALVES)
                c, g = _exchange(c, g, BITS_32, HALVES)
                d, h = _exchange(d, h, BITS_32, HALVES)
                column = 8 * word
                turned[column, group], turned[column + 1, group] = a, b
                turned[column + 2, group], turned[column + 3, group] = c, d
                turned[column + 4, group], turned[column + 5, group] = e, f
                turned[column + 6, group], turned[column + 7, group] = g, h
        for c in range(side):
            pixel, lanes = pixels[c], y[r, c]
            for lane in range(LANES):
                lanes[lane] = np.float32(pixel[lane]) - MIDDLE


@helper
def _exchange(low: Any, high: Any, bits: np.uint64, mask: np.uint64) -> tuple[Any, Any]:
    """The upper part of ``low`` and the lower part of ``high`` change places, in each group of 2 * bits."""
    both = ((low >> bits) ^ high) & mask
    return low ^ (both << bits), high ^ both
