"""A search, and another one for the picture's negative where the first finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.cache import FeatureCache
from pictrace.images.orientation import UPRIGHT
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.query import Query, as_negative
from pictrace.searching.scoring import score
from pictrace.searching.table import ScoreTable

__all__ = ["score_either"]


def score_either(
    query: Query,
    cache: FeatureCache,
    *,
    exhaustive: bool | None = None,
    among: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Query, ScoreTable]:
    """What ``score`` gives; where nothing convinces, the same of the negative, if something convinces then.

    Scans of film are negatives of what a catalog holds as prints. No metric here sees that two pictures are one but
    for that, and asking for both at each search would cost twice the time.

    Parameters
    ----------
    query, cache, exhaustive, among, progress
        As ``score`` takes them.

    Returns
    -------
    query : Query
        As it was given, or its negative.
    table : ScoreTable
        Of that query.
    """
    table = score(query, cache, exhaustive=exhaustive, among=among, progress=progress)
    if not len(table.ids) or convincing_ids(table) or bool(np.isin(query.id, table.ids)):
        return query, table
    oriented = any(variant != UPRIGHT for features in query.features.values() for variant in features)
    negative = as_negative(query, orientations=oriented)
    other = score(negative, cache, exhaustive=exhaustive, among=among, progress=progress)
    return (negative, other) if convincing_ids(other) else (query, table)
