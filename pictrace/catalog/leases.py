"""Who works on what, where several machines bring pictures into one catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["LASTING_S", "Leases"]

LASTING_S = 60.0
"""How long the work of one who died lies still."""


class Leases(Protocol):
    """The leases of one worker. They share work out and guard nothing: writes are safe without them.

    Keys are numbers of 63 bits for pieces of work. A lease ends by itself some time after it was claimed or prolonged;
    then anybody may claim it. CatalogError, by any method, where the store cannot be asked.
    """

    def claim(self, keys: Sequence[int]) -> frozenset[int]:
        """Those that are this worker's now: free ones, its own, and those whose lease ended."""

    def prolong(self) -> None:
        """Hold for a while longer what is held still."""

    def release(self, keys: Sequence[int] | None = None) -> None:
        """Give up these, or all."""
