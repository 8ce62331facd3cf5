"""What chance says of one search: which of its matches it practically never gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pictrace.told import told, told_of

__all__ = ["FALSE_ALARMS", "Chances", "brief_expected", "told_expected", "told_share"]

SMALLEST_TOLD = 1e-6
"""What a tail says of less is a guess, and is told as no more than this."""

FALSE_ALARMS = 1 / 200
"""Share of searches for a picture that is not there which may find something."""


@dataclass(frozen=True)
class Chances:
    """How often chance does as well as the matches of a search.

    Attributes
    ----------
    p
        By picture id, of those that matter: in what share of searches for a picture that is not there would the best
        match look as good?
    good
        Ids of all pictures whose share is at most ``alarms``, and of those that may be listed behind them.
    expected
        By picture id and metric name: how many pictures of the catalog would come as near by accident; NaN where the
        pair cannot be compared.
    alarms
        The share of false alarms that is accepted.
    searches
        Without an answer, that all of it rests on.
    """

    p: Mapping[int, float]
    good: frozenset[int]
    expected: Mapping[int, Mapping[str, float]]
    alarms: float
    searches: int

    def best(self, but: Iterable[int] = ()) -> float:
        """The smallest share, of some pictures left out; 1 where nothing was compared."""
        left_out = set(but)
        return min((share for one, share in self.p.items() if one not in left_out), default=1.0)


def told_share(share: float) -> str:
    """A share of searches in words: "1 in 200 searches"."""
    if share >= 0.5:
        return told("most searches") if share < 0.95 else told("nearly every search")
    if share < SMALLEST_TOLD:
        return told("fewer than 1 in 1,000,000 searches")
    return told("1 in {one_in:,} searches", one_in=_rounded(1 / share))


def told_expected(expected: float, pictures: int) -> str:
    """How many pictures chance gives, in words: "0.0004 of your 10,000 pictures would come as near by accident"."""
    if math.isnan(expected):
        return ""
    return told_of(
        "{number} of your {count:,} picture would come as near by accident",
        "{number} of your {count:,} pictures would come as near by accident",
        pictures,
        number=_number(expected, pictures),
    )


def brief_expected(expected: float, pictures: int) -> str:
    """The same for a table: "0.0004 of 10,000"."""
    if math.isnan(expected):
        return ""
    return told("{number} of {pictures:,}", number=_number(expected, pictures), pictures=pictures)


def _number(expected: float, pictures: int) -> str:
    if expected >= 0.5 * pictures and pictures > 1:
        return told("most")
    if expected >= 1:
        return f"{_rounded(expected):,}"
    if expected < SMALLEST_TOLD:
        return told("fewer than {number}", number=f"{SMALLEST_TOLD:f}")
    return f"{expected:.1g}" if expected >= 1e-4 else f"{expected:.6f}".rstrip("0")


def _rounded(number: float) -> int:
    """Two digits, as no more are known."""
    step = math.pow(10, max(0, math.floor(math.log10(max(1.0, number))) - 1))
    return round(round(number / step) * step)
