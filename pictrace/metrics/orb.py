"""Keypoints: ORB descriptors, matched by brute force and checked for common geometry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import Features
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.pixels import RGBImage, fit, to_gray
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.metrics.keypoints import FEWEST, FRAME_PX, no_keypoints, spread

__all__ = ["Orb", "extract_keypoints", "extract_oriented"]

KEYPOINTS = 500
DETECTED = 2000
FAST_THRESHOLDS = (10, 4)
"""Gray levels that a corner stands out by; the lower where the higher finds too few keypoints."""
PATCH_PX = 31  # what a descriptor is computed from
SCALE_FACTOR = 1.2
LEVELS = 8


@dataclass(frozen=True)
class Orb(KeypointMetric):
    """ORB keypoints of the picture at 512 px.

    Rublee, Rabaud, Konolige, Bradski: ORB, an efficient alternative to SIFT or SURF, ICCV 2011,
    doi:10.1109/ICCV.2011.6126544.

    Keypoints are detected generously and spread over an 8x8 grid, so that neither overlaid text nor
    one busy corner takes them all.
    """

    name: ClassVar[str] = "orb"
    title: ClassVar[str] = "Keypoints (ORB)"
    help: ClassVar[str] = (
        "Small details that both pictures share, in the same arrangement. Raise it to find crops, rotated and "
        "captioned copies."
    )
    fails: ClassVar[str] = (
        "A photograph taken anew, from another place or in other light, shares few of these details. Smooth, "
        "blurred or tiny pictures have hardly any; repeated patterns, such as bricks, have too many that are "
        "alike."
    )
    colour: ClassVar[str] = "#E69F00"
    order: ClassVar[int] = 20
    default_weight: ClassVar[float] = 0.6
    convincing: ClassVar[float | None] = 8.0
    levels: ClassVar[int] = LEVELS
    served_by: ClassVar[str] = "sift"

    long_side_px: int = field(default=FRAME_PX, init=False, metadata={"short": "px"})

    def extract(self, image: RGBImage) -> Features:
        return extract_keypoints(image, self.keypoints)

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        return extract_oriented(image, variants, self.keypoints)


def extract_keypoints(image: RGBImage, most: int = KEYPOINTS) -> Features:
    """ORB keypoints of the picture at 512 px, (k, 40) uint8, packed as in pictrace.kernels.keypoints.

    Detected generously and spread over a grid; no rows where there are fewer than 16.
    """
    return extract_oriented(image, (UPRIGHT,), most)[UPRIGHT]


def extract_oriented(image: RGBImage, variants: Sequence[Variant], most: int = KEYPOINTS) -> dict[Variant, Features]:
    """The same of the picture in each of these orientations, upright or mirrored.

    Keypoints are looked for once: the mirrored picture's are the same ones, mirrored, and described anew.
    """
    gray = to_gray(fit(image, FRAME_PX, enlarge=True))
    if min(gray.shape) < PATCH_PX:
        return {one: no_keypoints() for one in variants}
    found = _detected(gray, most)
    return {one: _described(gray, found, mirrored=one.mirrored) for one in variants}


def _detected(gray: NDArray[np.uint8], most: int) -> list[cv2.KeyPoint]:
    found: Sequence[cv2.KeyPoint] = ()
    for threshold in FAST_THRESHOLDS:
        found = _orb(threshold).detect(gray, None)
        if len(found) >= most:
            break
    if not found:
        return []
    places = np.asarray(cv2.KeyPoint.convert(list(found)), np.float32)
    strength = np.array([one.response for one in found], np.float32)
    return [found[one] for one in spread(places, strength, gray.shape, most)]


def _described(gray: NDArray[np.uint8], found: Sequence[cv2.KeyPoint], *, mirrored: bool) -> Features:
    if mirrored:
        right = gray.shape[1] - 1
        gray = np.ascontiguousarray(gray[:, ::-1])
        found = [
            cv2.KeyPoint(right - one.pt[0], one.pt[1], one.size, (180 - one.angle) % 360, one.response, one.octave)
            for one in found
        ]
    points, descriptors = _orb(FAST_THRESHOLDS[0]).compute(gray, found)
    if descriptors is None or len(points) < FEWEST:
        return no_keypoints()
    angles, octaves = ([getattr(one, name) for one in points] for name in ("angle", "octave"))
    numbers = np.column_stack([cv2.KeyPoint.convert(list(points)), np.radians(angles), octaves])
    return kernels.pack_keypoints(np.asarray(descriptors, np.uint8), numbers * (1, 1, 1, math.log2(SCALE_FACTOR)))


def _orb(threshold: int) -> cv2.ORB:
    return cv2.ORB.create(nfeatures=DETECTED, scaleFactor=SCALE_FACTOR, nlevels=LEVELS, fastThreshold=threshold)
