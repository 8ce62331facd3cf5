"""Which good matches are one photograph with the query, changed, and which were photographed again.

Two shots of one scene from one place share as many details as two versions of one picture. Their small windows do not
lie on each other, which pictrace.duplicates looks at; so does this, with what is stored of a match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from pictrace import kernels
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import PictureRecord
from pictrace.duplicates.levels import Level
from pictrace.duplicates.looks import KEYPOINTS, SIDE_PX, SQUARES, Look, look_of, looks_of
from pictrace.duplicates.verify import Pair, by_frame, by_keypoints
from pictrace.errors import PicTraceError
from pictrace.features import Features
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics.base import Metric
from pictrace.metrics.phash import PHash
from pictrace.searching.parts import variant_of
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable

__all__ = ["LOOKED_AT", "Sameness"]

LOOKED_AT = 5
"""Matches that are looked at, at the most: a pair takes some 15 ms of a processor."""

NEAR_BITS = 10
"""Of 64, up to which the frames may lie on each other, whatever the keypoints say."""


class Sameness:
    """Looks at each pair once, for one query."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._known: dict[tuple[str, int], bool | None] = {}
        self._sure: dict[str, Look] = {}  # by catalog, the first that is the same

    def among(self, catalog: Catalog, table: ScoreTable, good: Sequence[PictureRecord]) -> dict[int, bool]:
        """Which of the first LOOKED_AT of these are the same photograph.

        Parameters
        ----------
        catalog
            Where their features are.
        table
            How they lie in the query: mirrored, turned.
        good
            The best first.

        Returns
        -------
        dict
            By id. Left out is what cannot be told: of flat and of tiny pictures, of those without keypoints, and where
            squares are not at hand.
        """
        looked = {one.id: one for one in good[:LOOKED_AT]}
        new = {one: record for one, record in looked.items() if (catalog.identity, one) not in self._known}
        if new:
            self._look_at(catalog, table, new)
        known = {one: self._known[catalog.identity, one] for one in looked}
        return {one: same for one, same in known.items() if same is not None}

    def _look_at(self, catalog: Catalog, table: ScoreTable, records: Mapping[int, PictureRecord]) -> None:
        ids = np.array(sorted(records), np.int64)
        try:
            looks = looks_of(records, catalog.fetch(ids, SQUARES.spec), catalog.fetch(ids, KEYPOINTS.spec))
        except PicTraceError:  # a server that is silent by now: nothing is known of its pictures
            looks = {}
        order, mine = list(records), self._look

        def look_at(start: int, stop: int) -> None:
            for one in order[start:stop]:
                self._known[catalog.identity, one] = _same(mine, looks[one], table) if one in looks else None

        kernels.run_chunks(look_at, len(order), min_chunk=1)
        self._ask_the_first(catalog.identity, {one: looks[one] for one in order if one in looks})

    def _ask_the_first(self, identity: str, looks: Mapping[int, Look]) -> None:
        """What was changed otherwise than the query, as tilted farther, may lie on a match that is the same."""
        for one, look in looks.items():
            if self._known[identity, one]:
                self._sure.setdefault(identity, look)
        for one, look in looks.items() if identity in self._sure else ():
            if self._known[identity, one] is False:
                pairs = (by_keypoints(look, self._sure[identity], mirrored=mirrored) for mirrored in (False, True))
                self._known[identity, one] = any(pair.level >= Level.PHOTOGRAPH for pair in pairs)

    @cached_property
    def _look(self) -> Look:
        image = self._query.image
        return look_of(self._query.id, self._of(SQUARES), self._of(KEYPOINTS), (image.shape[1], image.shape[0]))

    def _of(self, metric: Metric) -> Features:
        known = self._query.features.get(metric.name, {})
        return (
            known[UPRIGHT] if metric in self._query.metrics and UPRIGHT in known else metric.extract(self._query.image)
        )


def _same(query: Look, match: Look, table: ScoreTable) -> bool | None:
    """Whether they are one photograph, laid on each other as the hash has it, and as the keypoints do."""
    if query.gray is None or match.gray is None or not len(query.rows) or not len(match.rows):
        return None
    if any(pair.level >= Level.PHOTOGRAPH for pair in _laid(query, match, table)):
        return True
    coarse = any(max(one.width, one.height) < SIDE_PX for one in (query, match))  # too soft to lie anywhere for sure
    return None if coarse else False


def _laid(query: Look, match: Look, table: ScoreTable) -> Iterator[Pair]:
    row, metrics = int(np.searchsorted(table.ids, match.id)), {one.name: one for one in table.metrics}
    raw = dict(zip(table.names, table.raw[row].tolist(), strict=True))  # NaN where nothing was compared
    if raw.get(PHash.name, np.nan) <= NEAR_BITS:
        yield by_frame(query, match, variant_of(table, metrics[PHash.name], row))
    compared = not np.isnan(raw.get(KEYPOINTS.name, np.nan))
    ways = (variant_of(table, metrics[KEYPOINTS.name], row).mirrored,) if compared else (False, True)
    for mirrored in ways:
        yield by_keypoints(query, match, mirrored=mirrored)
