"""SSIM place by place, for showing: its three terms, and the regions that differ most."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage
from pictrace.kernels.windows import C1, C2, PIXELS, SAMPLE, WINDOW_PX, window_sums
from pictrace.metrics.evidence import HeatMap, Region

__all__ = ["LocalSsim", "heat_map", "local_ssim", "most_different"]

REGIONS = 3
REGION_SHARE = 1 / 6  # of the picture's side
DIFFERENT = 0.95  # regions with a higher SSIM look the same

Map = NDArray[np.float32]


@dataclass(frozen=True)
class LocalSsim:
    """The three terms of SSIM for each whole window, (S - 6, S - 6) float32; their product is the SSIM map."""

    luminance: Map  # 0 to 1
    contrast: Map  # 0 to 1
    structure: Map  # -1 to 1

    @property
    def product(self) -> Map:
        return self.luminance * self.contrast * self.structure


def local_ssim(query: NDArray[np.uint8], match: NDArray[np.uint8]) -> LocalSsim:
    """The terms of SSIM of two gray squares, (S, S) uint8, with the windows and constants of kernels.ssim_pairs.

    With means m, sample deviations s, covariance v, C1 = (0.01 * 255)**2, C2 = (0.03 * 255)**2, C3 = C2 / 2:
    luminance (2 m m' + C1) / (m**2 + m'**2 + C1), contrast (2 s s' + C2) / (s**2 + s'**2 + C2), structure
    (v + C3) / (s s' + C3). Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE Transactions on Image
    Processing 13 (2004), doi:10.1109/TIP.2003.819861, equations 6, 9, 10 and, for C3, 13.
    """
    pictures = np.stack([query, match])
    sums = window_sums(pictures).astype(np.float64)
    squares = window_sums(np.square(pictures, dtype=np.uint16))
    products = window_sums(np.multiply(query, match, dtype=np.uint16)[np.newaxis])[0]
    # All in 49**2 times their units, as the constants of the kernels are.
    variances = SAMPLE * (PIXELS * squares - np.square(sums))
    covariance = SAMPLE * (PIXELS * products - sums[0] * sums[1])
    deviations = np.sqrt(variances[0] * variances[1])
    c1, c2 = float(C1), float(C2)
    terms = (
        (2 * sums[0] * sums[1] + c1) / (np.square(sums).sum(axis=0) + c1),
        (2 * deviations + c2) / (variances.sum(axis=0) + c2),
        (covariance + c2 / 2) / (deviations + c2 / 2),
    )
    return LocalSsim(*(one.astype(np.float32) for one in terms))


def heat_map(title: str, picture: RGBImage, values: Map) -> HeatMap:
    """A local SSIM map over a picture; each value stands at the middle of its window."""
    edge = WINDOW_PX // 2
    return HeatMap(title, picture, values, edge / (len(values) + 2 * edge), worst=0.0, best=1.0)


def most_different(values: Map) -> tuple[Region, ...]:
    """Up to three squares, a sixth of the side each, that do not overlap: those of the lowest mean SSIM, lowest first.

    Greedy non-maximum suppression over all places. Regions of 0.95 and more are left out.
    """
    side = len(values)
    size = max(1, round(side * REGION_SHARE))
    # The mean of the square whose upper left corner stands at each place.
    means = cv2.blur(values, (size, size), anchor=(0, 0))[: side - size + 1, : side - size + 1]
    means = np.array(means, np.float64)
    found = []
    for _ in range(REGIONS):
        row, column = (int(one) for one in np.unravel_index(means.argmin(), means.shape))
        if not means[row, column] < DIFFERENT:
            break
        value = float(values[row : row + size, column : column + size].mean(dtype=np.float64))
        covered = size + WINDOW_PX - 1  # pixels that the windows of the square reach
        pixels = side + WINDOW_PX - 1
        box = (column / pixels, row / pixels, (column + covered) / pixels, (row + covered) / pixels)
        found.append(Region(box, value))
        means[max(0, row - covered + 1) : row + covered, max(0, column - covered + 1) : column + covered] = np.inf
    return tuple(found)
