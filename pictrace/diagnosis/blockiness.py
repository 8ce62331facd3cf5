"""How strongly a picture was compressed as JPEG, by the traces that this left in its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["blockiness"]


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
