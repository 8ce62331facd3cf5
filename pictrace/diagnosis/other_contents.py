"""Whether a registered pair shows other contents: drawings by their pixels, photographs by their windows."""

from __future__ import annotations

import numpy as np

from pictrace.diagnosis.contents import Contents
from pictrace.diagnosis.frames import common_frame
from pictrace.diagnosis.overlays import Patch
from pictrace.diagnosis.photometry import Photometry
from pictrace.diagnosis.registration import Registration
from pictrace.diagnosis.replaced import share_replaced
from pictrace.diagnosis.templates import TILT_DEGREES, form_of
from pictrace.images.pixels import RGBImage

__all__ = ["CONTRARY", "other_contents"]

CONTRARY, CONTRARY_SHARE = 0.45, 1 / 8000
"""From where a pixel contradicts, in shares of the contrast, and the share of the common area that must contradict
that two drawings are the same."""

TURNED_TIMES = 4  # as much where one was turned, which spoils edges

REPLACED = 0.5
"""Of what differs, how much makes other contents of what looks like something laid over a drawing."""

PALER, REPAINTED = 0.25, 0.1
"""Contradiction, and the share of the common area, of other colours in the same fields."""

LETTERS = 0.75
"""The share of the edges around what is laid over that one of both has, where the other has not those of an area."""

BESIDE_PX = 4


def other_contents(
    query: RGBImage, candidate: RGBImage, registration: Registration, fit: Photometry, contents: Contents
) -> bool:
    """Of drawings, whether enough of their pixels contradicts that they are the same; of others by their windows."""
    if fit.contrary is None or not registration.sure:
        return form_of(query, candidate, registration, contents)
    area, contrary = int(contents.common.sum()), fit.contrary >= CONTRARY
    beside = np.ones_like(contrary)
    over = contents.differ and contents.drawn_over
    if over:
        frame = common_frame(query, candidate, registration.matrix)
        if share_replaced(frame, contents.common) >= REPLACED:
            return True
        beside = ~contents.covered
    elif not contents.differ and fit.overlay is not None and not 1 - LETTERS < fit.overlay.ours < LETTERS:
        beside[_pixels(fit.overlay, contrary.shape)] = False
    if int((beside & (fit.contrary >= PALER)).sum()) >= REPAINTED * area:
        return True
    least = CONTRARY_SHARE * (TURNED_TIMES if abs(registration.tilt) >= TILT_DEGREES else 1)
    return int((contrary & beside).sum()) >= least * area and not over


def _pixels(patch: Patch, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """What a patch holds, and some pixels around it."""
    height, width = shape
    rows, columns = (patch.top * height, patch.bottom * height), (patch.left * width, patch.right * width)
    top, bottom, left, right = (round(one) for one in (*rows, *columns))
    return slice(max(0, top - BESIDE_PX), bottom + BESIDE_PX), slice(max(0, left - BESIDE_PX), right + BESIDE_PX)
