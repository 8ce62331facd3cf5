"""What matches prove, in numpy; see orb_evidence in pictrace.kernels.orb."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.keypoints import (
    DESCRIPTOR_BYTES,
    Geometry,
    QueryPoints,
    unpack_points,
)
from pictrace.kernels.matches import agreement_of, chosen_matches
from pictrace.kernels.plain.orb import two_nearest
from pictrace.kernels.pool import Fill

__all__ = ["evidence", "score"]

Integers = NDArray[np.int64]


def evidence(
    query: QueryPoints,
    best: NDArray[np.uint16],
    second: NDArray[np.uint16],
    index: NDArray[np.uint16],
    candidate_points: NDArray[np.float32],
    offsets: NDArray[np.int64],
    geometry: Geometry,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> Fill:
    """What fills counts[:, :, start:stop] and turn[:, start:stop]."""

    def fill(start: int, stop: int) -> None:
        for one in range(start, stop):
            points = candidate_points[offsets[one] : offsets[one + 1]]
            matches = best[one], second[one], index[one]
            counts[:, :, one], turn[:, one] = _judge(query, *matches, points, geometry)

    return fill


def score(
    query_desc: NDArray[np.uint8],
    query: QueryPoints,
    rows: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    geometry: Geometry,
    counts: NDArray[np.uint16],
    turn: NDArray[np.uint8],
) -> Fill:
    """What fills counts[:, :, start:stop] and turn[:, start:stop]; rows (total, 40)."""

    def fill(start: int, stop: int) -> None:
        for one in range(start, stop):
            own = rows[offsets[one] : offsets[one + 1]]
            if len(own) >= 2:
                matches = two_nearest(query_desc, own[:, :DESCRIPTOR_BYTES])
                counts[:, :, one], turn[:, one] = _judge(query, *matches, unpack_points(own), geometry)

    return fill


def _judge(
    query: QueryPoints,
    best: NDArray[np.integer],
    second: NDArray[np.integer],
    index: NDArray[np.integer],
    points: NDArray[np.float32],
    geometry: Geometry,
) -> tuple[Integers, Integers]:
    """Counts (3, T) and turns (T,) of one candidate."""
    first, last = geometry.first_percent, geometry.last_percent
    passes_at, passing, distinct, voters = chosen_matches(query, best, second, index, last)
    kept = distinct[voters]
    kept = kept[np.lexsort((kept, passes_at[kept]))]

    thresholds = np.arange(first, last + 1)
    counts = np.zeros((3, geometry.thresholds), np.int64)
    turns = np.zeros(geometry.thresholds, np.int64)
    for line, matches in enumerate((passing, distinct)):
        counts[line] = np.searchsorted(np.sort(passes_at[matches]), thresholds, side="right")
    agreement, turned = agreement_of(query.points[kept], points[index[kept]], geometry)
    agreeing = np.cumsum(agreement, axis=1)  # with the matches up to each, in the order of thresholds
    for column, number in enumerate(np.searchsorted(passes_at[kept], thresholds, side="right")):
        if number:
            winner = int(agreeing[:number, number - 1].argmax())
            counts[2, column] = agreeing[winner, number - 1]
            turns[column] = turned[winner]
    return counts, turns
