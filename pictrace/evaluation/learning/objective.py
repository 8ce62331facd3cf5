"""A measure as a sum over relevant pictures, each a function of two counts: what is ranked at its place or above.

Under any weights a relevant picture contributes by ``rank``, how many pictures are at its place or above, and ``hits``,
how many of these are relevant. Of the pairs of a relevant picture and another of its query only those can change the
counts in which each is more alike by some column: most others are worse by all of them, so that what depends on the
weights is small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.errors import UsageError
from pictrace.evaluation.cube import Cube
from pictrace.told import told

__all__ = ["MEASURES", "Objective", "Pairs"]

TIE = np.float32(1e-30)
"""What puts the earlier of two equal pictures ahead, and no other."""

Counts = NDArray[np.int64]
Gain = Callable[[Counts, Counts, Counts], NDArray[np.float64]]


def _gains(k: int) -> Mapping[str, Gain]:
    """What a relevant picture adds by (rank, hits, relevant pictures of its query)."""
    ideal = np.concatenate([[1.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    return {
        "mAP": lambda rank, hits, total: hits / rank / total,
        "MRR": lambda rank, hits, total: (hits == 1) / rank,
        "hit@1": lambda rank, hits, total: (rank == 1).astype(np.float64),
        f"hit@{k}": lambda rank, hits, total: ((hits == 1) & (rank <= k)).astype(np.float64),
        f"recall@{k}": lambda rank, hits, total: (rank <= k) / total,
        f"precision@{k}": lambda rank, hits, total: (rank <= k) / k,
        f"nDCG@{k}": lambda rank, hits, total: (rank <= k) / np.log2(1 + rank) / ideal[np.minimum(total, k)],
    }


MEASURES = tuple(_gains(5))
"""What can be learned for, at k = 5."""


@dataclass(frozen=True)
class Pairs:
    """Pairs that depend on the weights, of r relevant pictures one after the other.

    Attributes
    ----------
    ahead : (c + 1, p) float32 array
        By how much the other picture is more alike, by column; the last row parts equals, and always weighs 1.
    offsets : (r + 1,) int64 array
        Where the pairs of each relevant picture begin and end.
    """

    ahead: NDArray[np.float32]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[NDArray[np.float32]], columns: int) -> Pairs:
        """parts: (c + 1, k) for each relevant picture."""
        ahead = np.ascontiguousarray(np.concatenate([np.empty((columns + 1, 0), np.float32), *parts], axis=1))
        return cls(ahead, np.concatenate([[0], np.cumsum([one.shape[1] for one in parts], dtype=np.int64)]))

    @cached_property
    def about(self) -> NDArray[np.int32]:
        """(p,) which relevant picture each pair is about."""
        return np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int32), np.diff(self.offsets))

    def won(self, weights: NDArray[np.float64]) -> Counts:
        """(r, g) how many pairs the other picture wins, under weights (g, c)."""
        whole = np.hstack([weights, np.ones((len(weights), 1))]).astype(np.float32)
        return kernels.leads(self.ahead, self.offsets, whole).astype(np.int64)


@dataclass(frozen=True)
class Objective:
    """The mean over all queries that match anything.

    Attributes
    ----------
    pairs, right_pairs
        All that depend on the weights, and those of them in which the other picture is relevant too.
    rank, hits, totals : (r,) int64 arrays
        Of each relevant picture, the counts that hold under any weights, itself among them, and how many its query has.
    queries
        How many queries match anything.
    gain
        What a relevant picture adds, by (rank, hits, total).
    """

    pairs: Pairs
    right_pairs: Pairs
    rank: Counts
    hits: Counts
    totals: Counts
    queries: int
    gain: Gain

    @classmethod
    def of(cls, cube: Cube, measure: str, *, k: int = 5) -> Objective:
        """The measure of this name over the cube's queries; UsageError where weights cannot be learned for it."""
        gains = {name.lower(): one for name, one in _gains(k).items()}
        if measure.lower() not in gains:
            raise UsageError(
                told(
                    "Weights cannot be learned for {measure}, but for {names}.",
                    measure=repr(measure),
                    names=", ".join(_gains(k)),
                )
            )
        pairs, right_pairs = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
        rank, hits, totals = list[int](), list[int](), list[int]()
        for block in cube.blocks:
            for place in block.right.tolist():
                ahead = np.empty((len(cube.columns) + 1, len(block.ids)), np.float32)
                np.subtract(block.similarity, block.similarity[:, [place]], out=ahead[:-1])
                ahead[-1, :place], ahead[-1, place:] = TIE, 0
                behind = ahead[:-1] < 0
                # Where what parts a pair has no weight, its pictures are equal, and the earlier one is first.
                always = (ahead[-1] > 0) & ~behind.any(axis=0)
                always[place] = True
                right = np.zeros(len(block.ids), np.bool_)
                right[block.right] = True
                depends = (ahead > 0).any(axis=0) & ~behind.all(axis=0) & ~always
                pairs.append(ahead[:, depends])
                right_pairs.append(ahead[:, depends & right])
                rank.append(int(always.sum()))
                hits.append(int((always & right).sum()))
                totals.append(block.total)
        columns, matched = len(cube.columns), sum(one.total > 0 for one in cube.blocks)
        return cls(
            Pairs.of(pairs, columns),
            Pairs.of(right_pairs, columns),
            np.array(rank, np.int64),
            np.array(hits, np.int64),
            np.array(totals, np.int64),
            matched,
            gains[measure.lower()],
        )

    def values(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The measure under each choice of weights of the columns, (g, c) -> (g,)."""
        rank = self.rank[:, np.newaxis] + self.pairs.won(weights)
        hits = self.hits[:, np.newaxis] + self.right_pairs.won(weights)
        found: NDArray[np.float64] = self.gain(rank, hits, self.totals[:, np.newaxis]).sum(axis=0)
        return found / max(1, self.queries)

    def value(self, weights: NDArray[np.float64]) -> float:
        """The measure under one choice of weights, (c,)."""
        return float(self.values(weights[np.newaxis])[0])
