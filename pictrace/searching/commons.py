"""Matches whose evidence many pictures of this catalog share: a logo, a watermark, a banner, a frame laid over them.

Keypoints of what was laid over agree as those of one photograph do. They are told by three things together: several
pictures have them, at the same place of the picture, and what lies elsewhere differs. A landmark is at another place in
each photograph of it, and copies of one picture are alike elsewhere, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.base import Catalog
from pictrace.features import Features
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics.base import Metric
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.metrics.keypoints import FRAME_PX, keypoint_pairs
from pictrace.metrics.ssim import Ssim
from pictrace.searching.query import Query

__all__ = ["LOOKED_AT", "MANY", "Agreed", "agreeing", "cells_of", "frame_size", "shared_by_many"]

MANY = 3
"""Other pictures that have a detail at one place, from which on it is common."""

LOOKED_AT = 12
"""Matches that are looked at; those that come after them are as the last of these."""

FEW = 8
"""Details elsewhere, below which they say no more than chance; see pictrace.calibration.relatives."""

CELLS = 32
ANCHORED = 0.03
"""Of the long side: so far may common details lie from their place in the other picture."""

CONTENT_PX = 32
ALIKE = 0.7
"""Correlation of what lies elsewhere, from which on it shows the same."""

LEAST_ELSEWHERE = 0.15

Grid = NDArray[np.bool_]
Size = tuple[float, float]


@dataclass(frozen=True)
class Agreed:
    """The details that one match shares with the query: where they lie in it, (k, 2) pixels, and whether in place."""

    points: NDArray[np.float32]
    anchored: bool

    @property
    def cells(self) -> Grid:
        """(CELLS, CELLS) bool: where there are any, with their neighbours."""
        grid = np.zeros((CELLS, CELLS), np.uint8)
        columns, rows = cells_of(self.points)
        grid[rows, columns] = 1
        return cv2.dilate(grid, np.ones((3, 3), np.uint8)).astype(np.bool_)


def shared_by_many(query: Query, catalog: Catalog, good: Sequence[int]) -> frozenset[int]:
    """Which of these matches rest on what many of them have at the same place, and on nothing else.

    Parameters
    ----------
    query
        With features of a metric of keypoints, and of SSIM: without both, nothing is told.
    catalog
        Where the matches are.
    good
        Their ids, the best first.
    """
    metric = _keypoints_of(query.metrics)
    if len(good) <= MANY or metric is None or Ssim.name not in query.features:
        return frozenset()
    looked = list(good[:LOOKED_AT])
    order = np.sort(np.array(looked, np.int64))
    details, squares = catalog.fetch(order, metric.spec), catalog.fetch(order, Ssim().spec)
    records = catalog.pictures(looked)
    ours, square = query.features[metric.name].get(UPRIGHT), query.features[Ssim.name].get(UPRIGHT)
    if ours is None or square is None or not len(ours) or not len(square):
        return frozenset()
    percent = round(100 * float(metric.default_settings()["ratio"]))
    size = frame_size(query.info.width, query.info.height)
    agreed = {
        one: agreeing(ours, details[place], size, frame_size(records[one].width, records[one].height), percent)
        for place, one in enumerate(order.tolist())
        if one in records
    }
    have = sum((one.cells.astype(np.int64) for one in agreed.values() if one.anchored), np.zeros((CELLS, CELLS), int))
    only = {
        one
        for place, one in enumerate(order.tolist())
        if one in agreed
        and len(squares[place])
        and _rests_on(agreed[one], have - agreed[one].cells >= MANY, size, square[0], squares[place][0])
    }
    if len(only) >= MANY:  # so few details as others have beside common ones are not told from chance
        only |= {
            one
            for place, one in enumerate(order.tolist())
            if one in agreed
            and len(squares[place])
            and len(agreed[one].points) < FEW
            and _unlike(have >= MANY, size, square[0], squares[place][0])
        }
    return frozenset(only) | (frozenset(good[LOOKED_AT:]) if looked[-1] in only else frozenset())


def _keypoints_of(metrics: Sequence[Metric]) -> KeypointMetric | None:
    """Those that weigh most: they find the most details."""
    known = [one for one in metrics if isinstance(one, KeypointMetric)]
    return max(known, key=lambda one: one.default_weight, default=None)


def frame_size(width: int, height: int) -> Size:
    """In the frame in whose pixels keypoints lie."""
    scale = FRAME_PX / max(width, height)
    return width * scale, height * scale


def agreeing(query: Features, match: Features, size: Size, other: Size, percent: int) -> Agreed:
    """The details that two pictures of these sizes, see frame_size, share under a ratio threshold in percent."""
    if not len(match):
        return Agreed(np.empty((0, 2), np.float32), anchored=False)
    pairs, consistent = keypoint_pairs(query, match, percent=percent)
    chosen = pairs[consistent]
    here = kernels.unpack_points(query)[chosen[:, 0], :2]
    there = kernels.unpack_points(match)[chosen[:, 1], :2]
    return Agreed(here, len(chosen) > 0 and _in_place(here, there, np.array(size), np.array(other)))


def _in_place(
    here: NDArray[np.float32], there: NDArray[np.float32], size: NDArray[np.float64], other: NDArray[np.float64]
) -> bool:
    """Whether details lie at the same place of a picture stretched to the other, or are as far from a corner.

    The latter in pixels, or in shares of the width or the height: by these, what is laid over is sized.
    """
    stretched = other / size
    away = [here * stretched - there]
    for corner in np.array(((0, 0), (0, 1), (1, 0), (1, 1))):
        away += [(here - corner * size) * scale - (there - corner * other) for scale in (1.0, *stretched)]
    return bool(min(float(np.median(np.hypot(*one.T))) for one in away) <= ANCHORED * FRAME_PX)


def _rests_on(agreed: Agreed, common: Grid, size: Size, query: NDArray[np.uint8], match: NDArray[np.uint8]) -> bool:
    """Whether a match has no details but common ones, and shows something else elsewhere."""
    columns, rows = cells_of(agreed.points)
    elsewhere = int((~common[rows, columns]).sum())
    if not agreed.anchored or not common.any() or elsewhere >= FEW or elsewhere == len(agreed.points):
        return False
    return _unlike(common, size, query, match)


def _unlike(common: Grid, size: Size, query: NDArray[np.uint8], match: NDArray[np.uint8]) -> bool:
    """Whether two squares show something else beside what is common."""
    width, height = (max(1, round(CELLS * one / FRAME_PX)) for one in size)
    inside = common[:height, :width].astype(np.uint8)
    mask = cv2.resize(inside, (CONTENT_PX, CONTENT_PX), interpolation=cv2.INTER_NEAREST) == 0
    if mask.mean() < LEAST_ELSEWHERE:
        mask[:] = True
    first, second = (
        cv2.resize(one, (CONTENT_PX, CONTENT_PX), interpolation=cv2.INTER_AREA)[mask].astype(np.float64)
        for one in (query, match)
    )
    first, second = first - first.mean(), second - second.mean()
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return length > 0 and float(first @ second) / length < ALIKE


def cells_of(points: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(columns, rows) of the cells that points lie in."""
    cells = np.clip(points * (CELLS / FRAME_PX), 0, CELLS - 1).astype(np.intp)
    return cells[:, 0], cells[:, 1]
