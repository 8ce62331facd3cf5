"""How well two pictures agree under a transform, patch by patch, and the better transform that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.frames import common_frame
from pictrace.images.geometry import Matrix, inverse, moved, scaling

__all__ = ["Patches", "at_large", "look", "refine"]

ALIKE = 0.6
"""Correlation from which a patch counts as found; chance reaches it for few of those searched within some pixels."""

FEWEST = 4
COARSE_PX = 48
TEXTURE = 3.0  # standard deviation in gray levels under which a patch cannot be located
CLEAR = 15.0
PASSES = ((0.5, 8), (1.0, 5), (1.0, 3))  # (share of the resolution, how far patches are searched, px)
TOLERANCES_PX = (2.5, 1.2, 1.0)
SLIDING = 0.02
"""Correlations that differ by less along a line say nothing of where on it a patch lies, as within a ruled line."""

MORE = 1.12  # how many more patches a freer transform must explain


@dataclass(frozen=True)
class Patches:
    """Patches of the warped candidate, looked for in the query.

    Attributes
    ----------
    points
        (k, 2) centres in pixels of the query.
    shifts
        (k, 2) how far beside them they were found, in the same pixels.
    alike
        (k,) correlation there, -1 to 1.
    texture
        (k,) deviation of the candidate's patch in levels.
    tolerance_px
        Within which a patch lies where it should.
    """

    points: NDArray[np.float64]
    shifts: NDArray[np.float64]
    alike: NDArray[np.float64]
    texture: NDArray[np.float64]
    tolerance_px: float

    @property
    def found(self) -> NDArray[np.bool_]:
        """(k,): what looks alike, wherever."""
        return np.asarray(self.alike >= ALIKE)

    @property
    def agreeing(self) -> NDArray[np.bool_]:
        """(k,): what looks alike and lies where the transform says."""
        return np.asarray(self.found & (np.abs(self.shifts).max(axis=1, initial=0) <= self.tolerance_px))

    @property
    def agreement(self) -> float:
        """The share of the patches that agree, 0 to 1; what is faint counts less, as noise may hide it."""
        weight = np.minimum(self.texture, CLEAR)
        return float(weight @ self.agreeing / weight.sum()) if len(weight) else 0.0

    @property
    def displaced(self) -> float:
        """The share of what looks alike that clearly lies beside its place, 0 to 1, weighted likewise."""
        weight = np.minimum(self.texture, CLEAR) * self.found
        beside = np.abs(self.shifts).max(axis=1, initial=0) > 2 * self.tolerance_px
        return float(weight @ beside / weight.sum()) if weight.any() else 0.0


def look(
    query: NDArray[np.uint8],
    candidate: NDArray[np.uint8],
    matrix: Matrix,
    *,
    resolution: float = 1.0,
    reach_px: int = 3,
    tolerance_px: float = 1.2,
) -> Patches:
    """Compare two gray pictures, (h, w) uint8, in the query's frame at this share of the common resolution."""
    if resolution < 1:
        half = tuple(max(1, round(side * resolution)) for side in query.shape)
        to_half = scaling(half[1] / query.shape[1], half[0] / query.shape[0])
        small = np.asarray(cv2.resize(query, half[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        part = look(small, candidate, matrix @ inverse(to_half), reach_px=reach_px, tolerance_px=tolerance_px)
        back = 1 / resolution
        return Patches(
            moved(inverse(to_half), part.points),
            part.shifts * back,
            part.alike,
            part.texture,
            part.tolerance_px * back,
        )
    frame = common_frame(query, candidate, matrix, fine=False)
    height, width = frame.query.shape
    side = int(np.clip(min(height, width) // 5, 9, 32))
    step = max(side, int(np.sqrt(height * width / 150)))
    padded = cv2.copyMakeBorder(frame.query, reach_px, reach_px, reach_px, reach_px, cv2.BORDER_REPLICATE)
    tops, lefts = (_starts(length, side, step) for length in (height, width))
    places, shifts, alike, texture = [], [], [], []
    for top in tops:
        for left in lefts:
            if not frame.mask[top : top + side, left : left + side].all():
                continue
            patch = np.asarray(frame.candidate[top : top + side, left : left + side], np.uint8)
            contrast = float(patch.std())
            if contrast < TEXTURE:
                continue
            window = np.asarray(padded[top : top + side + 2 * reach_px, left : left + side + 2 * reach_px], np.uint8)
            shift, best = _locate(window, patch, reach_px)
            places.append((left + (side - 1) / 2, top + (side - 1) / 2))
            shifts.append(shift)
            alike.append(best)
            texture.append(contrast)
    to_query = scaling(query.shape[1] / width, query.shape[0] / height)
    return Patches(
        moved(to_query, np.array(places, np.float64).reshape(-1, 2)),
        np.array(shifts, np.float64).reshape(-1, 2) / frame.factor,
        np.array(alike, np.float64),
        np.array(texture, np.float64),
        tolerance_px / frame.factor,
    )


def at_large(query: NDArray[np.uint8], candidate: NDArray[np.uint8], matrix: Matrix) -> float:
    """Correlation of two gray pictures, (h, w) uint8, laid on each other and coarsely seen, -1 to 1; 1 where flat."""
    height, width = query.shape
    factor = min(1.0, COARSE_PX / max(height, width))
    small = np.asarray(
        cv2.resize(
            query, (max(4, round(width * factor)), max(4, round(height * factor))), interpolation=cv2.INTER_AREA
        ),
        np.uint8,
    )
    frame = common_frame(
        small, candidate, matrix @ scaling(width / small.shape[1], height / small.shape[0]), fine=False
    )
    first, second = (one[frame.mask].astype(np.float32) for one in (frame.query, frame.candidate))
    if len(first) < FEWEST or min(first.std(), second.std()) < TEXTURE:
        return 1.0
    return float(np.corrcoef(first, second)[0, 1])


def _starts(length: int, side: int, step: int) -> list[int]:
    """Where patches begin along one side, evenly spread from end to end."""
    if length < side:
        return []
    return [round(one) for one in np.linspace(0, length - side, max(1, (length - side) // step + 1))]


def _locate(window: NDArray[np.uint8], patch: NDArray[np.uint8], reach_px: int) -> tuple[tuple[float, float], float]:
    """((across, down) from the middle of the window to where the patch fits best, correlation there)."""
    score = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
    score[~np.isfinite(score)] = -1  # a flat window has no correlation
    _, best, _, (x, y) = cv2.minMaxLoc(score)
    across, down = float(x - reach_px), float(y - reach_px)
    if 0 < x < 2 * reach_px and 0 < y < 2 * reach_px:  # a parabola through the neighbours gives parts of a pixel
        across += _vertex(*(float(one) for one in score[y, x - 1 : x + 2]))
        down += _vertex(*(float(one) for one in score[y - 1 : y + 2, x]))
    if np.ptp(score[y]) < SLIDING:
        across = 0.0
    if np.ptp(score[:, x]) < SLIDING:
        down = 0.0
    return (across, down), min(1.0, float(best))


def _vertex(before: float, top: float, after: float) -> float:
    bend = before - 2 * top + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def refine(query: NDArray[np.uint8], candidate: NDArray[np.uint8], matrix: Matrix) -> tuple[Matrix, Patches]:
    """The transform that the patches speak for, from coarse to fine, and how they agree under it.

    Parameters
    ----------
    query, candidate
        (h, w) uint8, gray. Where fewer than four patches are found, the matrix stays as it is.
    """
    for (resolution, reach), tolerance in zip(PASSES, TOLERANCES_PX, strict=True):
        patches = look(query, candidate, matrix, resolution=resolution, reach_px=reach, tolerance_px=tolerance)
        matrix = _fitted(patches, matrix)
    return matrix, look(query, candidate, matrix, reach_px=PASSES[-1][1])


def _fitted(patches: Patches, matrix: Matrix) -> Matrix:
    """A turn with scale and shift where that explains the patches, else an affine or a perspective transform."""
    found = patches.found
    if found.sum() < FEWEST:
        return matrix
    source = (patches.points + patches.shifts)[found].astype(np.float32)
    target = moved(matrix, patches.points)[found].astype(np.float32)
    mirrored = bool(np.linalg.det(matrix[:2, :2]) < 0)
    if mirrored:  # the similarity below has no mirror: give it mirrored points and take that back
        source = source * np.array([-1, 1], np.float32)
    stretch = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    tolerance = float(patches.tolerance_px * stretch)
    cv2.setRNGSeed(1)  # the same patches give the same transform
    fits = []
    flat, mask = cv2.estimateAffinePartial2D(source, target, None, cv2.RANSAC, tolerance, 500, 0.999, 20)
    if flat is not None:
        fits.append((int(mask.sum()), np.vstack([flat, [0, 0, 1]])))
    if len(source) >= 6:
        affine, mask = cv2.estimateAffine2D(source, target, None, cv2.RANSAC, tolerance, 500, 0.999, 20)
        if affine is not None:
            fits.append((int(mask.sum()), np.vstack([affine, [0, 0, 1]])))
    if len(source) >= 12:
        full, mask = cv2.findHomography(source, target, cv2.RANSAC, tolerance, None, 500, 0.999)
        if full is not None:
            fits.append((int(mask.sum()), np.asarray(full, np.float64)))
    if not fits:
        return matrix
    best, chosen = fits[0]
    for count, fitted in fits[1:]:
        if count >= MORE * best + 2:
            best, chosen = count, fitted
    if mirrored:
        chosen = chosen @ np.diag([-1.0, 1, 1])
    sane = np.isfinite(chosen).all() and 1 / 64 < abs(np.linalg.det(chosen[:2, :2])) < 64
    return np.asarray(chosen, np.float64) if sane and best >= FEWEST else matrix
