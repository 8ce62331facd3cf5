"""What two pictures have in common, by what is stored of them: how one lies on the other, verified by gray squares.

Saving, scaling, cropping and turning leave every detail where it was; a camera that took a second photograph does not.
So a pair is one photograph where small windows of the one are found in the other exactly where one turn, scale and
shift has them, and where not both show something beyond the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.diagnosis.frames import common_frame
from pictrace.diagnosis.patches import Patches, look, refine
from pictrace.diagnosis.registration import Registration, described, trust
from pictrace.duplicates.beyond import WINDOW_PX, beyond, variance
from pictrace.duplicates.levels import Level
from pictrace.duplicates.looks import SIDE_PX, Look
from pictrace.duplicates.moving import things_moved
from pictrace.images.geometry import Matrix, corners, inverse, orienting, scaling, sensible
from pictrace.images.orientation import Variant
from pictrace.metrics.keypoints import FRAME_PX, keypoint_pairs
from pictrace.metrics.placement import place
from pictrace.metrics.sift_mirrored import mirrored_rows

__all__ = ["Pair", "by_frame", "by_keypoints"]

RATIO_PERCENT = 90
CLOSE = 0.9
"""Agreement from which a guess is not refined."""

KNOWN = 0.15
"""Agreement from which pixels show common content."""

FEWEST = 6  # windows that agree: copies have more, a far view that was zoomed into has four or five

SHIFT_PX = 0.35
"""Median distance, in pixels of 256, from where windows should lie: of one photograph it is 0.05 to 0.2."""

DISPLACED, BENT, SHEARED, STRETCHED = 0.11, 0.004, 0.8, 0.012
MOSTLY = 0.75  # alike: windows that are displaced then belong to what is laid over
WHOLE = 0.97
"""Overlap of both from which a stretched picture is one that was stretched."""

BEYOND = 0.02
"""Share of a picture that shows something which the other does not; where both do, it is another photograph."""

SCENE_DETAILS = 12

ALIKE, EQUAL = 0.5, 0.9  # correlation of small windows
DETAIL, LETTERS = 8.0, 40.0  # deviation in gray levels
FEW = 0.02
BLURS_PX = (0.8, 1.3, 2.0, 3.0)

COVERED, COVERED_EQUAL = 0.5, 0.85
"""Share that must be alike where something is laid over the rest; and of what is alike, the share that is the same."""

UNTOUCHED = 0.985  # alike: nothing of any size can have moved

SOFT_PX, STILL = 1.5, 0.4
"""Where both are blurred so much, at least this share of what was unlike stays so, if something covers it."""

NOISY, NOISY_EQUAL = 0.95, 0.5
"""The same where nothing is covered, and noise or saving changed all a little."""


@dataclass(frozen=True)
class Pair:
    """Two pictures of a catalog as they were compared.

    Attributes
    ----------
    first, second : int
        Ids, the smaller first.
    level : Level
    score : float
        How well the pixels agree, 0 to 1, by which groups are cut; kept of those that are no copies, too.
    share_first, share_second : float
        Of each picture, what the other shows too, 0 to 1.
    more_first, more_second : float
        Of each picture, what it shows beyond the other, bars of one tone not counted, 0 to 1.
    scale : float
        Pixels of the second original per pixel of the first: above 1, the second shows things larger.
    """

    first: int
    second: int
    level: Level
    score: float
    share_first: float = 0.0
    share_second: float = 0.0
    more_first: float = 0.0
    more_second: float = 0.0
    scale: float = 1.0

    @property
    def ids(self) -> tuple[int, int]:
        return self.first, self.second

    def other(self, one: int) -> int:
        return self.second if one == self.first else self.first


def by_frame(one: Look, other: Look, variant: Variant) -> Pair:
    """The first, laid on the table this way, frame on frame with the second."""
    if one.gray is None or other.gray is None:
        return _nothing(one, other)
    turned = orienting(variant, one.gray.shape)
    height, width = one.gray.shape
    if variant.quarter_turns % 2:
        height, width = width, height
    fitting = scaling(other.gray.shape[1] / width, other.gray.shape[0] / height)
    return _measured(one, other, fitting @ turned, 0)


def by_keypoints(one: Look, other: Look, *, mirrored: bool) -> Pair:
    """The first, mirrored or not, where its keypoints have it in the second."""
    if one.gray is None or other.gray is None:
        return _nothing(one, other)
    rows = mirrored_rows(one.rows) if mirrored else one.rows
    pairs, consistent = keypoint_pairs(rows, other.rows, percent=RATIO_PERCENT)
    chosen = pairs[consistent]
    here = kernels.unpack_points(rows)[chosen[:, 0], :2]
    there = kernels.unpack_points(other.rows)[chosen[:, 1], :2]
    placement = place(here, there)
    if placement is None:
        return _nothing(one, other)
    matrix = placement.matrix
    if mirrored:
        matrix = matrix @ np.array([[-1.0, 0, FRAME_PX - 1], [0, 1, 0], [0, 0, 1]])
    smaller = SIDE_PX / FRAME_PX
    matrix = scaling(smaller, smaller) @ matrix @ scaling(1 / smaller, 1 / smaller)
    return _measured(one, other, matrix, int(placement.inliers.sum()))


def _nothing(one: Look, other: Look) -> Pair:
    return Pair(min(one.id, other.id), max(one.id, other.id), Level.NONE, 0.0)


def _measured(one: Look, other: Look, matrix: Matrix, details: int) -> Pair:
    assert one.gray is not None and other.gray is not None  # noqa: S101, PT018 (the callers have looked)
    if not sensible(matrix, corners(one.gray.shape)):
        return _nothing(one, other)
    patches = look(one.gray, other.gray, matrix)
    if patches.agreement < CLOSE or _shift(patches) > SHIFT_PX:
        matrix, patches = refine(one.gray, other.gray, matrix)
        if not sensible(matrix, corners(one.gray.shape)):
            return _nothing(one, other)
    lies = described(matrix, patches, details, one.gray.shape, other.gray.shape)
    more = beyond(one.gray, other.gray, matrix), beyond(other.gray, one.gray, inverse(matrix))
    alike = _alike(one.gray, other.gray, matrix)
    level = _level(lies, patches, more, alike, details)
    if level is Level.PHOTOGRAPH and alike[0] < NOISY and _beside(one.gray, other.gray, matrix, alike[0]):
        level = Level.SCENE
    if level is Level.PHOTOGRAPH and alike[0] < UNTOUCHED:
        frame = common_frame(one.gray, other.gray, matrix, fine=False)
        level = Level.SCENE if things_moved(frame.query, frame.candidate, frame.mask) else level
    score = sum(alike) / 2
    grown = max(other.width, other.height) / max(one.width, one.height) / lies.scale
    first, second = (lies.overlap_query, more[0]), (lies.overlap_candidate, more[1])
    scale = 1 / grown if grown else 1.0
    if one.id > other.id:
        first, second, scale = second, first, 1 / scale
    ids = min(one.id, other.id), max(one.id, other.id)
    return Pair(*ids, level, min(1.0, max(0.0, score)), first[0], second[0], first[1], second[1], scale)


def _level(
    lies: Registration, patches: Patches, more: tuple[float, float], alike: tuple[float, float], details: int
) -> Level:
    whole = min(lies.overlap_query, lies.overlap_candidate) >= WHOLE
    flat = lies.perspective <= BENT and abs(lies.shear) <= SHEARED
    flat = flat and (whole or abs(np.log(lies.stretch)) <= STRETCHED)
    close = patches.agreeing.sum() >= FEWEST and _shift(patches) <= SHIFT_PX
    if flat and close and min(more) <= BEYOND:
        equal = alike[1] >= COVERED_EQUAL * alike[0]
        if alike[0] >= COVERED and equal and (lies.displaced <= DISPLACED or alike[0] >= MOSTLY):
            return Level.PHOTOGRAPH
        if alike[0] >= NOISY and alike[1] >= NOISY_EQUAL and lies.displaced <= DISPLACED:
            return Level.PHOTOGRAPH
    return Level.SCENE if trust(patches) >= KNOWN or details >= SCENE_DETAILS else Level.NONE


def _shift(patches: Patches) -> float:
    """The median distance of what was found from where it should lie, px."""
    shifts = patches.shifts[patches.found]
    return float(np.median(np.hypot(shifts[:, 0], shifts[:, 1]))) if len(shifts) else np.inf


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8], matrix: Matrix) -> tuple[float, float]:
    """The shares of what both show that are alike, and that are the same, in small windows of medium contrast.

    What is flat says nothing. Letters laid over two photographs are alike wherever they are, whatever lies between
    them, but their contrast is far beyond that of a photograph's details, and so is not counted: neither for two
    pictures that bear the same letters nor against one that bears some.
    """
    frame = common_frame(one, other, matrix, fine=False)
    inside = cv2.erode(frame.mask.astype(np.uint8), np.ones((WINDOW_PX, WINDOW_PX), np.uint8)) > 0
    first, second = frame.query.astype(np.float32), frame.candidate.astype(np.float32)
    best = _shares(first, second, inside)
    if best[1] < COVERED_EQUAL * best[0] or best[0] < COVERED:  # of one detail may be lost, by blur or few pixels
        if variance(first)[inside].sum() < variance(second)[inside].sum():
            first, second = second, first
        for sigma in BLURS_PX:
            blurred = np.asarray(cv2.GaussianBlur(first, (0, 0), sigma), np.float32)
            best = max(best, _shares(blurred, second, inside), key=sum)
    return best


def _beside(one: NDArray[np.uint8], other: NDArray[np.uint8], matrix: Matrix, alike: float) -> bool:
    """Whether what is unlike is alike in softer pictures: then it lies a little beside, as where the camera moved."""
    first, second = (np.asarray(cv2.GaussianBlur(levels, (0, 0), SOFT_PX), np.uint8) for levels in (one, other))
    return 1 - _alike(first, second, matrix)[0] <= STILL * (1 - alike)


def _shares(first: NDArray[np.float32], second: NDArray[np.float32], inside: NDArray[np.bool_]) -> tuple[float, float]:
    variances = variance(first), variance(second)
    contrast = np.maximum(*variances)
    chosen = inside & (contrast > DETAIL**2) & (contrast < LETTERS**2)
    if chosen.sum() < FEW * inside.sum():
        chosen = inside & (contrast > DETAIL**2)
    if not chosen.any():
        return 0.0, 0.0
    together = _mean(first * second) - _mean(first) * _mean(second)
    correlation = (together / np.sqrt(np.maximum(variances[0] * variances[1], 1e-6)))[chosen]
    return float((correlation >= ALIKE).mean()), float((correlation >= EQUAL).mean())


def _mean(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(levels, (WINDOW_PX, WINDOW_PX)), np.float32)
