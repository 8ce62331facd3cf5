"""What contradicts that two drawings are the same: edges and areas that no change of tones explains."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.overlays import foreign
from pictrace.diagnosis.planes import luma_and_soft_chroma, range_of
from pictrace.images.pixels import RGBImage

__all__ = ["contradictions"]

Levels = NDArray[np.float64]

BIN_LEVELS, FEWEST = 4, 12
FLAT_RANGE, FLAT_PX = 12, 5
CLIPPED = 4
AROUND_PX = 17
LEAST_CONTRAST = 48
MOST_REACH_PX = 2
NOISY_LEVELS, SMOOTHING_PX = 2.0, 2.0


def contradictions(
    query: RGBImage, predicted: RGBImage, candidate: RGBImage, mask: NDArray[np.bool_], *, noise: float, blur_px: float
) -> NDArray[np.float32]:
    """(h, w) float32: by how much the query differs from what is predicted, in shares of the contrast around.

    An edge that lies a pixel beside its place differs by nothing, a letter in the place of another by most of the
    contrast. Before, each channel of what is predicted goes through the increasing curve that brings it nearest to the
    query's: brightness, gamma, tints, white balance and clipping are such curves, other colours in the same fields are
    none.

    Parameters
    ----------
    query, predicted
        (h, w, 3) uint8, of one frame and equally soft.
    candidate
        (h, w, 3) uint8, the levels before they were predicted: where they are clipped, the query may go beyond.
    mask
        (h, w) bool, where both show content.
    noise
        Deviation of what differs everywhere, in levels.
    blur_px
        How much one of them was softened to be as soft as the other: so far nothing is located exactly.
    """
    if abs(noise) > NOISY_LEVELS:
        query, predicted = (
            np.asarray(cv2.GaussianBlur(one, (0, 0), SMOOTHING_PX), np.uint8) for one in (query, predicted)
        )
    flat = mask & (cv2.max(range_of(query, FLAT_PX), range_of(predicted, FLAT_PX)) <= FLAT_RANGE)
    expected = _curved(query, predicted, flat if flat.sum() > 100 else mask)
    low = np.where(candidate <= CLIPPED, 0, expected)
    high = np.where(candidate >= 255 - CLIPPED, 255, expected)
    expected = np.clip(query, low, high).astype(np.uint8)
    planes = luma_and_soft_chroma(query), luma_and_soft_chroma(expected)
    reach = 1 + min(MOST_REACH_PX, round(abs(blur_px)))
    beyond = cv2.max(foreign(*planes, mask, reach_px=reach), foreign(*planes[::-1], mask, reach_px=reach))
    contrast = cv2.max(range_of(query, AROUND_PX), range_of(expected, AROUND_PX)).astype(np.float32)
    return np.asarray(cv2.blur(beyond, (2, 2)) / np.maximum(contrast, LEAST_CONTRAST), np.float32)


def _curved(query: RGBImage, predicted: RGBImage, where: NDArray[np.bool_]) -> RGBImage:
    tables = [_increasing(query[..., one][where], predicted[..., one][where]) for one in range(3)]
    return np.asarray(cv2.LUT(predicted, np.stack(tables, axis=-1)[None]), np.uint8)


def _increasing(query: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(256,) uint8: the curve through the medians of the query's levels, pooled where they would fall."""
    bins = predicted // BIN_LEVELS
    counts = np.bincount(bins, minlength=256 // BIN_LEVELS)
    order = np.argsort(bins, kind="stable")
    ends = np.cumsum(counts)
    x, y, weights = [], [], []
    for one in np.flatnonzero(counts >= FEWEST):
        part = order[ends[one] - counts[one] : ends[one]]
        x.append(float(predicted[part].mean()))
        y.append(float(np.median(query[part])))
        weights.append(float(counts[one]) ** 0.5)
    levels = np.arange(256)
    if not x:
        return np.asarray(levels, np.uint8)
    heights = _pooled(y, weights)
    offsets = np.interp(levels, x, np.array(heights) - np.array(x))  # beyond the ends the slope is 1
    return np.asarray(np.clip(levels + offsets, 0, 255).round(), np.uint8)


def _pooled(heights: list[float], weights: list[float]) -> list[float]:
    """The nearest sequence that never falls: neighbours that do share their mean (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for height, weight in zip(heights, weights, strict=True):
        pools.append((height, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, heavy, count), (second, light, more) = pools[-2:]
            pools[-2:] = [((first * heavy + second * light) / (heavy + light), heavy + light, count + more)]
    return [height for height, _, count in pools for _ in range(count)]
