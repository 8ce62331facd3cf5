"""One orientation a pair: what keypoints found out about it holds for the metrics that only try all eight.

Such a metric takes the orientation that suits it best, and of a crop, or of a tilted copy, any may suit it a little: an
upright match was then explained as turned by 270°.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, RawScores
from pictrace.images.orientation import VARIANTS
from pictrace.metrics.base import Metric
from pictrace.metrics.orientations import MIRRORED
from pictrace.searching.convincing import convinces
from pictrace.searching.query import Query

__all__ = ["in_one_orientation"]

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


def _orientations(metrics: Sequence[Metric], columns: Sequence[RawScores]) -> NDArray[np.uint8]:
    """(n,) the index of each pair's orientation, by the first metric that finds it and is convinced; else UNKNOWN."""
    found = np.full(columns[0].raw.shape[-1] if columns else 0, UNKNOWN, np.uint8)
    for metric, column in zip(metrics, columns, strict=True):
        if metric.orientations is MIRRORED:
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
