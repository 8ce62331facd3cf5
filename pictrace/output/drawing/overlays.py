"""Two registered pictures laid on each other."""

from __future__ import annotations

import numpy as np

from pictrace.diagnosis.difference import Difference
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.metrics.drawn import Drawn
from pictrace.output.drawing.base import VERMILION

__all__ = ["laid_over"]

CHECK_PX = 16
CHECKS = (205, 225)  # gray levels of the chequered ground where a picture does not reach
DIM = 0.55


def laid_over(query: RGBImage, difference: Difference) -> tuple[Drawn, Drawn, Drawn]:
    """(the query; the candidate moved to where it fits; what differs), all of the query's size."""
    rows, columns = np.indices(query.shape[:2])
    checks = np.where((rows // CHECK_PX + columns // CHECK_PX) % 2, *CHECKS).astype(np.uint8)
    moved = np.where(difference.mask[..., np.newaxis], difference.warped, checks[..., np.newaxis])
    ground = DIM * to_gray(query).astype(np.float32)[..., np.newaxis]
    heat = np.where(difference.mask, difference.heat, 0)[..., np.newaxis]
    lit = ground * (1 - heat) + np.array(VERMILION, np.float32) * heat
    return (
        Drawn("The first picture", query),
        Drawn("The second picture, moved onto it", np.ascontiguousarray(moved, np.uint8), "Chequered: outside it."),
        Drawn(
            "What changed",
            lit.round().astype(np.uint8),
            "Orange differs, beyond an overall change of light, colour and sharpness.",
        ),
    )
