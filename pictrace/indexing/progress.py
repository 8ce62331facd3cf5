"""How far a run has come, and what could not be used."""

from __future__ import annotations

from dataclasses import dataclass

from pictrace.catalog.records import Source

__all__ = ["Failure", "Pace", "Progress", "RefreshProgress"]


@dataclass(frozen=True)
class Failure:
    """A picture that could not be used, and why."""

    source: Source
    reason: str


class Pace:
    """How fast a run is, by what it has done of the total."""

    total: int
    done: int
    elapsed_s: float

    @property
    def rate(self) -> float:
        """Pictures (or links) a second."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def left_s(self) -> float:
        """Seconds left at the rate so far."""
        return (self.total - self.done) / self.rate if self.rate else 0.0


@dataclass(frozen=True)
class Progress(Pace):
    """How far pictures have come into a catalog; done is the sum of added, known and failed."""

    total: int
    done: int = 0
    added: int = 0
    known: int = 0
    failed: int = 0
    elapsed_s: float = 0.0


@dataclass(frozen=True)
class RefreshProgress(Pace):
    """How many of a catalog's links were checked; done is the sum of unchanged, changed, gone and failed."""

    total: int
    done: int = 0
    unchanged: int = 0
    changed: int = 0
    gone: int = 0
    failed: int = 0
    elapsed_s: float = 0.0
