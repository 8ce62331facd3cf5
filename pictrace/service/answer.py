"""The answer to one person's search, and what it was made of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pictrace.catalog.base import Catalog
from pictrace.searching.parts import Part
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable
from pictrace.service.judge import Judge
from pictrace.service.pictures import Picture

__all__ = ["AGAIN_S", "Answer", "Basis"]

AGAIN_S = 2.0
"""So long after a part of a catalog did not answer, it is asked again."""


@dataclass(frozen=True)
class Basis:
    """What a table was computed from besides the picture: where any of it changes, the table is stale.

    Attributes
    ----------
    catalog
        Its identity.
    features
        The metrics' feature keys.
    filters
        Values by name, see Catalog.ids_with.
    """

    catalog: str
    revision: int
    features: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    orientations: bool


@dataclass(frozen=True)
class Answer:
    """A picture that was read, and how alike every picture of the catalog is.

    thumbnail: JPEG bytes. judge: knows what the pixels say. held: where several lie within it.
    asked_s: when it was made, by the clock of time.monotonic.
    """

    picture: Picture
    query: Query
    thumbnail: bytes
    table: ScoreTable
    basis: Basis
    timing_ms: Mapping[str, float]
    judge: Judge
    held: tuple[Part, ...] = ()
    asked_s: float = field(default_factory=time.monotonic, compare=False)

    def is_worth_asking_again(self, catalog: Catalog) -> bool:
        """Whether a part of the catalog did not answer, and might by now; of servers, whether one answers again."""
        if self.table.silent:
            return not self.table.silent.keys() <= catalog.silent.keys()
        return self.table.unanswered > 0 and time.monotonic() - self.asked_s > AGAIN_S
