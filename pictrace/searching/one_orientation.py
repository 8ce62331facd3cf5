"""One orientation a pair: what keypoints found out about it holds for the metrics that only try all eight.

Such a metric takes the orientation that suits it best, and of a crop, or of a tilted copy, any may suit it a little: an
upright match was then explained as turned by 270°. And where one metric of keypoints has told whether a pair is
mirrored, another one compares it so alone, at half the price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, Features, RawScores
from pictrace.images.orientation import VARIANTS, Variant
from pictrace.metrics.base import Metric
from pictrace.metrics.orientations import MIRRORED
from pictrace.searching.cascade import served_by
from pictrace.searching.convincing import convinces
from pictrace.searching.query import Query

__all__ = ["as_led", "in_one_orientation"]

UNKNOWN = len(VARIANTS)


def in_one_orientation(
    query: Query, metrics: Sequence[Metric], batches: Mapping[str, FeatureBatch], columns: Sequence[RawScores]
) -> tuple[RawScores, ...]:
    """The scores, those of pairs whose orientation is known compared again in that one.

    Parameters
    ----------
    query, metrics, batches
        What was compared: features by metric name.
    columns
        The scores by each metric, each in its best orientations.
    """
    found = _orientations(metrics, columns)
    return tuple(
        _as_found(metric, query, batches[metric.name], column, found) if len(metric.variants) > 2 else column
        for metric, column in zip(metrics, columns, strict=True)
    )


def as_led(
    metric: Metric, queries: Mapping[Variant, Features], batch: FeatureBatch, leader: Metric, told: RawScores
) -> RawScores:
    """The scores of pairs of which another metric tells whether they are mirrored; of the others in any orientation.

    Parameters
    ----------
    metric, queries, batch
        What is compared: the query's features, by orientation, with those of n candidates.
    leader, told
        The other metric, and its scores of the same n.
    """
    place = leader.setting_positions({})
    mirrored = np.array([one.mirrored for one in VARIANTS])[told.variant[place]]
    known = ~np.isnan(told.raw[place])
    shape = (*(len(setting.values) for setting in metric.settings), len(batch))
    found = RawScores.upright(np.full(shape, np.nan, np.float32))
    for these, asked in (
        (known & ~mirrored, {one: features for one, features in queries.items() if not one.mirrored}),
        (known & mirrored, {one: features for one, features in queries.items() if one.mirrored}),
        (~known, queries),
    ):
        if these.all():
            return metric.compare_variants(asked, batch)
        if these.any():
            some = metric.compare_variants(asked, batch.take(np.flatnonzero(these)))
            found.raw[..., these], found.variant[..., these] = some.raw, some.variant
    return found


def _orientations(metrics: Sequence[Metric], columns: Sequence[RawScores]) -> NDArray[np.uint8]:
    """(n,) the index of each pair's orientation, by the first metric that finds it and is convinced; else UNKNOWN.

    Who is served by another one is not asked beside it: a catalog may keep features of the other alone, and scores are
    then the same.
    """
    names = {one.name for one in metrics}
    found = np.full(columns[0].raw.shape[-1] if columns else 0, UNKNOWN, np.uint8)
    for metric, column in zip(metrics, columns, strict=True):
        if metric.orientations is MIRRORED and served_by(metric) not in names:
            place = metric.setting_positions({})
            sure = convinces(metric, column.raw[place]) & (found == UNKNOWN)
            found[sure] = column.variant[place][sure]
    return found


def _as_found(
    metric: Metric, query: Query, batch: FeatureBatch, column: RawScores, found: NDArray[np.uint8]
) -> RawScores:
    features = query.features[metric.name]
    wrong = (column.variant != found) & ~np.isnan(column.raw)
    pairs = wrong.any(axis=tuple(range(wrong.ndim - 1))) & (found != UNKNOWN)
    if not pairs.any():
        return column
    raw, variant = column.raw.copy(), column.variant.copy()
    for index in np.unique(found[pairs]).tolist():
        if VARIANTS[index] not in features:  # other orientations than upright were not asked for
            continue
        these = np.flatnonzero(pairs & (found == index))
        again = metric.compare_variants({VARIANTS[index]: features[VARIANTS[index]]}, batch.take(these))
        raw[..., these], variant[..., these] = again.raw, again.variant
    return RawScores(raw, variant)
