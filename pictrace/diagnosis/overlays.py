"""What only one picture of a registered pair shows: text or a logo laid over it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.planes import brightest
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.told import told

__all__ = ["Patch", "foreign", "laid_over", "whereabouts"]

LEAST_LEVELS = 40.0
LEAST_SHARE = 0.0025
MOST_SHARE = 0.45


@dataclass(frozen=True)
class Patch:
    """Where one picture differs from what the other predicts.

    Attributes
    ----------
    share
        Of the common area, 0 to 1.
    left, top, right, bottom
        Of what holds it, in shares of the frame.
    levels
        Mean difference beyond what shifts of a pixel explain.
    ours
        The share of the edges around it that the query has, 0 (all are the candidate's) to 1.
    """

    share: float
    left: float
    top: float
    right: float
    bottom: float
    levels: float
    ours: float


def foreign(query: RGBImage, predicted: RGBImage, mask: NDArray[np.bool_], *, reach_px: int = 2) -> NDArray[np.uint8]:
    """(h, w) uint8: by how many levels the query lies outside of what is predicted within some pixels; 0 outside.

    An edge that lies a pixel beside its place is not foreign.
    """
    kernel = np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)
    above = cv2.subtract(query, cv2.dilate(predicted, kernel))
    below = cv2.subtract(cv2.erode(predicted, kernel), query)
    return np.asarray(brightest(np.asarray(cv2.max(above, below), np.uint8)) * mask, np.uint8)


def laid_over(query: RGBImage, predicted: RGBImage, mask: NDArray[np.bool_], noise: float) -> Patch | None:
    """The part that one of them shows alone; None where there is none, or where it is most of the picture.

    Parameters
    ----------
    query, predicted
        (h, w, 3) uint8, alike but for it.
    noise
        Standard deviation of what differs everywhere.
    """
    if mask.sum() < 100:
        return None
    both = cv2.max(foreign(query, predicted, mask), foreign(predicted, query, mask))
    both = cv2.blur(both, (3, 3))
    usual = float(np.searchsorted(np.cumsum(np.bincount(both[mask], minlength=256)), 0.8 * mask.sum()))
    marked = (both > max(LEAST_LEVELS, 3.0 * noise, 3.0 * usual)).astype(np.uint8)
    height, width = mask.shape
    joined = cv2.dilate(marked, np.ones((max(3, height // 30), max(3, width // 20)), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    best, area = 0, 0
    for label in range(1, count):
        size = int((marked[labels == label]).sum())
        if size > area:
            best, area = label, size
    share = area / float(mask.sum())
    if not best or not LEAST_SHARE <= share <= MOST_SHARE:
        return None
    inside = (labels == best) & (marked > 0)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    outer, inner = (np.ones((side, side), np.uint8) for side in (9, 3))
    strokes = inside.astype(np.uint8)
    contour = (cv2.dilate(strokes, outer) > 0) & (cv2.erode(strokes, inner) == 0) & mask
    edges = [_steepness(one)[contour].mean() for one in (query, predicted)]
    return Patch(
        share,
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
        float(both[inside].mean()),
        float(edges[0] / max(1e-6, edges[0] + edges[1])),
    )


def _steepness(picture: RGBImage) -> NDArray[np.float32]:
    gray = to_gray(picture)
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def whereabouts(patch: Patch) -> str:
    """In words, as in "at the lower edge"."""
    down, across = (patch.top + patch.bottom) / 2, (patch.left + patch.right) / 2
    if patch.bottom - patch.top > 0.6:
        return told("over most of the picture") if patch.right - patch.left > 0.6 else _side(across)
    if patch.right - patch.left > 0.4 or 0.35 < across < 0.65:
        if down > 0.67:
            return told("at the lower edge")
        return told("at the upper edge") if down < 0.33 else told("in the middle")
    if 0.33 <= down <= 0.67:
        return _side(across)
    if down > 0.5:
        return told("in the lower left corner") if across < 0.5 else told("in the lower right corner")
    return told("in the upper left corner") if across < 0.5 else told("in the upper right corner")


def _side(across: float) -> str:
    if across < 0.35:
        return told("at the left")
    return told("at the right") if across > 0.65 else told("in the middle")
