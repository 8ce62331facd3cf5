"""The changes that people make to pictures, each as strong as one likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pictrace.images.edits import (
    blur,
    brighten,
    caption,
    crop,
    gamma,
    grayscale,
    letterbox,
    mirror,
    noise,
    recolour,
    recompress,
    resize,
    turn,
)
from pictrace.images.pixels import RGBImage

__all__ = ["GRADED", "UNGRADED", "Graded"]

Graded = Callable[[RGBImage, float], RGBImage]
"""A picture and a strength from 0, hardly seen, to 1."""


def _between(low: float, high: float, strength: float) -> float:
    return low + (high - low) * strength


def _combined(image: RGBImage, strength: float) -> RGBImage:
    cropped = crop(image, _between(0.95, 0.35, strength))
    return recompress(turn(cropped, _between(3, 40, strength)), round(_between(70, 8, strength)))


GRADED: Mapping[str, Graded] = {
    "JPEG": lambda image, s: recompress(image, round(_between(60, 2, s))),
    "smaller": lambda image, s: resize(image, _between(0.6, 0.06, s)),
    "cropped": lambda image, s: crop(image, _between(0.95, 0.1, s)),
    "cropped off centre": lambda image, s: crop(image, _between(0.9, 0.1, s), across=0.0, down=1.0),
    "turned": lambda image, s: turn(image, _between(2, 44, s)),
    "turned 90°": lambda image, s: turn(image, 90),
    "mirrored": lambda image, s: mirror(image),
    "brightness and contrast": lambda image, s: brighten(image, contrast=_between(1.05, 2.5, s), shift=-100 * s),
    "gamma": lambda image, s: gamma(image, _between(1.1, 4, s)),
    "blurred": lambda image, s: blur(image, _between(0.5, 8, s)),
    "noise": lambda image, s: noise(image, _between(5, 90, s)),
    "text laid over": lambda image, s: caption(image, "BREAKING NEWS TODAY", lines=round(_between(1, 8, s))),
    "letterbox": lambda image, s: letterbox(image, _between(0.05, 0.45, s)),
    "gray": lambda image, s: grayscale(image),
    "recoloured": lambda image, s: recolour(image, _between(5, 120, s)),
    "cropped, turned, JPEG": _combined,
}
"""Sixteen, by what was done. At a strength of about a third to a half they are those of ``edits.CHANGES``."""

UNGRADED = frozenset(["turned 90°", "mirrored", "gray"])
"""Those that are the same at every strength."""
