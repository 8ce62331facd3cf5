"""How one picture lies on another: the transform between them, verified by their pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.change import SAID, confidence_ramp
from pictrace.diagnosis.frames import warp
from pictrace.diagnosis.hypotheses import Guess, guess_by_frame, guess_by_orb, guess_by_search, guess_by_sift
from pictrace.diagnosis.patches import Patches, at_large, look, refine
from pictrace.diagnosis.planes import brightest, soft
from pictrace.images.geometry import Matrix, corners, moved, overlaps, scale_of, sensible
from pictrace.images.pixels import RGBImage, to_gray

__all__ = ["Registration", "described", "register", "trust"]

SURE = 0.75
"""Agreement from which the pictures are not looked at in other ways."""

CERTAIN = 0.85
"""Agreement times correlation from which no other guess is tried: symmetric pictures agree with their mirror image."""

AT_LARGE, LEAST_AT_LARGE = 0.7, 0.1
"""Correlation of the whole, coarsely, with which a guess is certain, and by which one counts at the least: stripes and
bricks fit each other in many places, their shades do not."""

QUICKLY = 0.5
"""Likewise, where only two ways are tried: other contents of one form agree in less."""

KNOWN, KNOWN_SURELY = 0.15, 0.45
"""Agreement from which the pixels show common content, and from which that is certain. Of 150 unrelated pairs none
reached 0.08."""

SCENE_MATCHES, SCENE_SHARE, SCENE_SPREAD = 8, 0.3, 0.01
"""Keypoints that show a common scene by themselves: how many, their share of those matched, what they surround."""

ENOUGH_PATCHES = 12
SMALLEST_PX = 16


@dataclass(frozen=True)
class Registration:
    """A transform from the query to the candidate, and how far it can be trusted.

    Attributes
    ----------
    matrix
        (3, 3) float64, homogeneous (x, y, 1) of pixel centres in the working pictures, query to candidate.
    mirrored, degrees, scale
        The query is the candidate, first mirrored left to right where so said, then turned by these degrees
        counter-clockwise, -180 to 180; one of its pixels is ``scale`` pixels of the candidate.
    stretch
        How much wider than high, compared with the candidate, the query shows things, 1 = alike.
    shear
        Degrees by which right angles are off.
    perspective
        The farthest that a corner of the query moves from where the best parallelogram has it, in shares of the
        candidate's long side.
    matches
        Keypoints that suggested it, 0 where none were asked. inliers of ``patches`` small windows agree.
    agreement
        Their share, weighted by their texture, 0 to 1.
    displaced
        The share of those that look alike but lie elsewhere, as where the camera stood elsewhere.
    overlap_query, overlap_candidate
        The share of each picture that lies in the other, 0 to 1.
    negative
        The candidate's tones are turned round, dark for light.
    confidence
        0 to 1, that the transform is right, from the pixels after warping. It is low where only keypoints agree: the
        same things, seen from elsewhere.
    """

    matrix: Matrix
    mirrored: bool
    degrees: float
    scale: float
    stretch: float
    shear: float
    perspective: float
    matches: int
    inliers: int
    patches: int
    agreement: float
    displaced: float
    overlap_query: float
    overlap_candidate: float
    confidence: float
    negative: bool = False

    @property
    def tilt(self) -> float:
        """Degrees to the nearest quarter turn."""
        return self.degrees - 90 * round(self.degrees / 90)

    @property
    def sure(self) -> bool:
        """Whether the pixels agree, not only keypoints."""
        return self.confidence >= SAID

    def outline(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Corners of a query of this shape in the candidate, (4, 2), (x, y), clockwise from the query's upper left."""
        return moved(self.matrix, corners(shape))

    def warped(self, candidate: RGBImage, shape: tuple[int, ...]) -> tuple[RGBImage, NDArray[np.bool_]]:
        """(the candidate as seen in a query of this shape, (h, w, 3) uint8; where it reaches, (h, w) bool)."""
        return warp(candidate, self.matrix, shape, scale=scale_of(self.matrix, shape))


def register(query: RGBImage, candidate: RGBImage, *, quick: bool = False) -> Registration | None:
    """Find the transform between two working pictures; None where no common content is found.

    Tried in turn until one is verified: frame laid on frame in eight orientations, ORB keypoints, SIFT
    keypoints, a search for one picture inside the other. Each guess is refined by small windows (block
    matching), and judged by the share of them that lie where they should.

    Parameters
    ----------
    query, candidate
        (h, w, 3) uint8, working pictures.
    quick
        Only the first two ways.
    """
    if min(*query.shape[:2], *candidate.shape[:2]) < SMALLEST_PX:
        return None
    best: tuple[float, Guess, Matrix, Patches, bool] | None = None
    scene: Guess | None = None
    pictures = to_gray(query), to_gray(candidate)
    if np.array_equal(query, candidate):
        patches = look(*pictures, np.eye(3))
        known = trust(patches) >= KNOWN
        return described(np.eye(3), patches, 0, query.shape, candidate.shape) if known else None
    for guess in _guesses(query, candidate, *pictures, quick=quick):
        if not sensible(guess.matrix, corners(query.shape)):
            continue
        if _shows_scene(guess) and (scene is None or guess.matches > scene.matches):
            scene = guess
        matrix, patches = _refined(query, candidate, pictures, guess.matrix)
        negative = False
        if guess.negative and trust(patches) < KNOWN:
            turned = refine(pictures[0], np.asarray(cv2.bitwise_not(pictures[1]), np.uint8), guess.matrix)
            if trust(turned[1]) >= KNOWN:
                (matrix, patches), negative = turned, True
        if not sensible(matrix, corners(query.shape)):
            continue
        close = trust(patches) * float(patches.alike[patches.agreeing].mean()) if patches.agreeing.any() else 0.0
        large = at_large(*pictures, matrix) * (-1 if negative else 1) if close >= KNOWN else 0.0
        rank = close * max(LEAST_AT_LARGE, large)
        if best is None or rank > best[0]:
            best = rank, guess, matrix, patches, negative
        if close >= (QUICKLY if quick else CERTAIN) and large >= AT_LARGE:
            break
    if best is not None and trust(best[3]) >= KNOWN:
        found = described(best[2], best[3], best[1].matches, query.shape, candidate.shape)
        return replace(found, negative=best[4])
    if scene is not None:
        return described(scene.matrix, look(*pictures, scene.matrix), scene.matches, query.shape, candidate.shape)
    return None


def _refined(
    query: RGBImage, candidate: RGBImage, pictures: tuple[NDArray[np.uint8], NDArray[np.uint8]], guess: Matrix
) -> tuple[Matrix, Patches]:
    """By gray levels; where these hardly agree, by what other colours or much noise leave as it is."""
    matrix, patches = refine(*pictures, guess)
    for view in (brightest, _smoothed):
        if trust(patches) >= SURE:
            break
        planes = view(query), view(candidate)
        if trust(look(*planes, matrix)) > trust(patches):
            matrix, patches = refine(*planes, matrix)
    return matrix, patches


def _shows_scene(guess: Guess) -> bool:
    return guess.matches >= SCENE_MATCHES and guess.share >= SCENE_SHARE and guess.spread >= SCENE_SPREAD


def _smoothed(picture: RGBImage) -> NDArray[np.uint8]:
    return soft(to_gray(picture), 2)


def _guesses(
    query: RGBImage, candidate: RGBImage, gray: NDArray[np.uint8], other: NDArray[np.uint8], *, quick: bool
) -> Iterator[Guess]:
    yield from guess_by_frame(gray, other)
    yield from guess_by_orb(query, candidate)
    if quick:
        return
    yield from guess_by_sift(gray, other)
    yield from guess_by_search(gray, other)


def trust(patches: Patches) -> float:
    """From the agreement, less where it rests on few patches."""
    return patches.agreement * min(1.0, float(patches.agreeing.sum()) / ENOUGH_PATCHES)


def described(
    matrix: Matrix, patches: Patches, matches: int, shape: tuple[int, ...], other: tuple[int, ...]
) -> Registration:
    outline = moved(matrix, corners(shape))
    height, width = shape[:2]
    across = (outline[1] - outline[0] + outline[2] - outline[3]) / (2 * width)
    down = (outline[3] - outline[0] + outline[2] - outline[1]) / (2 * height)
    linear = np.linalg.inv(np.column_stack([across, down]))  # candidate to query
    mirrored = bool(np.linalg.det(linear) < 0)
    turning = linear @ np.diag([-1.0, 1.0]) if mirrored else linear
    left, _, right = np.linalg.svd(turning)
    rotation = left @ right
    lengths = 1 / np.linalg.norm(across), 1 / np.linalg.norm(down)
    square = np.clip(across @ down / (np.linalg.norm(across) * np.linalg.norm(down)), -1, 1)
    middle = outline.mean(axis=0)
    flat = middle + np.array([-across * width - down * height, across * width - down * height]) / 2
    bend = np.linalg.norm(outline[:2] - flat, axis=1).max() / max(other[:2])
    shares = overlaps(matrix, shape, other)
    return Registration(
        matrix=matrix,
        mirrored=mirrored,
        degrees=float(math.degrees(math.atan2(rotation[0, 1], rotation[0, 0]))),
        scale=float(math.sqrt(abs(1 / np.linalg.det(linear)))),
        stretch=float(lengths[0] / lengths[1]),
        shear=float(90 - math.degrees(math.acos(square))),
        perspective=float(bend),
        matches=matches,
        inliers=int(patches.agreeing.sum()),
        patches=len(patches.alike),
        agreement=patches.agreement,
        displaced=patches.displaced,
        overlap_query=shares[0],
        overlap_candidate=shares[1],
        confidence=confidence_ramp(trust(patches), KNOWN, KNOWN_SURELY),
    )
