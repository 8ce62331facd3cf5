"""All kinds by name."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.drawings import papers, screens, things
from benchmarks.drawings.canvas import Draw

__all__ = ["KINDS"]

KINDS: Mapping[str, Draw] = {
    name.replace("_", " "): getattr(module, name) for module in (papers, screens, things) for name in module.__all__
}
"""A function each of ``papers``, ``screens`` and ``things``."""
