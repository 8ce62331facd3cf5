"""Guesses at the transform between two pictures, from cheap and likely to costly; each is to be verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.images.geometry import Matrix, inverse, orienting, scaling
from pictrace.images.orientation import UPRIGHT, VARIANTS, orient
from pictrace.images.pixels import RGBImage
from pictrace.metrics.keypoints import FRAME_PX, keypoint_pairs
from pictrace.metrics.orb import extract_keypoints, extract_oriented
from pictrace.metrics.placement import Placement, place

__all__ = ["Guess", "guess_by_frame", "guess_by_orb", "guess_by_search", "guess_by_sift"]

SMALL = 32
RATIO_PERCENT = 80
SIFT_RATIO = 0.8
SIFT_POINTS = 700
SIFT_SIDE = 400  # two thirds of the time that 512 px take, and as often right
ALIKE = 0.6  # correlation of thumbnails from which laying frame on frame is worth a try
SEARCH_SIDE = 64
SEARCH_SCALES = 2.0 ** -np.arange(0, 1.6, 0.125)
MIRRORED = VARIANTS[4]


@dataclass(frozen=True)
class Guess:
    """matrix: (3, 3), pixels of the query to pixels of the candidate. matches: keypoints that speak for it.

    spread: the share of the query that these surround; share: how many of all matched keypoints they are. negative:
    where one is bright, the other is dark.
    """

    matrix: Matrix
    matches: int = 0
    share: float = 0.0
    spread: float = 0.0
    negative: bool = False


def _matched(
    placement: Placement, source: NDArray[np.float32], shape: tuple[int, ...], before: Matrix, after: Matrix
) -> Guess:
    """From matches between points of a frame of this shape and others: before leads to the frame, after away."""
    hull = cv2.convexHull(source[placement.inliers])
    spread = float(cv2.contourArea(hull)) / (shape[0] * shape[1])
    return Guess(
        after @ placement.matrix @ before, int(placement.inliers.sum()), float(placement.inliers.mean()), spread
    )


def bars(gray: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Rows and columns of one tone along the edges of (h, w) uint8: left, top, right, bottom; 0 where all is flat."""
    found = []
    for axis in (0, 1):
        tone_range = np.ptp(gray.astype(np.int16), axis=axis)
        lines = np.flatnonzero(tone_range > 24)
        if not len(lines):
            return 0, 0, 0, 0
        found.append((int(lines[0]), len(tone_range) - 1 - int(lines[-1])))
    (left, right), (top, bottom) = found
    return left, top, right, bottom


def _trimmed(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Matrix]:
    """(without bars of one tone, pixels of the picture to pixels of what is left)."""
    left, top, right, bottom = bars(gray)
    matrix = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    return gray[top : gray.shape[0] - bottom, left : gray.shape[1] - right], matrix


def guess_by_frame(query: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> Iterator[Guess]:
    """Frame laid on frame, with and without bars, in the orientation that fits: the best first.

    Parameters
    ----------
    query, candidate
        (h, w) uint8.
    """
    guesses: list[tuple[float, Matrix]] = []
    whole = [(query, np.eye(3)), (candidate, np.eye(3))]
    trimmed = [_trimmed(query), _trimmed(candidate)]
    options = [(whole[0], whole[1])]
    if trimmed[0][0].shape != query.shape or trimmed[1][0].shape != candidate.shape:
        options.append((trimmed[0], trimmed[1]))
    for (first, to_first), (second, to_second) in options:
        one = _standard(first)
        for variant in VARIANTS:
            turned = orient(second, variant)
            if abs(np.log(first.shape[1] / first.shape[0] / (turned.shape[1] / turned.shape[0]))) > 0.5:
                continue
            alike = float((one * _standard(turned)).mean())
            fitting = scaling(turned.shape[1] / first.shape[1], turned.shape[0] / first.shape[0])
            matrix = inverse(to_second) @ inverse(orienting(variant, second.shape)) @ fitting @ to_first
            guesses.append((alike, matrix))
    guesses.sort(key=lambda guess: -guess[0])
    for alike, matrix in guesses[:2]:
        if alike >= ALIKE:
            yield Guess(matrix)
    for alike, matrix in guesses[-1:]:
        if alike <= -ALIKE:
            yield Guess(matrix, negative=True)


def _standard(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """32 x 32, of mean 0 and deviation 1; zero where flat."""
    small = cv2.resize(gray, (SMALL, SMALL), interpolation=cv2.INTER_AREA).astype(np.float32)
    deviation = float(small.std())
    return np.asarray((small - small.mean()) / deviation if deviation > 1 else small * 0, np.float32)


def guess_by_orb(query: RGBImage, candidate: RGBImage) -> Iterator[Guess]:
    """From ORB keypoints that agree on one turn, scale and shift; the query as it is and mirrored."""
    features = extract_keypoints(candidate)
    if not len(features):
        return
    points = kernels.unpack_points(features)[:, :2]
    back = inverse(_enlarging(candidate))
    shape = _orb_shape(query)
    guesses = []
    for variant, own in extract_oriented(query, (UPRIGHT, MIRRORED)).items():
        if not len(own):
            continue
        pairs, consistent = keypoint_pairs(own, features, percent=RATIO_PERCENT)
        chosen = pairs[consistent]
        source = kernels.unpack_points(own)[chosen[:, 0], :2]
        found = place(source, points[chosen[:, 1]])
        if found is not None:
            guesses.append(_matched(found, source, shape, orienting(variant, shape) @ _enlarging(query), back))
    yield from sorted(guesses, key=lambda guess: -guess.matches)


def _orb_shape(picture: RGBImage) -> tuple[int, int]:
    factor = FRAME_PX / max(picture.shape[:2])
    return max(1, round(picture.shape[0] * factor)), max(1, round(picture.shape[1] * factor))


def _enlarging(picture: RGBImage) -> Matrix:
    height, width = _orb_shape(picture)
    return scaling(width / picture.shape[1], height / picture.shape[0])


def guess_by_sift(query: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> Iterator[Guess]:
    """From SIFT keypoints, slower than ORB's and more often right, the query as it is and mirrored.

    Lowe: Distinctive image features from scale-invariant keypoints, IJCV 60 (2004),
    doi:10.1023/B:VISI.0000029664.99615.94; roots of the descriptors: Arandjelović, Zisserman, CVPR 2012,
    doi:10.1109/CVPR.2012.6248018. A mirrored patch has the descriptor of the patch with one axis of its grid
    and its directions reversed, so mirroring needs no second extraction; nor do negatives, in which a point's own
    direction turns round, and its patch with it.
    """
    if min(*query.shape, *candidate.shape) < 16:
        return
    query, to_query = _shrunk(query, SIFT_SIDE)
    candidate, to_candidate = _shrunk(candidate, SIFT_SIDE)
    back = inverse(to_candidate)
    detector = cv2.SIFT.create(SIFT_POINTS, contrastThreshold=0.02)
    first, own = detector.detectAndCompute(query, None)
    second, other = detector.detectAndCompute(candidate, None)
    if own is None or other is None or len(other) < 2:
        return
    places, targets = (np.array([one.pt for one in points], np.float32) for points in (first, second))
    grid = own.reshape(-1, 4, 4, 8)
    mirrored = np.flip(grid, 1)[..., -np.arange(8) % 8]
    rows = _rooted(np.asarray(other, np.float32))
    guesses = []
    for variant, patches, negative in (
        (UPRIGHT, grid, False),
        (MIRRORED, mirrored, False),
        (UPRIGHT, np.flip(grid, (1, 2)), True),
        (MIRRORED, np.flip(mirrored, (1, 2)), True),
    ):
        likeness = _rooted(np.asarray(patches, np.float32).reshape(-1, 128)) @ rows.T
        best = likeness.argmax(axis=1)
        nearest, runner_up = -np.partition(-likeness, 1, axis=1)[:, :2].T
        distance, second_distance = (np.sqrt(np.maximum(0, 2 - 2 * one)) for one in (nearest, runner_up))
        chosen = np.flatnonzero(distance < SIFT_RATIO * second_distance)
        _, once = np.unique(best[chosen], return_index=True)
        chosen = chosen[once]
        source = places[chosen]
        if variant is MIRRORED:
            source = source * np.array([-1, 1], np.float32) + np.array([query.shape[1] - 1, 0], np.float32)
        found = place(source, targets[best[chosen]])
        if found is not None:
            guess = _matched(found, source, query.shape, orienting(variant, query.shape) @ to_query, back)
            guesses.append(replace(guess, negative=negative))
    yield from sorted(guesses, key=lambda guess: -guess.matches)


def _rooted(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(descriptors / np.maximum(1e-6, descriptors.sum(axis=1, keepdims=True))), np.float32)


def guess_by_search(query: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> Iterator[Guess]:
    """One picture looked for inside the other, at 64 px, in every orientation and at several scales.

    For pictures without keypoints, blurred or of little texture.

    Parameters
    ----------
    query, candidate
        (h, w) uint8; the best first.
    """
    guesses: list[tuple[float, Matrix]] = []
    query, to_query = _shrunk(query, 2 * SEARCH_SIDE)
    candidate, to_candidate = _shrunk(candidate, 2 * SEARCH_SIDE)
    for variant in VARIANTS:
        turned = orient(candidate, variant)
        back = inverse(to_candidate) @ inverse(orienting(variant, candidate.shape))
        for part, whole in ((query, turned), (turned, query)):
            found = _inside(part, whole)
            if found is not None:
                alike, matrix = found
                guesses.append((alike, back @ (matrix if part is query else inverse(matrix)) @ to_query))
    for alike, matrix in sorted(guesses, key=lambda guess: -guess[0])[:2]:
        if alike >= ALIKE:
            yield Guess(matrix)


def _shrunk(gray: NDArray[np.uint8], long_side_px: int) -> tuple[NDArray[np.uint8], Matrix]:
    """(the picture with this long side at the most, pixels of the picture to its pixels)."""
    factor = min(1.0, long_side_px / max(gray.shape))
    small = _resized(gray, factor, factor)
    return small, scaling(small.shape[1] / gray.shape[1], small.shape[0] / gray.shape[0])


def _inside(part: NDArray[np.uint8], whole: NDArray[np.uint8]) -> tuple[float, Matrix] | None:
    """(correlation, matrix from the part to the whole) of the best place of a part inside a whole."""
    factor = SEARCH_SIDE / max(whole.shape)
    small = _resized(whole, factor, factor)
    best: tuple[float, Matrix] | None = None
    longest = min(small.shape[0] / part.shape[0], small.shape[1] / part.shape[1])
    for scale in SEARCH_SCALES * longest:
        piece = _resized(part, scale, scale)
        if (
            min(piece.shape) < 12
            or piece.std() < 2
            or piece.shape[0] > small.shape[0]
            or piece.shape[1] > small.shape[1]
        ):
            continue
        score = cv2.matchTemplate(small, piece, cv2.TM_CCOEFF_NORMED)
        score[~np.isfinite(score)] = -1
        _, top, _, (x, y) = cv2.minMaxLoc(score)
        if best is None or top > best[0]:
            to_piece = scaling(piece.shape[1] / part.shape[1], piece.shape[0] / part.shape[0])
            to_small = scaling(small.shape[1] / whole.shape[1], small.shape[0] / whole.shape[0])
            shift = np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])
            best = float(top), inverse(to_small) @ shift @ to_piece
    return best


def _resized(gray: NDArray[np.uint8], across: float, down: float) -> NDArray[np.uint8]:
    size = max(1, round(gray.shape[1] * across)), max(1, round(gray.shape[0] * down))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
