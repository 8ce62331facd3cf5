"""What neither saving nor resampling explains of a registered pair: where there is any, it is not "unchanged"."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.contents import Box, boxes, step_factor
from pictrace.diagnosis.frames import Frame, common_frame
from pictrace.diagnosis.overlays import foreign
from pictrace.diagnosis.planes import luma_and_soft_chroma
from pictrace.diagnosis.registration import Registration
from pictrace.images.geometry import corners
from pictrace.images.pixels import RGBImage

__all__ = ["joined", "saved_again", "unexplained", "unexplained_places"]

IN_PLACE_PX = 1.0
JOINED_PX = 9

LOSSLESS_LEVELS, SAVED_LEVELS = 2.0, 5.0
"""What rounding leaves between two lossless files, and what JPEG leaves where nothing happens."""

MEAN_STEP = 57.6
"""Of the luma's quantisation table at quality 50, ITU-T T.81, Annex K."""

RESAMPLED_SHARE = 1 / 8  # of the range of levels nearby
UNKNOWN_QUALITY = 75
DEVIATIONS = 4.0
BLOCK_PX = 8


def unexplained_places(
    query: RGBImage,
    candidate: RGBImage,
    registration: Registration,
    qualities: tuple[int | None, int | None],
    *,
    same_size: bool,
) -> tuple[Box, ...]:
    """Where two pictures that nothing was done to differ nevertheless, the largest first; see ``unexplained``.

    Parameters
    ----------
    query, candidate
        (h, w, 3) uint8, working pictures.
    same_size
        Whether their files have the same size in pixels, so that both were resized alike.
    """
    frame = common_frame(query, candidate, registration.matrix)
    apart = np.abs(registration.outline(query.shape) - corners(query.shape)).max()
    exact = query.shape == candidate.shape and float(apart) < IN_PLACE_PX
    if exact:
        frame = Frame(query, candidate, np.ones(query.shape[:2], np.bool_), 1.0)
    return joined(unexplained(frame, exact=exact and same_size, qualities=qualities))


def saved_again(query: RGBImage, candidate: RGBImage) -> tuple[Box, ...]:
    """The same for two pictures of one shape that cannot be registered, of whose files nothing is known."""
    frame = Frame(query, candidate, np.ones(query.shape[:2], np.bool_), 1.0)
    return joined(unexplained(frame, exact=False, qualities=(UNKNOWN_QUALITY, UNKNOWN_QUALITY)))


def joined(marked: NDArray[np.bool_]) -> tuple[Box, ...]:
    """The boxes of marked pixels and of what lies near to each other, the largest first."""
    near = cv2.dilate(marked.astype(np.uint8), np.ones((JOINED_PX, JOINED_PX), np.uint8))
    return boxes(np.asarray(near > 0, np.bool_))


def unexplained(frame: Frame, *, exact: bool, qualities: tuple[int | None, int | None]) -> NDArray[np.bool_]:
    """(h, w) bool: pixels of one frame that differ by more than saving and resampling make of them.

    Parameters
    ----------
    exact
        Pixel lies on pixel; otherwise an edge may lie a pixel beside its place.
    qualities
        Of both files' JPEG compression, None where lossless. A rounded coefficient is off by up to half a step of its
        quantisation table, so a pixel by a deviation of a step / sqrt(12), and only in blocks that have coefficients.
    """
    planes = luma_and_soft_chroma(frame.query), luma_and_soft_chroma(frame.candidate)
    reach = 0 if exact else 1
    beyond = cv2.max(
        foreign(*planes, frame.mask, reach_px=reach), foreign(*planes[::-1], frame.mask, reach_px=reach)
    ).astype(np.float32)
    steps = [max(1.0, MEAN_STEP * step_factor(one)) for one in qualities if one is not None]
    if not steps and exact:
        return np.asarray(beyond > LOSSLESS_LEVELS)
    noise = float(np.sqrt(sum(one * one for one in steps) / 12))
    busy = cv2.dilate(_activity(planes[1]), np.ones((2 * BLOCK_PX + 1,) * 2, np.uint8)).astype(np.float32)
    allowed = SAVED_LEVELS + np.minimum(DEVIATIONS * noise, busy) + (0 if exact else RESAMPLED_SHARE * busy)
    return np.asarray(cv2.blur(beyond, (2, 2)) > allowed)


def _activity(planes: RGBImage) -> NDArray[np.uint8]:
    """(h, w) uint8: the range of levels around each pixel."""
    kernel = np.ones((3, 3), np.uint8)
    luma = np.ascontiguousarray(planes[..., 0])
    return np.asarray(cv2.subtract(cv2.dilate(luma, kernel), cv2.erode(luma, kernel)), np.uint8)
