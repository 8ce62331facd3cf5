"""Groups without chaining: each is a star, a picture in the middle that every member matches itself.

Where a matches b and b matches c, but a does not match c, a chain would make one group of all three, and after some
steps of anything at all. Here c stays outside, and the cut is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from pictrace.duplicates.levels import Level
from pictrace.duplicates.verify import Pair

__all__ = ["Compare", "Cut", "Size", "Star", "components", "stars"]

SHOWS_MORE = 0.05
"""Share by which one frame must be larger to count as larger, or have less of it taken by bars."""

CUTS_LOOKED_FOR = 2


@dataclass(frozen=True)
class Size:
    """What is known of a file without reading it. Attributes: pixels, bytes."""

    pixels: int
    byte_count: int


@dataclass(frozen=True)
class Cut:
    """A picture outside of a group that matches one of its members, but not the picture in the middle."""

    outside: int
    member: int
    score: float


@dataclass(frozen=True)
class Star:
    """A group. pairs: what the middle has in common with each other member, the nearest first."""

    middle: int
    pairs: tuple[Pair, ...]
    cuts: tuple[Cut, ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """The middle first."""
        return self.middle, *(pair.other(self.middle) for pair in self.pairs)


Compare = Callable[[int, int], Pair | None]


def components(neighbours: Mapping[int, Set[int]]) -> list[list[int]]:
    """Pictures that candidates connect, however indirectly; each by ascending id, the largest component first."""
    left, found = set(neighbours), []
    while left:
        some, reached = [left.pop()], []
        while some:
            one = some.pop()
            reached.append(one)
            near = neighbours[one] & left
            left -= near
            some.extend(near)
        found.append(sorted(reached))
    return sorted(found, key=lambda one: (-len(one), one[0]))


def stars(
    ids: Sequence[int],
    neighbours: Mapping[int, Set[int]],
    sizes: Mapping[int, Size],
    compare: Compare,
    *,
    level: Level = Level.PHOTOGRAPH,
    threshold: float = 0.0,
    apart: Set[tuple[int, int]] = frozenset(),
) -> list[Star]:
    """Deal the pictures of one component out to stars; what is alone is in none.

    Parameters
    ----------
    ids, neighbours
        The pictures, and which of them are worth comparing.
    sizes
        Of each picture: larger ones are tried in the middle first, and give way to one that shows more.
    compare
        What two pictures have in common; None where that is not known.
    level, threshold
        What a member must have in common with the middle at least, and how well they must agree.
    apart
        Pairs, the smaller id first, that somebody said are not the same.
    """

    def matches(one: int, other: int) -> Pair | None:
        if (min(one, other), max(one, other)) in apart:
            return None
        pair = compare(one, other)
        return pair if pair is not None and pair.level >= level and pair.score >= threshold else None

    def around(middle: int) -> tuple[list[int], list[Pair]]:
        near = [other for other in sorted(neighbours[middle]) if other in left and other != middle]
        return near, [pair for other in near if (pair := matches(middle, other)) is not None]

    order = sorted(ids, key=lambda one: (-sizes[one].pixels, -sizes[one].byte_count, one))
    left, owner, found = dict.fromkeys(order), dict[int, int](), list[Star]()
    cuts: dict[int, list[Cut]] = {}
    for one in order:
        if one not in left:
            continue
        middle, tried = one, {one}
        near, pairs = around(middle)
        while (fuller := _fullest(middle, pairs, sizes)) not in tried:
            middle = fuller
            tried.add(middle)
            near, pairs = around(middle)
        rival = _rival(middle, pairs, sizes) if len(pairs) < len(near) else middle
        if rival not in tried:
            _, others = around(rival)
            if (len(others), _agreement(others)) > (len(pairs), _agreement(pairs)):
                middle, pairs = rival, others
        for place in (middle, *(pair.other(middle) for pair in pairs)):
            left.pop(place)
            owner[place] = middle
        beyond = [other for other in sorted(neighbours[middle]) if owner.get(other, middle) != middle]
        for other in beyond[:CUTS_LOOKED_FOR]:
            across = matches(middle, other)
            if across is not None:
                cuts.setdefault(owner[other], []).append(Cut(middle, other, across.score))
        if pairs:
            found.append(Star(middle, tuple(sorted(pairs, key=lambda pair: (-pair.level, -pair.score, pair.ids)))))
    return [Star(one.middle, one.pairs, tuple(cuts.get(one.middle, ()))) for one in found]


def _fullest(middle: int, pairs: Sequence[Pair], sizes: Mapping[int, Size]) -> int:
    """The picture that shows clearly more than the middle, or as much without its bars; else the middle.

    Of several, the one with most pixels that show something.
    """
    best, most = middle, 0.0
    for pair in pairs:
        (more, full), (less, bare) = _shown(pair, pair.other(middle)), _shown(pair, middle)
        pixels = full * sizes[pair.other(middle)].pixels
        without_bars = full > bare + SHOWS_MORE and pixels >= (1 - SHOWS_MORE) * bare * sizes[middle].pixels
        if (more > less + SHOWS_MORE or (without_bars and more >= less - SHOWS_MORE)) and pixels > most:
            best, most = pair.other(middle), pixels
    return best


def _rival(middle: int, pairs: Sequence[Pair], sizes: Mapping[int, Size]) -> int:
    """Of what shows as much as the middle with about as many pixels, that which agrees best with it; else the middle.

    What was done to one original differs from that less than from what else was done to it. Of those that agree about
    as well, the largest file.
    """

    def likely(pair: Pair) -> tuple[float, ...]:
        return -pair.level, -round(pair.score, 2), -sizes[pair.other(middle)].byte_count, *pair.ids

    for pair in sorted(pairs, key=likely):
        other = pair.other(middle)
        (more, full), (less, bare) = _shown(pair, other), _shown(pair, middle)
        as_large = full * sizes[other].pixels >= (1 - SHOWS_MORE) * bare * sizes[middle].pixels
        if as_large and more >= less - SHOWS_MORE:
            return other
    return middle


def _agreement(pairs: Sequence[Pair]) -> float:
    return sum(pair.score for pair in pairs)


def _shown(pair: Pair, one: int) -> tuple[float, float]:
    """What one of a pair shows beyond the other, and what it shows at all: the rest is bars of one tone."""
    if one == pair.first:
        return pair.more_first, pair.share_first + pair.more_first
    return pair.more_second, pair.share_second + pair.more_second
