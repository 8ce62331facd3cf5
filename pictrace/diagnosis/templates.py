"""Whether two pictures share a form only: the frame of an app, a paper's print, what stands around a product."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from pictrace.diagnosis.contents import Contents, compare_contents
from pictrace.diagnosis.corners import empty_corners
from pictrace.diagnosis.frames import common_frame
from pictrace.diagnosis.padding import padding
from pictrace.diagnosis.planes import soft
from pictrace.diagnosis.registration import Registration, register
from pictrace.diagnosis.sharpness import blur_between
from pictrace.images.pixels import RGBImage, to_gray

__all__ = ["TILT_DEGREES", "contents_of", "drawn", "form_of", "share_only_a_form"]

WHOLE = 0.95
"""Share of both pictures that lies in the other where a frame lies on a frame."""

TILT_DEGREES = 3.0
"""From here a picture was turned; below, it is the registration's own inaccuracy."""

LEAST_TURNED = 0.03
"""Share of the detail that must differ there, since turning spoils fine lines."""

BLURRED_PX = 1.0
"""From here one of two is so much softer that what they show is compared equally soft."""

RAGGED_PX = 9
"""Around the corners that turning left empty, compression spoils what is beside them."""

FLAT_RANGE, FLAT_SHARE = 3, 0.25
"""Levels within 5 px that nothing was drawn on, and how much of a drawing that is at least."""

SHADED_LEVELS, SHADED_SHARE, SHADED_EXACT, SHADED_MOST = 15, 0.8, 0.55, 0.7
"""The plain areas of a photograph, such as skies and walls, go through so many levels in this share of them, and no
more than a share is of one level exactly; a drawn gradient has them, too, in more of the picture."""


def share_only_a_form(query: RGBImage, candidate: RGBImage, registration: Registration | None = None) -> bool:
    """Whether all that two working pictures share is a template, while what fills it differs.

    False, too, where nothing relates them: this is a veto against a match, not evidence of one.

    Parameters
    ----------
    query, candidate
        (h, w, 3) uint8, working pictures.
    registration
        What ``register`` found for them, where that is known already.
    """
    found = registration or register(query, candidate, quick=True)
    if found is None:
        return False
    if found.negative:
        candidate = np.asarray(cv2.bitwise_not(candidate), np.uint8)
    return form_of(query, candidate, found, contents_of(query, candidate, found))


def contents_of(
    query: RGBImage, candidate: RGBImage, registration: Registration, *, quality: int | None = None
) -> Contents:
    """What the windows of a registered pair show; the corners that turning leaves empty are none of it.

    quality: see ``compare_contents``.
    """
    frame = common_frame(query, candidate, registration.matrix, fine=False)
    mask = frame.mask
    if abs(registration.tilt) >= TILT_DEGREES:
        covered = padding(frame.query).covered | padding(frame.candidate).covered
        mask = mask & ~cv2.dilate(covered.astype(np.uint8), np.ones((RAGGED_PX,) * 2, np.uint8)).astype(np.bool_)
    found = compare_contents(frame, mask, quality=quality)
    if not found.only_form:
        return found
    # A blur takes from small windows what they had in common with the sharp ones.
    query_gray, candidate_gray = (to_gray(one).astype(np.float32) for one in (frame.query, frame.candidate))
    blur_px = blur_between(query_gray, candidate_gray, mask)
    if abs(blur_px) < BLURRED_PX:
        return found
    alike = replace(frame, query=soft(frame.query, -blur_px), candidate=soft(frame.candidate, blur_px))
    return compare_contents(alike, mask, quality=quality)


def form_of(query: RGBImage, candidate: RGBImage, registration: Registration, contents: Contents) -> bool:
    """Whether that is only a form; where hardly more than keypoints agree, whether drawings lie edge on edge."""
    if registration.sure:
        least = LEAST_TURNED if abs(registration.tilt) >= TILT_DEGREES else 0.0
        return contents.only_form and contents.share >= least
    return frame_on_frame(registration) and drawn(query) and drawn(candidate)


def frame_on_frame(registration: Registration) -> bool:
    """Whether one picture covers the other edge to edge, as another photograph of a scene hardly does."""
    whole = min(registration.overlap_query, registration.overlap_candidate) > WHOLE
    return whole and not registration.mirrored and abs(registration.degrees) < TILT_DEGREES


def drawn(picture: RGBImage) -> bool:
    """Whether much of it is of one colour exactly, and neither a photograph's plain sky or wall, nor empty corners."""
    gray, kernel = to_gray(picture), np.ones((5, 5), np.uint8)
    ranges = cv2.subtract(cv2.dilate(gray, kernel), cv2.erode(gray, kernel))
    empty = empty_corners(picture)
    if empty.any():
        gray, ranges = gray[~empty], ranges[~empty]
    flat = ranges <= FLAT_RANGE
    share = float(flat.mean())
    if share < FLAT_SHARE or share >= SHADED_MOST:
        return share >= FLAT_SHARE
    exact = int((ranges == 0).sum()) / int(flat.sum())
    levels = np.cumsum(np.sort(np.bincount(gray[flat], minlength=256))[::-1])
    several = int(np.searchsorted(levels, SHADED_SHARE * levels[-1])) + 1
    return several < SHADED_LEVELS or exact >= SHADED_EXACT
