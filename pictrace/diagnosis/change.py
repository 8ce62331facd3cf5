"""One thing that was done to a picture, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["SAID", "Change", "change_if_sure", "confidence_ramp"]

SAID = 0.5
"""Confidence from which a change is told."""


@dataclass(frozen=True)
class Change:
    """kind: a key of KINDS. confidence: 0 to 1. text: as in "cropped to 62 %".

    parameters: plain numbers and words; shares are of 0 to 1, angles in degrees counter-clockwise.
    """

    kind: str
    confidence: float
    text: str
    parameters: Mapping[str, float | str] = field(default_factory=dict)


def confidence_ramp(value: float, told: float, sure: float) -> float:
    """Confidence in a value: a half at ``told``, 1 from ``sure`` on, 0 as far below."""
    return float(np.clip(0.5 + 0.5 * (value - told) / (sure - told), 0, 1))


def change_if_sure(kind: str, confidence: float, text: str, **parameters: float | str) -> list[Change]:
    """The change as a list of one, or nothing where it is unsure."""
    if confidence < SAID:
        return []
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in parameters.items()}
    return [Change(kind, round(min(1.0, confidence), 3), text, rounded)]
