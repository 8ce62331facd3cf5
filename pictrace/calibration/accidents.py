"""The nearest wrong pictures of searches that had no answer: what chance gives in a catalog.

They are kept as raw values by metric, for every value of the ranking settings, so that any weights and settings can be
held against them without comparing a picture again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.features import RawScores, Settings
from pictrace.metrics.base import Metric

__all__ = ["Accidents", "Nearest"]

Nearest = Mapping[str, NDArray[np.floating]]
"""Raw values of one search's nearest wrong pictures by metric, (*number of values of each setting, k)."""


@dataclass(frozen=True)
class Accidents:
    """Of n searches, the nearest of the pictures that each was compared with.

    Parameters
    ----------
    keys
        Feature keys by metric name: of other features, these values say nothing.
    raw
        By metric name, (*number of values of each ranking setting, rows); NaN where a pair cannot be compared.
    offsets : (n + 1,) int64 array
        Search i has the rows from offsets[i] up to offsets[i + 1]; none where nothing could be compared.
    pictures
        How many pictures each search was compared with, about: the nearest of them are the rows.
    details : (d,) int64 array
        How many details a closer look counted in some of the pictures nearest to these searches.
    """

    keys: Mapping[str, str]
    raw: Nearest
    offsets: NDArray[np.int64]
    pictures: int
    details: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        if self.pictures < 1:
            raise ValueError("accidents are those among one picture at the least")
        if any(values.shape[-1] != self.offsets[-1] for values in self.raw.values()):
            raise ValueError("each metric needs a value a row")

    @property
    def searches(self) -> int:
        return len(self.offsets) - 1

    def fit(self, metrics: Sequence[Metric]) -> bool:
        """Whether these metrics' values can be held against them."""
        return all(self.keys.get(one.name) == one.feature_key for one in metrics)

    def values(self, metric: Metric, settings: Settings) -> NDArray[np.float32]:
        """(rows,) raw values under ranking settings."""
        return np.asarray(self.raw[metric.name][metric.setting_positions(settings)], np.float32)

    def best(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) the largest value of each search that has any, NaN left out; -inf for the others."""
        filled = np.append(np.where(np.isnan(values), -np.inf, values), -np.inf)
        best = np.maximum.reduceat(filled, self.offsets[:-1]) if self.searches else filled[:0]
        return np.where(np.diff(self.offsets) > 0, best, -np.inf)

    def at_least(self, values: NDArray[np.float64], level: float) -> NDArray[np.int64]:
        """(n,) how many of each search's values reach a level."""
        with np.errstate(invalid="ignore"):
            reached = np.concatenate([[0], np.cumsum(values >= level)])
        return np.diff(reached[self.offsets])

    def compared_by(self, names: Collection[str]) -> Accidents:
        """Those of the searches that each of these metrics could compare with anything, if there was anything."""
        counts, kept = np.diff(self.offsets), np.ones(self.searches, np.bool_)
        for name in names:
            values = self.raw[name].reshape(-1, self.offsets[-1])[0]  # a pair is compared under all settings or none
            known = np.diff(np.concatenate([[0], np.cumsum(~np.isnan(values))])[self.offsets])
            kept &= (known > 0) | (counts == 0)
        rows = np.repeat(kept, counts)
        raw = {name: values[..., rows] for name, values in self.raw.items()}
        return replace(self, raw=raw, offsets=np.concatenate([[0], np.cumsum(counts[kept])]))

    @classmethod
    def of(
        cls, keys: Mapping[str, str], searches: Sequence[Nearest], pictures: int, details: Sequence[int] = ()
    ) -> Accidents:
        """One search after the other, one or more."""
        counts = [next(iter(one.values())).shape[-1] for one in searches]
        raw = {name: np.concatenate([one[name] for one in searches], axis=-1) for name in keys}
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(keys, raw, offsets, pictures, np.array(details, np.int64))


def nearest_of(scores: Mapping[str, RawScores], places: NDArray[np.intp]) -> dict[str, NDArray[np.floating]]:
    """The values of some candidates, in little memory: counts and shares of keypoints need no more."""
    taken = {name: one.raw[..., places] for name, one in scores.items()}
    return {name: values.astype(np.float16) if values.ndim > 1 else values for name, values in taken.items()}
