"""Pictures of the catalog that lie within the query: a collage, a screenshot, a page of an album."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import PictureRecord
from pictrace.features import Features
from pictrace.images.orientation import Variant
from pictrace.metrics.base import Metric
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.metrics.keypoints import keypoint_pairs
from pictrace.metrics.orientations import fitting
from pictrace.metrics.placement import place
from pictrace.searching.commons import Agreed, cells_of, frame_size
from pictrace.searching.convincing import convinces, convincing_ids
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable

__all__ = [
    "LARGEST",
    "WHOLE",
    "Part",
    "beside",
    "found_alone",
    "held_pictures",
    "part_of",
    "parts",
    "placed_part",
    "put_to",
    "same_place",
    "variant_of",
    "with_further",
]

MOST = 32
"""Good matches that are placed on the query, the best first: a few milliseconds each."""

LARGEST = 0.7
"""Share of the query; what covers more of it is the query itself, changed."""

APART = 0.3
"""Share of the smaller of two parts, by their details, that the other may cover; more, and both show the same part."""

WHOLE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
"""The outline of the query itself."""

FEWEST = 5
"""Details of a picture with which it may lie beside those that are found: by accident so many are counted in one search
of 45, and a closer look tells. With 4 it would be needed in 4 of 10."""

EXPLAINING = 8
"""Of the pictures that convince, those whose details are held against it, the best first."""

ELSEWHERE = 0.5
"""Share of a picture's details that lie where none of the found ones has any."""

BESIDE = 6
"""Such pictures of a search, those with the most details: each costs a closer look."""


@dataclass(frozen=True)
class Part:
    """ids: pictures that fill it, the best match first. outline: (4, 2), 0 to 1 of the query's width and height.

    details: how many match at a closer look, where that alone vouches for it; 0 elsewhere. hull: (h, 2), likewise,
    round the details that match: a collage shows a picture's middle, while the outline is that of all of it.
    """

    ids: tuple[int, ...]
    outline: NDArray[np.float32]
    details: int = 0
    hull: NDArray[np.float32] | None = None

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
    if len(good) < 2:
        return ()
    found = _apart(query, table, cache, good)
    return found if len(found) > 1 else ()


def _apart(query: Query, table: ScoreTable, cache: FeatureCache, good: Sequence[PictureRecord]) -> tuple[Part, ...]:
    """Where these lie in the query, each place once; nothing where one is all of it."""
    metric = next((one for one in table.metrics if isinstance(one, KeypointMetric)), None)
    if metric is None:
        return ()
    good = good[:MOST]
    ids = np.sort(np.array([one.id for one in good], np.int64))
    batch = cache.of(ids, metric)
    found: list[Part] = []
    for record in good:
        part = part_of(query, table, metric, record, batch[int(np.searchsorted(ids, record.id))])
        if part is None:
            continue
        if part.area > LARGEST:
            return ()
        for number, other in enumerate(found):
            if same_place(part, other, cache, metric):
                found[number] = replace(other, ids=(*other.ids, record.id))
                break
        else:
            found.append(part)
    return tuple(found)


def same_place(one: Part, other: Part, cache: FeatureCache, metric: KeypointMetric) -> bool:
    """Whether both show the same place of the query, by keypoints.

    Where only their outlines overlap, a collage shows the middle of either, unless the pictures match each other.
    """
    hulls = [part.outline if part.hull is None else part.hull for part in (one, other)]
    if _shared_area(*hulls) > APART:
        return True
    if _shared_area(one.outline, other.outline) <= APART:
        return False
    batch = cache.of(np.unique(np.array([one.ids[0], other.ids[0]], np.int64)), metric)
    _, consistent = keypoint_pairs(batch[0], batch[len(batch) - 1], percent=_percent(metric))
    return bool(convinces(metric, np.array(consistent.sum(), np.float32)))


def put_to(parts: list[Part], new: Part, cache: FeatureCache, metric: KeypointMetric) -> None:
    """Another part, unless it shows what one of them does: with that one, where a closer look alone vouches for it."""
    for number, part in enumerate(parts):
        if same_place(new, part, cache, metric):
            if part.details:
                parts[number] = replace(part, ids=(*part.ids, *new.ids), details=min(part.details, new.details))
            return
    parts.append(new)


def with_further(held: Sequence[Part], further: Sequence[Part], table: ScoreTable, cache: FeatureCache) -> list[Part]:
    """The parts, and those that a closer look found beside them: copies of one picture are one part.

    What lies on a picture that is known without a closer look is a part of its own.
    """
    metric = next(one for one in table.metrics if isinstance(one, KeypointMetric))
    closely = [part for part in held if part.details]
    for part in further:
        put_to(closely, part, cache, metric)
    return [*(part for part in held if not part.details), *closely]


def held_pictures(query: Query, table: ScoreTable, cache: FeatureCache) -> tuple[Part, ...]:
    """``parts`` of all pictures that convince, in the order of their details in common."""
    vouched = [one for one in _most_alike(table) if one != query.id]
    return parts(query, table, cache, _records(cache, vouched)) if len(vouched) > 1 else ()


def found_alone(query: Query, table: ScoreTable, cache: FeatureCache, further: Sequence[Part]) -> Part:
    """What convinces, where that is one picture, or copies of one, and others lie on it or beside it.

    Parameters
    ----------
    query, table, cache
        What was compared, and the features of the catalog.
    further
        The others.

    Returns
    -------
    Part
        Of the whole query, where it fills that, or lies nowhere for sure.
    """
    others = {one for part in further for one in part.ids}
    alike = [one for one in _most_alike(table) if one not in others]
    placed = _apart(query, table, cache, _records(cache, alike))
    return placed[0] if len(placed) == 1 else Part(tuple(alike), WHOLE)


def _most_alike(table: ScoreTable) -> list[int]:
    """What convinces, the pictures with the most details first."""
    found = convincing_ids(table)
    most = np.nan_to_num(table.raw).max(axis=1)
    return [one for one in table.ids[np.argsort(-most, kind="stable")].tolist() if one in found]


def _records(cache: FeatureCache, ids: Sequence[int]) -> list[PictureRecord]:
    """Of these pictures, in their order; without those that are gone."""
    records = cache.catalog.pictures(ids)
    return [records[one] for one in ids if one in records]


def beside(query: Query, table: ScoreTable, cache: FeatureCache, held: Sequence[Part] = ()) -> list[int]:
    """Pictures that may lie in the query beside those that are found, the most likely first; see BESIDE.

    The details that they share with it lie where those that convince have none: a picture on another one, or the
    smallest of a collage. Without one that convinces there are none: then the nearest are looked at.

    Parameters
    ----------
    query, table, cache
        What was compared, and the features of the catalog.
    held
        What is known to lie in the query.
    """
    metric = next((one for one in table.metrics if isinstance(one, KeypointMetric)), None)
    found = convincing_ids(table)
    if metric is None or query.id in found:
        return []
    counts = np.nan_to_num(table.raw[:, table.metrics.index(metric)])
    best = [row for row in np.argsort(-counts, kind="stable").tolist() if counts[row] >= FEWEST]
    placed = {one for part in held for one in part.ids}
    convincing = [row for row in best if int(table.ids[row]) in found]
    rows = convincing[:EXPLAINING] + [row for row in convincing[EXPLAINING:] if int(table.ids[row]) in placed]
    if not rows:
        return []
    rows += [row for row in best if int(table.ids[row]) not in found][: 4 * BESIDE]
    taken = np.zeros_like(Agreed(np.empty((0, 2), np.float32), anchored=True).cells)
    apart = []
    for row, points in zip(rows, _agreeing(query, table, metric, cache, rows), strict=True):
        one = int(table.ids[row])
        columns, lines = cells_of(points)
        elsewhere = taken.any() and len(points) >= FEWEST and (~taken[lines, columns]).mean() >= ELSEWHERE
        if one in placed or (one in found and not elsewhere):
            taken |= Agreed(points, anchored=True).cells
        elif elsewhere:
            apart.append(one)
    return apart[:BESIDE]


def _agreeing(
    query: Query, table: ScoreTable, metric: KeypointMetric, cache: FeatureCache, places: Sequence[int]
) -> Iterable[NDArray[np.float32]]:
    """(k, 2) of each of some pictures of a table: where the details that it shares lie in the query, in the frame."""
    order = np.sort(np.array(places, np.intp))
    batch = cache.of(table.ids[order], metric)
    width, _ = frame_size(query.image.shape[1], query.image.shape[0])
    for row in places:
        features = batch[int(np.searchsorted(order, row))]
        variant, own = _compared(query, table, metric, row)
        if own is None or not len(features):
            yield np.empty((0, 2), np.float32)
            continue
        points, _ = _shared(own, features, metric)
        yield np.array([width, 0], np.float32) + points * np.array([-1, 1], np.float32) if variant.mirrored else points


def variant_of(table: ScoreTable, metric: Metric, row: int) -> Variant:
    """The orientation in which a metric has the query nearest to the picture at a place of the table."""
    column = table.columns[table.metrics.index(metric)]
    return fitting(int(column.variant[(*metric.setting_positions({}), row)]), metric.variants)


def _compared(query: Query, table: ScoreTable, metric: KeypointMetric, row: int) -> tuple[Variant, Features | None]:
    """As what variant the query is nearest to the picture at a place of the table, and its features as that."""
    variant = variant_of(table, metric, row)
    own = query.features[metric.name].get(variant)
    return variant, own if own is not None and len(own) else None


def _shared(
    own: Features, features: Features, metric: KeypointMetric
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(k, 2), (k, 2): where the details that two pictures share lie in each."""
    pairs, consistent = keypoint_pairs(own, features, percent=_percent(metric))
    pairs = pairs[consistent]
    return kernels.unpack_points(own)[pairs[:, 0], :2], kernels.unpack_points(features)[pairs[:, 1], :2]


def _percent(metric: KeypointMetric) -> int:
    """Its ratio threshold at the default."""
    return round(float(metric.default_settings()["ratio"]) * 100)


def part_of(
    query: Query, table: ScoreTable, metric: KeypointMetric, record: PictureRecord, features: NDArray[np.uint8]
) -> Part | None:
    """Where a match lies in the query; None where it lies nowhere for sure."""
    variant, own = _compared(query, table, metric, int(np.searchsorted(table.ids, record.id)))
    if own is None or not len(features):
        return None
    ours, theirs = _shared(own, features, metric)
    frame = frame_size(query.image.shape[1], query.image.shape[0])
    return placed_part(
        record.id, ours, theirs, frame, frame_size(record.width, record.height), mirrored=variant.mirrored
    )


def placed_part(
    picture_id: int,
    ours: NDArray[np.float32],
    theirs: NDArray[np.float32],
    frame: tuple[float, float],
    other: tuple[float, float],
    *,
    mirrored: bool,
) -> Part | None:
    """Where one picture lies in another; None where it lies nowhere for sure.

    Parameters
    ----------
    picture_id
        Of the picture that lies in the other one.
    ours, theirs : (k, 2) arrays
        Where the details that they share lie in either.
    frame, other
        Their width and height; see frame_size.
    mirrored
        Whether ``ours`` are those of the mirrored picture.
    """
    placement = place(theirs, ours)
    if placement is None:
        return None
    corners = placement.outline((round(other[1]), round(other[0])))
    around = np.asarray(cv2.convexHull(ours[placement.inliers]), np.float32).reshape(-1, 2)
    outline, hull = (_in_shares(points, frame, mirrored=mirrored) for points in (corners, around))
    if cv2.contourArea(outline) <= 0 or not cv2.isContourConvex(outline):
        return None
    return Part((picture_id,), outline, hull=hull if len(hull) > 2 else None)


def _in_shares(points: NDArray[np.float32], frame: tuple[float, float], *, mirrored: bool) -> NDArray[np.float32]:
    shares = np.asarray(points / np.array(frame), np.float32)
    if mirrored:
        shares = np.array([1, 0], np.float32) + shares * np.array([-1, 1], np.float32)
    return np.asarray(shares.clip(0, 1), np.float32)


def _shared_area(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The common area of two convex outlines, as a share of the smaller."""
    common, _ = cv2.intersectConvexConvex(one, other)
    return float(common) / max(1e-9, min(cv2.contourArea(one), cv2.contourArea(other)))
