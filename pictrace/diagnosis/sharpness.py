"""How much softer or noisier one picture of a registered pair is, as a width in pixels and a deviation in levels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["blur_between", "noise_level"]

SIGMAS_PX = (0.0, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6, 2.1, 2.8, 3.7, 5.0)
COARSE_PX = 6.0
FLAT_SHARE = 0.35
LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  # of unit gain for white noise

Plane = NDArray[np.float32]


def _soft(plane: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32) if sigma else plane


def blur_between(query: Plane, predicted: Plane, mask: NDArray[np.bool_]) -> float:
    """The Gaussian width, px, by which the query is softer than the predicted picture; negative where it is sharper.

    Parameters
    ----------
    query, predicted
        (h, w) float32 levels. The softened one is a regressor for the other, so that noise in the query, which nothing
        predicts, does not count as sharpness.
    """
    if mask.sum() < 100:
        return 0.0
    weight = mask.astype(np.float32)
    fine = [one - _soft(one, COARSE_PX) for one in (query, predicted)]
    # How much of the finest detail of the predicted picture the query shows: more than all means sharper.
    detail = [one - _soft(one, 1.0) for one in fine]
    if _shown(detail[0], detail[1], weight) > 1.05 * _shown(fine[0], fine[1], weight):
        return -_best_width(fine[0], fine[1], weight)
    return _best_width(fine[1], fine[0], weight)


def _shown(first: Plane, second: Plane, weight: Plane) -> float:
    """The factor that makes the second plane most like the first."""
    weighted = second * weight
    return max(0.0, float(np.vdot(first, weighted)) / max(1e-6, float(np.vdot(second, weighted))))


def _best_width(sharp: Plane, blunt: Plane, weight: Plane) -> float:
    """The width that makes the sharp plane most like the other: least is left over by a multiple of it."""
    target = blunt * weight
    left = []
    for sigma in SIGMAS_PX:
        made = _soft(sharp, sigma)
        explained = max(0.0, float(np.vdot(made, target))) ** 2 / max(1e-6, float(np.vdot(made, made * weight)))
        left.append(-explained)
    best = int(np.argmin(left))
    if not 0 < best < len(left) - 1:
        return SIGMAS_PX[best]
    x, y = np.array(SIGMAS_PX[best - 1 : best + 2]), np.array(left[best - 1 : best + 2])
    bend, slope, _ = np.polyfit(x, y / abs(y[1]), 2) if y[1] else (0.0, 0.0, 0.0)
    return float(np.clip(-slope / (2 * bend), x[0], x[2])) if bend > 0 else SIGMAS_PX[best]


def flat_parts(predicted: Plane, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(h, w) bool: the third of the masked pixels around which least happens."""
    if not mask.any():
        return mask
    across, down = cv2.Sobel(predicted, cv2.CV_32F, 1, 0), cv2.Sobel(predicted, cv2.CV_32F, 0, 1)
    busy = cv2.boxFilter(across**2 + down**2, -1, (5, 5))
    return np.asarray(mask & (busy <= np.quantile(busy[mask], FLAT_SHARE)))


def noise_level(plane: Plane, flat: NDArray[np.bool_]) -> float:
    """Standard deviation of white noise, in levels, from a filter that passes neither planes nor straight edges.

    Immerkær: Fast noise variance estimation, CVIU 64 (1996), doi:10.1006/cviu.1996.0060; its median is
    taken here, which single edges do not move.
    """
    if not flat.any():
        return 0.0
    return float(np.median(np.abs(cv2.filter2D(plane, cv2.CV_32F, LAPLACIAN)[flat])) * 1.4826)
