"""A picture of a catalog as a query, by its stored features alone: its pixels may be gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.images.reading import ImageInfo
from pictrace.metrics.base import Metric
from pictrace.searching.query import Query

__all__ = ["stored_query"]


def stored_query(cache: FeatureCache, record: PictureRecord, metrics: Sequence[Metric]) -> Query:
    """The picture in the orientations that its features can tell (Metric.turned), without pixels."""
    one = np.array([record.id], np.int64)
    features = {metric.name: metric.turned(cache.of(one, metric)[0]) for metric in metrics}
    info = ImageInfo(record.format, record.width, record.height)
    return Query(record.sha256, info, np.zeros((1, 1, 3), np.uint8), features, {}, tuple(metrics))
