"""Counting calls: what is watched happens as before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

__all__ = ["Watch"]


@dataclass
class Watch:
    """The names of the functions that were called, in order, and what each call was given by keyword."""

    patch: pytest.MonkeyPatch
    calls: list[str] = field(default_factory=list)
    given: list[dict[str, Any]] = field(default_factory=list)

    def on(self, owner: Any, *names: str) -> None:
        """Watch functions of a module, or methods of a class."""
        for name in names:
            self.patch.setattr(owner, name, self._watched(name, getattr(owner, name)))

    def clear(self) -> None:
        self.calls.clear()
        self.given.clear()

    def _watched(self, name: str, original: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            self.given.append(named)
            return original(*arguments, **named)

        return call
