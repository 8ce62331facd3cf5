"""A closer look at the nearest pictures where no evidence convinces: more keypoints, at the full working size.

What a catalog keeps of a picture are 500 keypoints at 256 px. A query that shows a fifth of its sides shares a dozen of
them at best. Four times as many at twice the size are too much to keep, and cheap to find once more in five pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pictrace.catalog.base import Catalog
from pictrace.errors import PicTraceError
from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import Variant
from pictrace.images.pixels import RGBImage
from pictrace.metrics.sift import Sift
from pictrace.service.pictures import original_picture

__all__ = ["CONVINCING", "LOOKED_AT", "SecondLook"]

LOOKED_AT = 5
"""Pictures that are looked at, the nearest."""

CONVINCING = 10
"""Matching details; the nearest of five strangers had 6 at the most in 95 searches."""

RATIO = 0.85


class SecondLook:
    """Looks at each pair once, for one query."""

    def __init__(self, query: RGBImage) -> None:
        self._query = query
        self._known: dict[tuple[str, int], int] = {}
        self._metric = Sift(keypoints=2000, long_side_px=512)

    @cached_property
    def _features(self) -> dict[Variant, Features]:
        return self._metric.extract_variants(self._query, self._metric.variants)

    def among(self, catalog: Catalog, nearest: Sequence[int]) -> dict[int, int]:
        """Which of the first LOOKED_AT of these convince, with their matching details.

        Parameters
        ----------
        catalog
            Where the pictures are; those whose originals are not at hand are passed over.
        nearest
            Ids, the best first.
        """
        found: dict[int, int] = {}
        for one in nearest[:LOOKED_AT]:
            key = catalog.identity, one
            if key not in self._known:
                self._known[key] = self._details(catalog, one)
            if self._known[key] >= CONVINCING:
                found[one] = self._known[key]
        return found

    def _details(self, catalog: Catalog, picture_id: int) -> int:
        metric = self._metric
        try:
            _, image = original_picture(catalog, picture_id)
        except PicTraceError:  # a link, or a file that is gone: nothing more can be said of it
            return 0
        batch = FeatureBatch.of([metric.extract(image)], metric.layout)
        raw: Any = metric.compare_variants(self._features, batch).raw[metric.setting_positions({"ratio": RATIO})]
        return int(np.nan_to_num(raw)[0])
