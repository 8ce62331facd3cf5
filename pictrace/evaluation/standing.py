"""Where the right pictures stand under one way of ranking: all that measures, curves and intervals are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.cube import Block, Cube

__all__ = ["Standing", "standing", "standing_of"]

NOT_SCORED = np.float32(-1)
"""Stands for the best score of nothing; below every score."""


@dataclass(frozen=True)
class Standing:
    """q queries, and r relevant pictures that were scored with theirs.

    Attributes
    ----------
    totals : (q,) int64 array
        How many relevant pictures the catalog has for each query; 0 where nothing matches.
    query : (r,) int64 array
        The query that each relevant picture belongs to, ascending.
    score : (r,) float32 array
        What it scores.
    rank : (r,) int64 array
        Its place among all pictures of its query, from 1; equal scores by ascending id.
    hits : (r,) int64 array
        How many relevant pictures are at that place or above, itself among them.
    best_right, best_wrong : (q,) float32 arrays
        The best score of a relevant picture, and of another; NOT_SCORED where there is none.
    wrong
        For each query, the scores of all other pictures, ascending.
    """

    totals: NDArray[np.int64]
    query: NDArray[np.int64]
    score: NDArray[np.float32]
    rank: NDArray[np.int64]
    hits: NDArray[np.int64]
    best_right: NDArray[np.float32]
    best_wrong: NDArray[np.float32]
    wrong: Sequence[NDArray[np.float32]]

    @property
    def matched(self) -> NDArray[np.bool_]:
        """(q,) the queries that match anything."""
        return self.totals > 0

    @cached_property
    def thresholds(self) -> NDArray[np.float32]:
        """(t,) the scores of relevant pictures, each once, the highest first."""
        return np.unique(self.score)[::-1]

    @cached_property
    def right_above(self) -> NDArray[np.int32]:
        """(t, q) how many relevant pictures of each query reach each threshold."""
        return self._reaching([self.score[self.query == one] for one in range(len(self.totals))])

    @cached_property
    def wrong_above(self) -> NDArray[np.int32]:
        """(t, q) how many others do."""
        return self._reaching(self.wrong)

    def _reaching(self, scores: Sequence[NDArray[np.float32]]) -> NDArray[np.int32]:
        counts = [len(one) - np.searchsorted(np.sort(one), self.thresholds, side="left") for one in scores]
        return np.stack(counts, axis=1).astype(np.int32) if counts else np.zeros((len(self.thresholds), 0), np.int32)


def standing(cube: Cube, weights: NDArray[np.float32]) -> Standing:
    """What these weights of the cube's columns make of its queries, (c,)."""
    return standing_of([(block, block.fused(weights)) for block in cube.blocks])


def standing_of(scored: Sequence[tuple[Block, NDArray[np.float32]]]) -> Standing:
    """The same of scores (n,) that were made in another way."""
    query, score, rank, hits = list[int](), list[NDArray[np.float32]](), list[NDArray[np.int64]](), list[int]()
    best_right, best_wrong, wrong = list[np.float32](), list[np.float32](), list[NDArray[np.float32]]()
    for number, (block, scores) in enumerate(scored):
        is_right = np.zeros(len(scores), np.bool_)
        is_right[block.right] = True
        places = np.empty(len(scores), np.int64)
        places[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        ours = block.right[np.argsort(places[block.right])]
        query += [number] * len(ours)
        score.append(scores[ours])
        rank.append(places[ours])
        hits += range(1, len(ours) + 1)
        wrong.append(np.sort(scores[~is_right]))
        best_right.append(scores[ours[0]] if len(ours) else NOT_SCORED)
        best_wrong.append(wrong[-1][-1] if len(wrong[-1]) else NOT_SCORED)
    return Standing(
        np.array([block.total for block, _ in scored], np.int64),
        np.array(query, np.int64),
        np.concatenate([np.empty(0, np.float32), *score]),
        np.concatenate([np.empty(0, np.int64), *rank]),
        np.array(hits, np.int64),
        np.array(best_right, np.float32),
        np.array(best_wrong, np.float32),
        wrong,
    )
