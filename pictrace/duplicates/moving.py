"""Whether things moved between two pictures that lie on each other: then a camera took both, one after the other.

What somebody lays over a picture hides a part of it; what moves by itself is found again beside its place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["things_moved"]

SIDE_PX, STEP_PX = 20, 10
REACH = 0.14
"""How far things are looked for, in shares of the long side."""

TEXTURE = 7.0  # deviation in gray levels of what can be found again
UNLIKE, FOUND = 0.6, 0.85
AWAY_PX = 3.0
PLAIN_SHARE = 0.1
FEWEST, SHARE = 7, 0.22
"""How many patches must be found beside their places, and of all that differ which share."""


def things_moved(first: NDArray[np.uint8], second: NDArray[np.uint8], inside: NDArray[np.bool_]) -> bool:
    """Two gray pictures in one frame, (h, w) uint8; inside: where both show something."""
    moved = differing = 0
    plain = _plain(first) | _plain(second)
    reach = max(6, round(REACH * max(first.shape)))
    for one, other in ((first, second), (second, first)):
        padded = cv2.copyMakeBorder(other, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
        for top in range(0, one.shape[0] - SIDE_PX + 1, STEP_PX):
            for left in range(0, one.shape[1] - SIDE_PX + 1, STEP_PX):
                here = np.s_[top : top + SIDE_PX, left : left + SIDE_PX]
                patch = one[here]
                if not inside[here].all() or patch.std() < TEXTURE or plain[here].mean() > PLAIN_SHARE:
                    continue
                if _alike(patch, other[here]) >= UNLIKE:
                    continue
                differing += 1
                around = padded[top : top + SIDE_PX + 2 * reach, left : left + SIDE_PX + 2 * reach]
                score = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
                _, best, _, (x, y) = cv2.minMaxLoc(np.nan_to_num(score, nan=-1.0, posinf=-1.0, neginf=-1.0))
                moved += best >= FOUND and max(abs(x - reach), abs(y - reach)) >= AWAY_PX
    return moved >= FEWEST and moved >= SHARE * differing


def _plain(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where bars and corners of one tone are, whose edges are found anywhere along themselves."""
    levels = picture.astype(np.float32)
    mean = cv2.blur(levels, (5, 5))
    return np.asarray(cv2.blur(levels * levels, (5, 5)) - mean * mean < 1.0)


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    first, second = one.astype(np.float32), other.astype(np.float32)
    first -= first.mean()
    second -= second.mean()
    return float((first * second).sum() / max(1e-6, float(np.linalg.norm(first)) * float(np.linalg.norm(second))))
