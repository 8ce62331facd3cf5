"""What one server says of a query, checked, as columns of our own metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.servers.checked import nonsense, numbers, read
from pictrace.client.raw import ColumnFound, ScoresFound
from pictrace.escape import for_message
from pictrace.features import RawScores
from pictrace.images.orientation import VARIANTS
from pictrace.metrics.base import Metric

__all__ = ["ServerPart", "part_in"]

LARGEST_RAW = 1e6
MOST_UNANSWERED = 2**40


@dataclass(frozen=True)
class ServerPart:
    """Of n pictures, their raw values by metric.

    Attributes
    ----------
    ids : (n,) int64 array
        Ascending.
    columns
        In the order of the metrics; NaN where the server has other features.
    lacking
        The titles of those metrics.
    unanswered
        Pictures that the server did not look at, as a part of it did not answer.
    told
        What the server tells of how it came about.
    """

    ids: NDArray[np.int64]
    columns: tuple[RawScores, ...]
    lacking: tuple[str, ...] = ()
    unanswered: int = 0
    told: str = ""

    @property
    def comparable(self) -> bool:
        """Whether any metric is."""
        return len(self.lacking) < len(self.columns)


def part_in(data: bytes, metrics: Sequence[Metric], among: NDArray[np.int64] | None) -> ServerPart:
    """The answer to score_features; ApiError where it cannot be believed.

    A metric whose features, settings or scale are not ours is not compared: its values would mean something else.

    Parameters
    ----------
    among : (k,) int64 array, optional
        The only pictures that were asked about.
    """
    found = read(data, ScoresFound)
    ids = numbers(found.ids)
    if among is not None and not np.isin(ids, among).all():
        raise nonsense()
    by_key = {one.features: one for one in found.columns}
    columns, lacking = list[RawScores](), list[str]()
    for metric in metrics:
        shape = (*(len(setting.values) for setting in metric.settings), len(ids))
        column = by_key.get(metric.feature_key)
        if column is not None and _is_ours(column, metric):
            columns.append(_scores(column, shape))
        else:
            columns.append(RawScores.upright(np.full(shape, np.nan, np.float32)))
            lacking.append(metric.title)
    unanswered = min(found.unanswered, MOST_UNANSWERED)
    return ServerPart(ids, tuple(columns), tuple(lacking), unanswered, for_message(found.told))


def _is_ours(column: ColumnFound, metric: Metric) -> bool:
    line = (column.worst, column.best) == (metric.scale.worst, metric.scale.best)
    return line and column.settings == {one.name: list(one.values) for one in metric.settings}


def _scores(column: ColumnFound, shape: tuple[int, ...]) -> RawScores:
    count = int(np.prod(shape))
    if len(column.raw) != 4 * count or len(column.variant) != count:
        raise nonsense()
    raw = np.frombuffer(column.raw, "<f4").astype(np.float32).reshape(shape)
    variant = np.frombuffer(column.variant, np.uint8).reshape(shape).copy()
    with np.errstate(invalid="ignore"):  # NaN is a pair that cannot be compared
        if not bool((np.isnan(raw) | (np.abs(raw) <= LARGEST_RAW)).all()) or bool((variant >= len(VARIANTS)).any()):
            raise nonsense()
    return RawScores(raw, variant)
