"""How a metric meets mirrored and turned copies: declared as data, so that most metrics write nothing for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from pictrace.features import Features
from pictrace.images.orientation import UPRIGHT, VARIANTS, Variant, orient

__all__ = ["EACH", "MIRRORED", "SQUARES", "UPRIGHT_ONLY", "Orientations", "fitting", "turned_squares"]


class Orientations(Enum):
    """Which orientations of the query are compared, and where their features come from."""

    UPRIGHT_ONLY = "the query as it is: the metric does not see the orientation, or it must be the same"
    EACH = "all eight, each extracted from the picture turned and mirrored"
    SQUARES = "all eight; a picture's features are one square, which is turned and mirrored itself"
    MIRRORED = "as it is and mirrored: the metric finds turns by itself, and tells them in its scores' variants"

    @property
    def variants(self) -> tuple[Variant, ...]:
        if self is Orientations.UPRIGHT_ONLY:
            return (UPRIGHT,)
        return (UPRIGHT, VARIANTS[4]) if self is Orientations.MIRRORED else VARIANTS


UPRIGHT_ONLY, EACH = Orientations.UPRIGHT_ONLY, Orientations.EACH
SQUARES, MIRRORED = Orientations.SQUARES, Orientations.MIRRORED


def turned_squares(features: Features, variants: Sequence[Variant]) -> dict[Variant, Features]:
    """Features of one square or none, (1, S, S, ...) or (0, ...), in these orientations."""
    if not len(features):
        return dict.fromkeys(variants, features)
    return {one: orient(features[0], one)[None] for one in variants}


def fitting(index: int, variants: Sequence[Variant]) -> Variant:
    """Which of ``variants`` a score's variant was compared as: itself, or, where turns are told, mirrored or not."""
    told = VARIANTS[index]
    return told if told in variants else VARIANTS[4 * told.mirrored]
