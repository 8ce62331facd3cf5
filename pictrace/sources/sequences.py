"""Long listings side by side, and parts of them, without a copy: items are made when they are read."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, overload

__all__ = ["Chosen", "Joined", "Made"]

T = TypeVar("T")


class Made(Sequence[T]):
    """A sequence whose items are made, one by one, as they are asked for: ``_at`` is all that differs."""

    @abstractmethod
    def _at(self, place: int) -> T:
        """The item at this place, from 0 on and within the length."""

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._at(one) for one in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._at(place % len(self))


class Joined(Made[T]):
    """Several sequences, one after the other."""

    def __init__(self, *parts: Sequence[T]) -> None:
        self._parts = tuple(part for part in parts if len(part))
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _at(self, place: int) -> T:
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]

    def __iter__(self) -> Iterator[T]:
        for part in self._parts:
            yield from part


class Chosen(Made[T]):
    """Some of a sequence: those at these places, which ascend."""

    def __init__(self, whole: Sequence[T], places: array[int]) -> None:
        self._whole, self._places = whole, places

    def __len__(self) -> int:
        return len(self._places)

    def _at(self, place: int) -> T:
        return self._whole[self._places[place]]
