"""What unrelated pictures of a catalog score: how unusual is a value?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.features import FeatureBatch
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics.base import Metric
from pictrace.searching.convincing import convinces
from pictrace.told import told

__all__ = ["FEWEST_PICTURES", "Rarity", "rarity", "unrelated_values"]

FEWEST_PICTURES = 3
PICTURES, QUERIES = 40, 10
"""Pictures that the pairs are drawn from, and of them those that are compared with the others where there are many
pairs: reading features and preparing queries costs as much as comparing them."""


@dataclass(frozen=True)
class Rarity:
    """How a raw value stands among those of ``of`` unrelated pairs, of which ``nearer`` are at least as near.

    Attributes
    ----------
    low, middle, high
        The 5 %, 50 % and 95 % quantiles of the unrelated values, in the metric's unit.
    """

    nearer: int
    of: int
    low: float
    middle: float
    high: float

    @property
    def share(self) -> float:
        """Of unrelated pairs at least as near, 0 to 1; NaN where there are none to tell by."""
        return self.nearer / self.of if self.of else math.nan

    @property
    def text(self) -> str:
        """In words, never surer than so many pairs allow."""
        if not self.of:
            return told("This catalog has too few comparable pictures to tell how unusual that is.")
        if self.of == 1:
            if self.nearer:
                return told("The one unrelated pair tried came this close.")
            return told("The one unrelated pair tried did not come this close.")
        if not self.nearer:
            return told("None of {number} unrelated pairs came this close.", number=self.of)
        # Rounded down: 299 of 300 is not 100 %.
        share = 100 * (self.of - self.nearer) // self.of
        return told("Closer than {share} % of {number} unrelated pairs.", share=share, number=self.of)

    @property
    def brief(self) -> str:
        """The share in a few words, for a table."""
        if not self.of:
            return told("unknown")
        if not self.nearer:
            return told("none of {total}", total=self.of)
        return told("{number} of {total}", number=self.nearer, total=self.of)


def unrelated_values(
    cache: FeatureCache,
    metrics: Sequence[Metric],
    *,
    pairs: int = 300,
    seed: int = 1,
    orientations: bool = True,
) -> Mapping[str, NDArray[np.float32]]:
    """Raw values at the default settings of random pairs of the catalog's pictures, by metric name.

    Pairs that some metric finds convincing are left out as related. The same catalog and seed give the same values.

    Parameters
    ----------
    pairs
        Different pairs at the most, of at most 40 pictures.
    orientations
        Compare the query of each pair mirrored and turned as well, as far as its stored features can tell
        (Metric.turned), since the best of eight is nearer than any one.

    Returns
    -------
    mapping of (k,) float32 arrays
        Ascending, without the pairs that the metric cannot compare; all empty where the catalog has fewer than
        3 pictures.
    """
    random = np.random.default_rng(seed)
    _, ids = cache.ids()
    if len(ids) < FEWEST_PICTURES:
        return {metric.name: np.empty(0, np.float32) for metric in metrics}
    # Ascending, as features are read; ids are digests of contents, so that their order means nothing.
    some = np.sort(random.choice(ids, min(PICTURES, len(ids)), replace=False))
    left, right = np.triu_indices(len(some), 1)
    if len(left) > pairs:
        left, right = left[left < QUERIES], right[left < QUERIES]
    chosen = np.sort(random.permutation(len(left))[:pairs])  # by query: each is compared in one call
    left, right = left[chosen], right[chosen]
    raw = {}
    for metric in metrics:
        batch = cache.of(some, metric)
        raw[metric.name] = _compared(metric, batch, left, right, orientations=orientations)
    related = np.zeros(len(left), np.bool_)
    for metric in metrics:
        related |= convinces(metric, raw[metric.name])
    return {name: np.sort(values[~related & ~np.isnan(values)]) for name, values in raw.items()}


def _compared(
    metric: Metric, batch: FeatureBatch, left: NDArray[np.intp], right: NDArray[np.intp], *, orientations: bool
) -> NDArray[np.float32]:
    place = metric.setting_positions({})
    raw = np.full(len(left), np.nan, np.float32)
    for query in np.unique(left):
        where = np.flatnonzero(left == query)
        features = batch[int(query)]
        queries = metric.turned(features) if orientations else {UPRIGHT: features}
        scores = metric.compare_variants(queries, batch.take(right[where].astype(np.int64)))
        raw[where] = scores.raw[place]
    return raw


def rarity(metric: Metric, raw: float, values: NDArray[np.float32]) -> Rarity:
    """How a raw value, at the metric's default settings, stands among unrelated_values of it.

    A value that is not comparable, NaN, cannot be placed: ``of`` is 0 then, as where there are no values.
    """
    if math.isnan(raw) or not len(values):
        return Rarity(0, 0, math.nan, math.nan, math.nan)
    nearer = int((values <= raw).sum() if metric.scale.smaller_is_nearer else (values >= raw).sum())
    low, middle, high = (float(one) for one in np.quantile(values, (0.05, 0.5, 0.95)))
    return Rarity(nearer, len(values), low, middle, high)
