"""Pictures of the catalog that lie within the query: a collage, a screenshot, a page of an album."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.metrics.keypoints import FRAME_PX, keypoint_pairs
from pictrace.metrics.orientations import fitting
from pictrace.metrics.placement import place
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable

__all__ = ["Part", "held_pictures", "parts"]

MOST = 32
"""Good matches that are placed on the query, the best first: a few milliseconds each."""

LARGEST = 0.7
"""Share of the query; what covers more of it is the query itself, changed."""

APART = 0.3
"""Share of the smaller of two parts that the other may cover; more, and both show the same part."""


@dataclass(frozen=True)
class Part:
    """ids: pictures that fill it, the best match first. outline: (4, 2), 0 to 1 of the query's width and height."""

    ids: tuple[int, ...]
    outline: NDArray[np.float32]

    @property
    def area(self) -> float:
        """Share of the query, 0 to 1."""
        return float(cv2.contourArea(self.outline))


def parts(query: Query, table: ScoreTable, cache: FeatureCache, good: Sequence[PictureRecord]) -> tuple[Part, ...]:
    """Where these matches lie in the query, if it holds several pictures; nothing where it is one picture.

    Parameters
    ----------
    query, table
        What was compared.
    cache
        The features of the catalog.
    good
        Pictures that convince, the best first.

    Returns
    -------
    tuple of Part
        Two or more that lie apart, or none.
    """
    metric = next((one for one in table.metrics if isinstance(one, KeypointMetric)), None)
    if metric is None or len(good) < 2:
        return ()
    good = good[:MOST]
    ids = np.sort(np.array([one.id for one in good], np.int64))
    batch = cache.of(ids, metric)
    found: list[Part] = []
    for record in good:
        outline = _outline(query, table, metric, record, batch[int(np.searchsorted(ids, record.id))])
        if outline is None:
            continue
        part = Part((record.id,), outline)
        if part.area > LARGEST:
            return ()
        for number, other in enumerate(found):
            if _share(other.outline, outline) > APART:
                found[number] = Part((*other.ids, record.id), other.outline)
                break
        else:
            found.append(part)
    return tuple(found) if len(found) > 1 else ()


def held_pictures(query: Query, table: ScoreTable, cache: FeatureCache) -> tuple[Part, ...]:
    """``parts`` of all pictures that convince, in the order of their details in common."""
    vouched = [int(one) for one in convincing_ids(table) if one != query.id]
    if len(vouched) < 2:
        return ()
    records = cache.catalog.pictures(vouched)
    raw = dict(zip(table.ids.tolist(), np.nan_to_num(table.raw).max(axis=1).tolist(), strict=True))
    return parts(query, table, cache, sorted(records.values(), key=lambda one: -raw[one.id]))


def _outline(
    query: Query, table: ScoreTable, metric: KeypointMetric, record: PictureRecord, features: NDArray[np.uint8]
) -> NDArray[np.float32] | None:
    """The match's corners in the query, as shares of its sides; None where it lies nowhere for sure."""
    column = table.columns[table.metrics.index(metric)]
    told = int(column.variant[(*metric.setting_positions({}), int(np.searchsorted(table.ids, record.id)))])
    variant = fitting(told, metric.variants)
    own = query.features[metric.name].get(variant)
    if own is None or not len(own) or not len(features):
        return None
    percent = round(float(metric.default_settings()["ratio"]) * 100)
    pairs, consistent = keypoint_pairs(own, features, percent=percent)
    pairs = pairs[consistent]
    ours = kernels.unpack_points(own)[pairs[:, 0], :2]
    theirs = kernels.unpack_points(features)[pairs[:, 1], :2]
    placement = place(theirs, ours)
    if placement is None:
        return None
    height, width = _frame(record.height, record.width)
    outline = placement.outline((round(height), round(width)))
    height, width = _frame(*query.image.shape[:2])
    outline = np.asarray(outline / np.array([width, height]), np.float32)
    if variant.mirrored:
        outline = np.array([1, 0], np.float32) + outline * np.array([-1, 1], np.float32)
    outline = outline.clip(0, 1).astype(np.float32)
    return outline if cv2.contourArea(outline) > 0 and cv2.isContourConvex(outline) else None


def _frame(height: int, width: int) -> tuple[float, float]:
    """The sides of a picture at the size that keypoints are placed in."""
    grow = FRAME_PX / max(height, width)
    return height * grow, width * grow


def _share(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The common area of two convex outlines, as a share of the smaller."""
    common, _ = cv2.intersectConvexConvex(one, other)
    return float(common) / max(1e-9, min(cv2.contourArea(one), cv2.contourArea(other)))
