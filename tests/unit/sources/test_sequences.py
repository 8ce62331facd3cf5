"""Sequences over sequences give what lists of them would."""

from array import array
from collections.abc import Sequence

import pytest

from pictrace.sources.sequences import Chosen, Joined


def test_joined_is_the_sum_of_its_parts() -> None:
    parts: tuple[Sequence[int], ...] = ([], [1, 2], (3,), range(4, 8))
    joined, plain = Joined[int](*parts), [one for part in parts for one in part]
    assert (list(joined), len(joined), joined[1:-1], joined[-1]) == (plain, 7, plain[1:-1], 7)
    assert [joined[one] for one in range(7)] == plain
    assert (list(Joined[int]()), len(Joined[int]([]))) == ([], 0)
    for place in (7, -8):
        with pytest.raises(IndexError):
            joined[place]


def test_chosen_are_those_at_their_places() -> None:
    chosen = Chosen("abcdefg", array("L", [0, 2, 6]))
    assert (list(chosen), len(chosen), chosen[1], chosen[-1], chosen[1:]) == (["a", "c", "g"], 3, "c", "g", ["c", "g"])
    assert list(Chosen("abc", array("L"))) == []
