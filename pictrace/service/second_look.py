"""A closer look at the nearest pictures where no evidence convinces: more keypoints, at the full working size.

What a catalog keeps of a picture are 500 keypoints at 512 px. A query that shows a fifth of its sides shares a dozen of
them at best. Four times as many in the picture enlarged are too much to keep, and cheap to find once more in five.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.calibration.closer import LOOKED_AT
from pictrace.catalog.base import Catalog
from pictrace.errors import PicTraceError
from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.pixels import RGBImage
from pictrace.metrics.keypoints import keypoint_pairs
from pictrace.metrics.sift import Sift
from pictrace.searching.commons import MANY, Agreed, agreeing, cells_of, frame_size
from pictrace.searching.parts import Part, placed_part
from pictrace.service.pictures import original_picture

__all__ = ["CONVINCING", "METRIC", "SecondLook", "details_between", "matching"]

CONVINCING = 10
"""Matching details; the nearest of five strangers had 6 at the most in 95 searches."""

RATIO = 0.85

FEW, SPREAD = 4, 0.25
"""Of five pairs of covers that were taken for the same, four shared a label of .16 to .23 of a side; of 15 right pairs
that share 7 to 29 details, these reach over .26 and more."""

LAID_OVER = 0.5
"""Of a side: what lies at one place of many pictures and reaches less far was laid over them, as a player's bar. What
many photographs of one scene share reaches farther."""

METRIC = Sift(keypoints=2000, long_side_px=1024)


class SecondLook:
    """Looks at each pair once, for one query."""

    def __init__(self, query: RGBImage) -> None:
        self._query = query
        self._known: dict[tuple[str, int], int | None] = {}
        self._agreed: dict[tuple[str, int], Agreed] = {}
        self._parts: dict[tuple[str, int], Part | None] = {}

    @cached_property
    def _features(self) -> dict[Variant, Features]:
        return METRIC.extract_variants(self._query, METRIC.variants)

    def among(self, catalog: Catalog, nearest: Sequence[int]) -> dict[int, int]:
        """Which of the first LOOKED_AT of these convince, with their matching details.

        Parameters
        ----------
        catalog
            Where the pictures are; those whose originals are not at hand are passed over.
        nearest
            Ids, the best first.
        """
        return {one: count for one, count in self.details(catalog, nearest).items() if count >= CONVINCING}

    def details(self, catalog: Catalog, nearest: Sequence[int]) -> dict[int, int]:
        """How many details match in each of the first LOOKED_AT of these that has its original at hand.

        What was laid over many of them is not counted.
        """
        looked = list(dict.fromkeys(nearest[:LOOKED_AT]))
        self._look_at(catalog, looked)
        known = {one: self._known[catalog.identity, one] for one in looked}
        found = {one: count for one, count in known.items() if count is not None}
        return found | self._without_common(catalog, found)

    def _look_at(self, catalog: Catalog, looked: Sequence[int]) -> None:
        """Count what was not counted yet, side by side."""
        new = [one for one in looked if (catalog.identity, one) not in self._known]
        if not new:
            return
        _ = self._features  # of the query, once, before several want them

        def count(start: int, stop: int) -> None:
            for one in new[start:stop]:
                self._known[catalog.identity, one] = self._details(catalog, one)

        kernels.run_chunks(count, len(new), min_chunk=1)

    def parts(self, catalog: Catalog, doubtful: Sequence[int]) -> list[Part]:
        """Where those of some pictures lie in the query that convince, and lie in it for sure."""
        found = []
        self._look_at(catalog, doubtful)
        for one in doubtful:
            count, part = self._known[catalog.identity, one], self._parts.get((catalog.identity, one))
            if count is not None and count >= CONVINCING and part is not None:
                found.append(replace(part, details=count))
        return found

    def _without_common(self, catalog: Catalog, counts: Mapping[int, int]) -> dict[int, int]:
        """The counts of those that share with the query what MANY others have at the same small place."""
        agreed = {one: self._agreed[catalog.identity, one] for one in counts if (catalog.identity, one) in self._agreed}
        agreed = {one: details for one, details in agreed.items() if details.anchored}
        if len(agreed) <= MANY:
            return {}
        have = np.sum([details.cells for details in agreed.values()], axis=0, dtype=np.int64)
        found = {}
        for one, details in agreed.items():
            columns, rows = cells_of(details.points)
            common = (have - details.cells >= MANY)[rows, columns]
            if common.any() and _side(details.points[common]) < LAID_OVER * _side(np.array([(0, 0), self._size])):
                found[one] = min(counts[one], int((~common).sum()))
        return found

    @property
    def _size(self) -> tuple[float, float]:
        height, width = self._query.shape[:2]
        return frame_size(width, height)

    def _details(self, catalog: Catalog, picture_id: int) -> int | None:
        try:
            _, image = original_picture(catalog, picture_id)
        except PicTraceError:  # a link, or a file that is gone: nothing more can be said of it
            return None
        features = METRIC.extract(image)
        count = matching(self._features, features)
        if count > FEW:
            size, other = self._size, frame_size(image.shape[1], image.shape[0])
            percent = round(100 * RATIO)
            self._agreed[catalog.identity, picture_id] = agreeing(
                self._features[UPRIGHT], features, size, other, percent
            )
        if count >= CONVINCING:
            mirrored, ours, pairs = _most(self._features, features)
            here = kernels.unpack_points(ours)[pairs[:, 0], :2]
            there = kernels.unpack_points(features)[pairs[:, 1], :2]
            size, other = self._size, frame_size(image.shape[1], image.shape[0])
            part = placed_part(picture_id, here, there, size, other, mirrored=mirrored)
            self._parts[catalog.identity, picture_id] = part
        return count


def matching(query: Mapping[Variant, Features], features: Features) -> int:
    """How many details of two pictures match, by METRIC's features of them.

    No more than FEW where all lie at a small place of both: it is a logo or a label that they share then. A part of a
    picture is spread over the query, and a picture within another over the match.
    """
    batch = FeatureBatch.of([features], METRIC.layout)
    raw: Any = METRIC.compare_variants(query, batch).raw[METRIC.setting_positions({"ratio": RATIO})]
    count = int(np.nan_to_num(raw)[0])
    return count if count <= FEW or _spread(query, features) >= SPREAD else FEW


def _spread(query: Mapping[Variant, Features], features: Features) -> float:
    """Over how much of a side the matching details reach in the picture that they reach farther in, 0 to 1."""
    _, ours, pairs = _most(query, features)
    return max(_reach(ours, pairs[:, 0]), _reach(features, pairs[:, 1]))


def _most(query: Mapping[Variant, Features], features: Features) -> tuple[bool, Features, NDArray[np.int64]]:
    """Whether the query agrees in more details when it is mirrored, its features then, and the pairs (k, 2)."""
    agreed = []
    for variant, ours in query.items():
        if len(ours):
            pairs, consistent = keypoint_pairs(ours, features, percent=round(100 * RATIO))
            agreed.append((variant.mirrored, ours, pairs[consistent]))
    return max(agreed, key=lambda one: len(one[2]))


def _reach(features: Features, rows: NDArray[np.int64]) -> float:
    points = kernels.unpack_points(features)[:, :2]
    if not len(rows):
        return 0.0
    shares = np.ptp(points[rows], axis=0) / np.maximum(1, np.ptp(points, axis=0))
    return float(np.sqrt(shares.prod()))


def _side(points: NDArray[np.floating]) -> float:
    """Of the square that is as large as the box around points."""
    return float(np.sqrt(np.ptp(points, axis=0).prod()))


def details_between(catalog: Catalog, one: int, other: int) -> int | None:
    """The same count for two pictures of a catalog; None where the original of one is not at hand."""
    try:
        look = SecondLook(original_picture(catalog, one)[1])
    except PicTraceError:
        return None
    return look.details(catalog, [other]).get(other)
