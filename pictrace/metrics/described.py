"""A raw value with its unit, in words."""

from __future__ import annotations

import math

from pictrace.features import Scale
from pictrace.told import fixed, told

__all__ = ["described"]


def described(scale: Scale, raw: float) -> str:
    """As in "23 matching details"."""
    if math.isnan(raw):
        return told("not comparable")
    return told("{number} {unit}", number=scale.number(raw), unit=fixed(scale.unit))
