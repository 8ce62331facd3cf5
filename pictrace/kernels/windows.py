"""What SSIM is made of: sums over small windows, and its constants in their units."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["C1", "C2", "PIXELS", "SAMPLE", "WINDOW_PX", "covariances", "window_sums"]

WINDOW_PX = 7
PIXELS = WINDOW_PX**2
SAMPLE = PIXELS / (PIXELS - 1)  # from the population's covariance to the sample's
C1 = np.float32((0.01 * 255 * PIXELS) ** 2)
C2 = np.float32((0.03 * 255 * PIXELS) ** 2)


def window_sums(pictures: NDArray[Any]) -> NDArray[np.int32]:
    """Sums over all whole windows of (n, S, S) uint8 or uint16, (n, S - 6, S - 6) int32."""
    n, side, _ = pictures.shape
    # One tall picture for one call; the windows across two pictures lie in the border cut off.
    tall = cv2.boxFilter(pictures.reshape(n * side, side), cv2.CV_32S, (WINDOW_PX, WINDOW_PX), normalize=False)
    edge = WINDOW_PX // 2
    return np.asarray(tall, np.int32).reshape(n, side, side)[:, edge:-edge, edge:-edge]


def covariances(
    x: NDArray[np.uint8], y: NDArray[np.uint8], x_sums: NDArray[np.int32], y_sums: NDArray[np.int32]
) -> NDArray[np.float32]:
    """49**2 times the sample covariance of each window: exact in int32 until the last step."""
    return np.float32(SAMPLE) * (PIXELS * window_sums(np.multiply(x, y, dtype=np.uint16)) - x_sums * y_sums).astype(
        np.float32
    )
