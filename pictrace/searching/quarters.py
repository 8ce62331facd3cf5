"""The quarters of a collage, each looked for by itself: its smallest pictures have too few details in the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import digest
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.parts import LARGEST, Part, part_of, put_to, variant_of
from pictrace.searching.query import Query
from pictrace.searching.scoring import score
from pictrace.searching.table import ScoreTable

__all__ = ["with_quarters"]

CORNERS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))
"""Of the quarters, as shares of width and height."""

SIDE = 0.5

CONVINCING = 10
"""Details that vouch for a picture in a quarter: no wrong one had as many in 80 quarters of collages, and the best
wrong pictures of 618 searches have 5 to 8."""

MOST = 32
"""Pictures that are placed in a quarter, those with the most details."""


def with_quarters(
    query: Query, table: ScoreTable, cache: FeatureCache, held: Sequence[Part], among: NDArray[np.int64] | None = None
) -> tuple[Part, ...]:
    """The parts of a collage, with those that only show in a quarter of it.

    Parameters
    ----------
    query, table, cache
        What was compared, and the features of the catalog.
    held
        The pictures that were found in the whole, see ``held_pictures``; with less than two it is no collage.
    among : (k,) int64 array, optional
        The only pictures to compare, by id.
    """
    metric = next((one for one in table.metrics if isinstance(one, KeypointMetric)), None)
    if metric is None or len(held) < 2:
        return tuple(held)
    best: dict[int, Part] = {}
    for quarter in _quarters(query, table, metric, held):
        for part in _found(quarter, metric, cache, among):
            (one,) = part.ids
            if one not in best or part.details > best[one].details:
                best[one] = part
    known = convincing_ids(table) | {one for part in held for one in part.ids}
    parts = list(held)
    for part in sorted(best.values(), key=lambda one: -one.details):
        if part.ids[0] not in known and part.area <= LARGEST:
            put_to(parts, part, cache, metric)
    return tuple(parts)


def _quarters(
    query: Query, table: ScoreTable, metric: KeypointMetric, held: Sequence[Part]
) -> Iterator[tuple[Query, tuple[float, float]]]:
    """Each as a query by keypoints alone, mirrored where others were found so, and its corner."""
    places = np.searchsorted(table.ids, [part.ids[0] for part in held])
    found = {variant_of(table, metric, int(place)) for place in places}
    variants = tuple(one for one in metric.variants if one == UPRIGHT or one in found)
    height, width = query.image.shape[:2]
    for left, top in CORNERS:
        rows, columns = (
            slice(round(start * side), round((start + SIDE) * side)) for start, side in ((top, height), (left, width))
        )
        image = np.ascontiguousarray(query.image[rows, columns])
        if not image.size:
            continue
        yield (
            replace(
                query,
                sha256=digest(image.tobytes()),
                image=image,
                metrics=(metric,),
                features={metric.name: metric.extract_variants(image, variants)},
            ),
            (left, top),
        )


def _found(
    quarter: tuple[Query, tuple[float, float]],
    metric: KeypointMetric,
    cache: FeatureCache,
    among: NDArray[np.int64] | None,
) -> Iterator[Part]:
    """What convinces in it and lies in it for sure, with its outline in the whole."""
    query, corner = quarter
    table = score(query, cache, among=among)
    counts = np.nan_to_num(table.raw[:, 0])
    rows = [int(row) for row in np.argsort(-counts, kind="stable")[:MOST] if counts[row] >= CONVINCING]
    if not rows:
        return
    ids = np.sort(table.ids[rows])
    records, batch = cache.catalog.pictures(ids.tolist()), cache.of(ids, metric)
    for row in rows:
        one = int(table.ids[row])
        if one not in records:
            continue
        part = part_of(query, table, metric, records[one], batch[int(np.searchsorted(ids, one))])
        if part is not None:
            hull = None if part.hull is None else _in_whole(part.hull, corner)
            yield Part(part.ids, _in_whole(part.outline, corner), int(counts[row]), hull)


def _in_whole(points: NDArray[np.float32], corner: tuple[float, float]) -> NDArray[np.float32]:
    return np.asarray(np.array(corner) + points * SIDE, np.float32)
