"""The groups of a catalog, from what a run left in the book: made anew in a moment, whatever one wants to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import PictureRecord
from pictrace.duplicates.book import Book
from pictrace.duplicates.levels import DEFAULT_LEVELS, Level
from pictrace.duplicates.run import neighbours_of
from pictrace.duplicates.stars import Compare, Cut, Size, Star, components, stars
from pictrace.duplicates.verify import Pair

__all__ = ["Group", "Image", "all_groups"]

SURE = 0.5
"""Agreement from which members belong to a group where nothing else is said."""


@dataclass(frozen=True)
class Image:
    """A picture of a group.

    Attributes
    ----------
    record : PictureRecord
        What the catalog knows of it.
    level : Level
        What it has in common with the picture that the group is about; of that one itself, what all of them have.
    score : float
        How well the two agree, 0 to 1.
    relation, changes
        What was done to that picture to obtain this one, where somebody has asked, see relations.Telling.
    """

    record: PictureRecord
    level: Level
    score: float
    pair: Pair | None = None
    relation: str = ""
    changes: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> int:
        return self.record.id


@dataclass(frozen=True)
class Group:
    """Duplicates of one picture, which comes first.

    Attributes
    ----------
    level : Level
        The least that any has in common with the first.
    images : tuple of Image
        One where it is about one file at several addresses, else two or more.
    cuts : tuple of Cut
        Pictures outside that match a member, but not the first.
    """

    level: Level
    images: tuple[Image, ...]
    cuts: tuple[Cut, ...] = field(default=())

    @property
    def keep(self) -> int:
        """The id of the picture that the others seem to be made from."""
        return self.images[0].id

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(one.id for one in self.images)

    @property
    def byte_count(self) -> int:
        """What all files but the first take."""
        return sum(image.record.byte_count for image in self.images[1:]) + sum(
            (len(image.record.sources) - 1) * image.record.byte_count for image in self.images
        )


def all_groups(
    catalog: Catalog,
    book: Book,
    *,
    levels: Set[Level] = DEFAULT_LEVELS,
    threshold: float = SURE,
    apart: Set[tuple[int, int]] = frozenset(),
    among: Iterable[int] | None = None,
) -> list[Group]:
    """The groups, those with the most to win first.

    Parameters
    ----------
    catalog, book
        The pictures, and what is known of their pairs.
    levels
        Members that have something else in common with the first picture are left out.
    threshold
        How well members must agree with the first, 0 to 1.
    apart
        Pairs, the smaller id first, that somebody said are not the same.
    among
        Only these pictures, by id.
    """
    here = set(catalog.ids().tolist())
    here = here if among is None else here & set(among)
    candidates = [one for one in book.candidates() if {one.one, one.other} <= here]
    neighbours, known = neighbours_of(candidates), book.pairs()
    for first, second in known:  # of small components, others were compared, too
        if {first, second} <= here:
            neighbours.setdefault(first, set()).add(second)
            neighbours.setdefault(second, set()).add(first)
    repeated = set(catalog.page(repeated=True, limit=len(here) or 1)[0]) & here if Level.BYTES in levels else set()
    records = catalog.pictures(neighbours.keys() | repeated)
    sizes = {one: Size(record.width * record.height, record.byte_count) for one, record in records.items()}
    found: list[Star] = []
    for part in components(neighbours):
        ids = [one for one in part if one in records]
        copies = stars(ids, neighbours, sizes, _reading(known), threshold=threshold, apart=apart)
        found += copies
        if Level.SCENE in levels:
            inner = {one for star in copies for one in star.ids[1:]}
            found += stars(
                [one for one in ids if one not in inner], neighbours, sizes, _reading(known, only=Level.SCENE),
                level=Level.SCENE, apart=apart,
            )  # fmt: skip
    groups = [group for star in found if (group := _group(star, records, levels)) is not None]
    grouped = {one for group in groups for one in group.ids}
    for one in sorted(repeated - grouped):
        if _addresses(records[one]) > 1:
            groups.append(Group(Level.BYTES, (Image(records[one], Level.BYTES, 1.0),)))
    return sorted(groups, key=lambda group: (-group.byte_count, group.keep))


def _reading(known: Mapping[tuple[int, int], Pair], only: Level | None = None) -> Compare:
    def compare(one: int, other: int) -> Pair | None:
        pair = known.get((min(one, other), max(one, other)))
        return pair if pair is None or only is None or pair.level is only else None

    return compare


def _group(star: Star, records: Mapping[int, PictureRecord], levels: Set[Level]) -> Group | None:
    pairs: Sequence[Pair] = [pair for pair in star.pairs if pair.level in levels]
    if not pairs:
        return None
    level = min(pair.level for pair in pairs)
    first = Image(records[star.middle], level, 1.0)
    others = [Image(records[pair.other(star.middle)], pair.level, pair.score, pair) for pair in pairs]
    return Group(level, (first, *others), star.cuts)


def _addresses(record: PictureRecord) -> int:
    return len({(source.kind, source.address) for source in record.sources})
