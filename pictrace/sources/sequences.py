"""Long listings side by side, and parts of them, without a copy: items are made when they are read."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, overload

__all__ = ["Chosen", "Joined"]

T = TypeVar("T")


class Joined(Sequence[T]):
    """Several sequences, one after the other."""

    def __init__(self, *parts: Sequence[T]) -> None:
        self._parts = tuple(part for part in parts if len(part))
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]

    def __iter__(self) -> Iterator[T]:
        for part in self._parts:
            yield from part


class Chosen(Sequence[T]):
    """Some of a sequence: those at these places, which ascend."""

    def __init__(self, whole: Sequence[T], places: array[int]) -> None:
        self._whole, self._places = whole, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._whole[one] for one in self._places[place]]
        return self._whole[self._places[place]]

    def __iter__(self) -> Iterator[T]:
        places = iter(self._places)
        wanted = next(places, None)
        for place, one in enumerate(self._whole):
            if wanted is None:
                return
            if place == wanted:
                yield one
                wanted = next(places, None)
