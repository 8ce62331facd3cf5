"""All in one: compare what is new, group, tell what was done, and say which picture to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from contextlib import closing

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.duplicates.book import Book
from pictrace.duplicates.decided import apart, copies, reviewed
from pictrace.duplicates.false_alarms import FalseAlarms, expected_in
from pictrace.duplicates.groups import SURE, Group, all_groups
from pictrace.duplicates.levels import DEFAULT_LEVELS, Level
from pictrace.duplicates.relations import Telling, elected, pairs_of, told_group, with_first
from pictrace.duplicates.run import Comparing
from pictrace.images.allowed import allowed
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.run import Pace

__all__ = ["expected", "find", "with_relations"]

Show = Callable[[Iterable[Pace], str], None]


def find(
    catalog: Catalog,
    *,
    levels: Set[Level] = DEFAULT_LEVELS,
    threshold: float = SURE,
    crops: bool = True,
    relations: bool = True,
    limits: DecodeLimits | None = None,
    show: Show | None = None,
) -> list[Group]:
    """The groups of a catalog, those with the most to win first.

    Parameters
    ----------
    catalog
        Whose pictures are compared; what is known of them is kept beside it.
    levels, threshold
        See groups.all_groups.
    crops
        Find parts of pictures, too.
    relations
        Read the originals of what was found, and tell what was done to them and which is the one to keep.
    limits
        What reading an original may cost.
    show
        Gets each run, to go through it, and what it counts.
    """
    limits = allowed() if limits is None else limits
    with closing(Book(catalog)) as book:
        _through(Comparing(FeatureCache(catalog), book, crops, limits), "pictures", show)
        groups = all_groups(catalog, book, levels=levels, threshold=threshold, apart=apart(catalog))
        if relations:
            groups = with_relations(catalog, book, groups, limits=limits, show=show)
        kept_of = copies(catalog)
        return [with_first(group, reviewed(group, kept_of) or group.keep) for group in groups]


def with_relations(
    catalog: Catalog, book: Book, groups: list[Group], *, limits: DecodeLimits, show: Show | None = None
) -> list[Group]:
    """The groups with what was done to each picture, and with the one first that the others were made from."""
    _through(Telling(catalog, book, pairs_of(groups), limits), "pairs", show)
    notes = book.told(pairs_of(groups))
    groups = [with_first(group, elected(group, notes)) for group in groups]
    _through(Telling(catalog, book, pairs_of(groups), limits), "pairs", show)
    notes = book.told(pairs_of(groups))
    return [told_group(group, notes) for group in groups]


def expected(catalog: Catalog, groups: Iterable[Group], *, threshold: float = SURE) -> FalseAlarms:
    """How many of the copies that ``find`` named at this threshold are expected to be none."""
    with closing(Book(catalog)) as book:
        return expected_in(catalog, book, groups, threshold=threshold)


def _through(run: Iterable[Pace], unit: str, show: Show | None) -> None:
    if show is not None:
        show(run, unit)
        return
    for _ in run:
        pass
