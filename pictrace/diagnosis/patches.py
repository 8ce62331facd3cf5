"""How well two pictures agree under a transform, patch by patch, and the better transform that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    contrasts = _contrasts(np.asarray(frame.candidate, np.uint8), frame.mask, tops, lefts, side)
    places, scores = [], []
    for row, column in np.argwhere(contrasts >= TEXTURE).tolist():
        top, left = tops[row], lefts[column]
        patch = np.asarray(frame.candidate[top : top + side, left : left + side], np.uint8)
        window = np.asarray(padded[top : top + side + 2 * reach_px, left : left + side + 2 * reach_px], np.uint8)
        places.append((left + (side - 1) / 2, top + (side - 1) / 2))
        scores.append(cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED))
    shifts, alike = _located(np.array(scores, np.float32).reshape(-1, 2 * reach_px + 1, 2 * reach_px + 1))
    to_query = scaling(query.shape[1] / width, query.shape[0] / height)
    return Patches(
        moved(to_query, np.array(places, np.float64).reshape(-1, 2)),
        shifts / frame.factor,
        alike,
        contrasts[contrasts >= TEXTURE],
        tolerance_px / frame.factor,
    )


def _contrasts(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], tops: Sequence[int], lefts: Sequence[int], side: int
) -> NDArray[np.float64]:
    """(rows, columns) the deviation of each patch in levels, -1 where the mask does not hold all of it."""
    if not len(tops) or not len(lefts):
        return np.empty((len(tops), len(lefts)), np.float64)
    above, before = np.asarray(tops)[:, np.newaxis], np.asarray(lefts)[np.newaxis]
    below, after = above + side, before + side

    def summed(table: NDArray[Any]) -> NDArray[np.float64]:
        found = table[below, after] - table[above, after] - table[below, before] + table[above, before]
        return np.asarray(found, np.float64)

    sums, squares = cv2.integral2(picture)  # whole numbers, exact in either kind
    mean = summed(sums) / side**2
    deviation = np.sqrt(np.maximum(0, summed(squares) / side**2 - mean**2))
    whole = summed(cv2.integral(mask.view(np.uint8))) == side**2
    return np.where(whole, deviation, -1.0)


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


def _located(scores: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """((k, 2) across and down from the middle to where each fits best, (k,) its correlation there).

    Parameters
    ----------
    scores
        (k, 2 r + 1, 2 r + 1) the correlation of each patch with the window around it, at each shift by up to r pixels.
    """
    scores = np.where(np.isfinite(scores), scores, np.float32(-1))  # a flat window has no correlation
    count, size, _ = scores.shape
    each, last = np.arange(count), size - 1
    y, x = np.divmod(scores.reshape(count, size * size).argmax(axis=1), size) if count else (each, each)
    rows, columns = scores[each, y], scores[each, :, x]
    shifts = np.stack([x, y], axis=1).astype(np.float64) - size // 2
    inner = (x > 0) & (x < last) & (y > 0) & (y < last)
    for axis, (line, at) in enumerate(((rows, x), (columns, y))):
        # A parabola through the neighbours gives parts of a pixel.
        before, top, after = (line[each, np.clip(at + step, 0, last)].astype(np.float64) for step in (-1, 0, 1))
        bend = before - 2 * top + after
        part = np.clip((before - after) / np.where(bend < 0, 2 * bend, np.inf), -0.5, 0.5)
        shifts[:, axis] += np.where(inner, part, 0.0)
        shifts[np.ptp(line, axis=1) < SLIDING, axis] = 0.0
    return shifts, np.minimum(1.0, rows[each, x].astype(np.float64))


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
    best, chosen = 0, matrix
    flat, mask = cv2.estimateAffinePartial2D(source, target, None, cv2.RANSAC, tolerance, 500, 0.999, 20)
    if flat is not None:
        best, chosen = int(mask.sum()), np.vstack([flat, [0, 0, 1]])
    # A freer transform is looked for only where the patches that are left over could speak for it.
    if len(source) >= max(6, _asked_for(best)):
        affine, mask = cv2.estimateAffine2D(source, target, None, cv2.RANSAC, tolerance, 500, 0.999, 20)
        if affine is not None and mask.sum() >= _asked_for(best):
            best, chosen = int(mask.sum()), np.vstack([affine, [0, 0, 1]])
    if len(source) >= max(12, _asked_for(best)):
        full, mask = cv2.findHomography(source, target, cv2.RANSAC, tolerance, None, 500, 0.999)
        if full is not None and mask.sum() >= _asked_for(best):
            best, chosen = int(mask.sum()), np.asarray(full, np.float64)
    if not best:
        return matrix
    if mirrored:
        chosen = chosen @ np.diag([-1.0, 1, 1])
    sane = np.isfinite(chosen).all() and 1 / 64 < abs(np.linalg.det(chosen[:2, :2])) < 64
    return np.asarray(chosen, np.float64) if sane and best >= FEWEST else matrix


def _asked_for(best: int) -> float:
    """So many patches must a freer transform explain, where the one before explains as many as that."""
    return MORE * best + 2 if best else 0
