"""Evidence as pictures, for pages and documents alike: arrays to pixels, without a browser."""

from __future__ import annotations

import importlib
import pkgutil

from pictrace.metrics.drawn import Drawn, draw
from pictrace.metrics.evidence import Evidence

__all__ = ["draw_evidence"]

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):  # each registers what it can draw
    importlib.import_module(_module.name)


def draw_evidence(part: Evidence) -> list[Drawn]:
    """What can be shown of it as pictures, in the order of showing; a few milliseconds at the most."""
    return draw(part)
