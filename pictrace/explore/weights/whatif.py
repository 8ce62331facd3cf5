"""One picture's rank under other weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.explore.weights.mixing import UNRANKED, Mixer, weights_of, whole
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["WhatIf", "what_if"]


@dataclass(frozen=True)
class WhatIf:
    """A picture's ranks: 1 + the number of pictures that score higher, so that equals share a rank.

    Attributes
    ----------
    now
        Its rank, alone: its rank under each metric by itself; None where it cannot be compared, or nothing has a
        weight.
    shared
        How many others have that same rank by that metric alone.
    weights
        (p,) from 0 up.
    ranks
        Metric name to (p,), its rank as that metric's weight goes through ``weights`` and the others stay; NaN where it
        cannot be compared.
    pictures
        How many it is ranked among.
    """

    id: int
    now: int | None
    alone: Mapping[str, int | None]
    shared: Mapping[str, int]
    weights: NDArray[np.float64]
    ranks: Mapping[str, NDArray[np.float64]]
    pictures: int


def what_if(table: ScoreTable, criteria: Criteria, picture_id: int, *, most: float = 3.0, points: int = 31) -> WhatIf:
    """How a picture of the table ranks, each weight moved from 0 to ``most``; KeyError for a picture not in it."""
    position = int(np.searchsorted(table.ids, picture_id))
    if position == len(table.ids) or table.ids[position] != picture_id:
        raise KeyError(picture_id)
    mixer, weights = Mixer.of(table, criteria), weights_of(table, criteria)
    steps = np.linspace(0, most, points)
    count = len(table.names)
    mixtures = np.tile(weights, (1 + count + count * points, 1))
    mixtures[1 : 1 + count] = np.eye(count)
    for index in range(count):
        start = 1 + count + index * points
        mixtures[start : start + points, index] = steps
    ranks, equals = _ranks_of(mixer, mixtures, position)
    moved = ranks[1 + count :].reshape(count, points)
    return WhatIf(
        picture_id,
        whole(ranks[0]),
        {name: whole(rank) for name, rank in zip(table.names, ranks[1:], strict=False)},
        dict(zip(table.names, equals[1 : 1 + count].tolist(), strict=True)),
        steps,
        dict(zip(table.names, moved, strict=True)),
        len(table.ids),
    )


def _ranks_of(
    mixer: Mixer, mixtures: NDArray[np.float64], position: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(g,) ranks, NaN where unranked, and how many others score the same.

    Some mixtures at a time, so that their scores stay in the processor's cache.
    """
    found, equals = np.empty(len(mixtures)), np.empty(len(mixtures), np.int64)
    for start in range(0, len(mixtures), 8):
        scores = mixer.scores(mixtures[start : start + 8])
        mine = scores[:, [position]]
        higher = (scores > mine).sum(axis=1)
        equals[start : start + 8] = (scores == mine).sum(axis=1) - 1
        found[start : start + 8] = np.where(mine[:, 0] == UNRANKED, np.nan, 1 + higher)
    return found, equals
