"""Two registered pictures laid on each other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pictrace.diagnosis.contents import Box
from pictrace.diagnosis.difference import Difference
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.metrics.drawn import Drawn
from pictrace.output.drawing.base import VERMILION
from pictrace.told import told

__all__ = ["laid_over"]

CHECK_PX = 16
CHECKS = (205, 225)  # gray levels of the chequered ground where a picture does not reach
DIM = 0.55
OUTLINE_PX = 2


def laid_over(query: RGBImage, difference: Difference, places: Sequence[Box] = ()) -> tuple[Drawn, Drawn, Drawn]:
    """(the query; the candidate moved to where it fits; what differs), all of the query's size.

    Parameters
    ----------
    places
        What to outline in the last one, as (left, top, right, bottom) in shares of the query.
    """
    rows, columns = np.indices(query.shape[:2])
    checks = np.where((rows // CHECK_PX + columns // CHECK_PX) % 2, *CHECKS).astype(np.uint8)
    moved = np.where(difference.mask[..., np.newaxis], difference.warped, checks[..., np.newaxis])
    ground = DIM * to_gray(query).astype(np.float32)[..., np.newaxis]
    heat = np.where(difference.mask, difference.heat, 0)[..., np.newaxis]
    lit = (ground * (1 - heat) + np.array(VERMILION, np.float32) * heat).round().astype(np.uint8)
    height, width = query.shape[:2]
    for left, top, right, bottom in places:
        corners = (round(left * width), round(top * height)), (round(right * width) - 1, round(bottom * height) - 1)
        cv2.rectangle(lit, *corners, VERMILION, OUTLINE_PX)
    return (
        Drawn(told("The first picture"), query),
        Drawn(
            told("The second picture, moved onto it"),
            np.ascontiguousarray(moved, np.uint8),
            told("Chequered: outside it."),
        ),
        Drawn(
            told("What changed"),
            lit,
            told("Orange differs, beyond an overall change of light, colour and sharpness."),
        ),
    )
