"""All kinds by name."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.drawings import papers, plans, screens, things
from benchmarks.drawings.canvas import Draw

__all__ = ["KINDS"]

KINDS: Mapping[str, Draw] = {
    name.replace("_", " "): getattr(module, name)
    for module in (papers, screens, things, plans)
    for name in module.__all__
}
"""A function each of ``papers``, ``screens``, ``things`` and ``plans``; a new one goes to the end: places are seeds."""
