"""How many of the copies that are named may be false, by what else the catalog holds that looks like them.

A pair that is no copy is called one when it passes all tests by accident; how often pairs that agree so well do is
measured, where the truth is known. How many pairs agree so well without being copies is counted in the catalog itself,
as all that failed are kept: a catalog of bursts is more to be doubted than one of pictures that have little in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from pictrace.catalog.base import Catalog
from pictrace.duplicates.book import Book
from pictrace.duplicates.decided import apart as refused
from pictrace.duplicates.groups import Group
from pictrace.duplicates.levels import Level
from pictrace.duplicates.verify import Pair

__all__ = ["FalseAlarms", "expected_in", "false_alarms", "opportunities"]

PASSED: Sequence[tuple[float, float]] = ((0.5, 0.002), (0.8, 0.035))
"""By the agreement from which it holds: for one pair of other photographs that failed, so many that passed.

In a catalog of photographs of the same things, taken anew, 299 failed and none passed below the second border, 122 and
four from it on; half a one more for what was not seen. See docs/performance.md, "Duplicates".
"""

LEAST_TOLD = 0.1


@dataclass(frozen=True)
class FalseAlarms:
    """expected: false ones, of so many ``copies`` that are named: changed ones, as the same pixels are never false."""

    expected: float
    copies: int

    @property
    def words(self) -> str:
        """The expected number as people read it."""
        if self.expected < LEAST_TOLD / 2:
            return f"< {LEAST_TOLD}"
        return f"{self.expected:,.1f}" if self.expected < 10 else f"{self.expected:,.0f}"


def expected_in(catalog: Catalog, book: Book, groups: Iterable[Group], *, threshold: float) -> FalseAlarms:
    """What to expect among all groups of a catalog; of pictures that are gone, the book may still know pairs."""
    here = set(catalog.ids().tolist())
    pairs = {ids: pair for ids, pair in book.pairs().items() if here.issuperset(ids)}
    return false_alarms(groups, pairs, threshold=threshold, apart=refused(catalog))


def false_alarms(
    groups: Iterable[Group],
    pairs: Mapping[tuple[int, int], Pair],
    *,
    threshold: float,
    apart: Set[tuple[int, int]] = frozenset(),
) -> FalseAlarms:
    """What to expect among all groups of a catalog, found at this threshold.

    Parameters
    ----------
    groups
        As groups.all_groups gives them.
    pairs
        All that were compared, as the book keeps them.
    threshold
        How well members agree with the first.
    apart
        Pairs, the smaller id first, that somebody said are not the same: nothing is expected of these.
    """
    groups = list(groups)
    named = sum(image.level is Level.PHOTOGRAPH for group in groups for image in group.images[1:])
    chances = opportunities(groups, pairs, threshold=threshold, apart=apart)
    return FalseAlarms(sum(_odds(pair.score) for pair in chances) if named else 0.0, named)


def opportunities(
    groups: Iterable[Group],
    pairs: Mapping[tuple[int, int], Pair],
    *,
    threshold: float,
    apart: Set[tuple[int, int]] = frozenset(),
) -> list[Pair]:
    """The pairs that agree so well and yet are no copies; of a group, those of the picture in its middle alone."""
    inner = {
        image.id for group in groups for image in group.images[1:] if image.level >= Level.PHOTOGRAPH
    }  # each is a copy of one picture, and not asked about again
    return [
        pair
        for ids, pair in pairs.items()
        if pair.level < Level.PHOTOGRAPH and pair.score >= threshold and ids not in apart and inner.isdisjoint(ids)
    ]


def _odds(score: float) -> float:
    return max((odds for border, odds in PASSED if score >= border), default=0.0)
