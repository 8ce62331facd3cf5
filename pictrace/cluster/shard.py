"""A part of a catalog that one worker searches: the pictures whose ids lie in one range."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.features import FeatureSpec
from pictrace.folders import cache_folder

__all__ = ["Shard", "shards"]

IDS = 2**63


@dataclass(frozen=True)
class Shard:
    """One of several. Ids are made of digests, so that equal ranges hold equally many pictures, however few.

    Attributes
    ----------
    place, of : int
        Which it is, from 0, and how many there are.
    """

    place: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.place < self.of:
            raise ValueError(f"There is no shard {self.place} of {self.of}.")

    @property
    def start(self) -> int:
        return self.place * IDS // self.of

    @property
    def stop(self) -> int:
        return (self.place + 1) * IDS // self.of

    def among(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Its part of ascending ids."""
        return ids[np.searchsorted(ids, self.start) : np.searchsorted(ids, self.stop - 1, side="right")]

    def catalog(self, whole: Catalog) -> Catalog:
        """Its pictures as a catalog, with a cache of its own on this machine's disk; to be searched, not written."""
        return cast(Catalog, _ShardCatalog(self, whole))


def shards(count: int) -> tuple[Shard, ...]:
    """All of them, by ascending ids."""
    return tuple(Shard(place, count) for place in range(count))


class _ShardCatalog:
    """What a cache of features and an index of keypoints ask of a catalog, for one shard; all else of the whole."""

    def __init__(self, shard: Shard, whole: Catalog) -> None:
        self._shard, self._whole = shard, whole

    if not TYPE_CHECKING:  # so that what is not here is not taken for anything

        def __getattr__(self, name: str) -> object:
            return getattr(self._whole, name)

    @property
    def identity(self) -> str:
        return f"{self._whole.identity}-{self._shard.place}-of-{self._shard.of}"

    @property
    def cache_folder(self) -> Path:
        folder = cache_folder() / "shards"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / self.identity

    def count(self) -> int:
        return len(self.ids())

    def ids(self) -> NDArray[np.int64]:
        return self._shard.among(self._whole.ids())

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        return self._shard.among(self._whole.feature_ids(spec))

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        return self._shard.among(self._whole.missing(spec))
