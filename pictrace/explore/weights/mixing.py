"""Fused scores at many mixtures of the weights at once, bit for bit those of ``ScoreTable.fused``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["UNRANKED", "Mixer", "mean_ranks", "weights_of", "whole"]

UNRANKED = np.float32(-1)
"""Stands for the score where nothing with a weight could compare the pair; below every score."""


def weights_of(table: ScoreTable, criteria: Criteria) -> NDArray[np.float64]:
    """The weight of each of the table's metrics, (m,); 0 for those that are not named."""
    return np.array([criteria.weights.get(name, 0.0) for name in table.names], np.float64)


@dataclass(frozen=True)
class Mixer:
    """The table's similarities under one choice of ranking settings.

    Attributes
    ----------
    filled
        (m, n) float32, 0 where a metric cannot compare the pair.
    present
        Per metric (n,) float32, 1 where it can, else 0; None where it can compare every pair.
    able
        Whether a metric can compare any picture of the table, and so takes part.
    """

    filled: NDArray[np.float32]
    present: tuple[NDArray[np.float32] | None, ...]
    able: tuple[bool, ...]

    @classmethod
    def of(cls, table: ScoreTable, criteria: Criteria) -> Mixer:
        similarity = np.ascontiguousarray(table.under(criteria)[1].T)
        missing = np.isnan(similarity)
        present = tuple((~row).astype(np.float32) if row.any() else None for row in missing)
        return cls(np.where(missing, np.float32(0), similarity), present, tuple(not row.all() for row in missing))

    def take(self, positions: NDArray[np.intp]) -> Mixer:
        """The same for some of the pictures."""
        present = tuple(None if row is None else row[positions] for row in self.present)
        return Mixer(self.filled[:, positions], present, self.able)

    def scores(self, weights: NDArray[np.float64]) -> NDArray[np.float32]:
        """(g, n) fused scores at g mixtures (g, m); UNRANKED where no metric with a weight could compare.

        The order of the additions is that of ``ScoreTable.fused``: float32 sums depend on it.
        """
        columns = weights.astype(np.float32).T[..., np.newaxis]  # (m, g, 1)
        score = np.zeros((len(weights), self.filled.shape[1]), np.float32)
        able, everywhere = np.zeros((2, len(weights), 1), np.float32)
        for weight, row, taking_part in zip(columns, self.present, self.able, strict=True):
            if taking_part:
                able = able + weight
            if row is None:
                everywhere = everywhere + weight
        compared = np.broadcast_to(everywhere > 0, score.shape)
        for weight, values, row in zip(columns, self.filled, self.present, strict=True):
            if not weight.any():
                continue
            score += weight * values
            if row is not None:
                compared = compared | ((weight > 0) & (row > 0))
        np.divide(score, able, out=score, where=able > 0)
        score[~compared] = UNRANKED
        return score


def mean_ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ranks from 1, the largest score first; equals share the mean of theirs, (n,)."""
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    higher = len(scores) - np.cumsum(counts)
    means: NDArray[np.float64] = higher + (counts + 1) / 2
    return means[which]


def whole(rank: float) -> int | None:
    """A rank as a whole number, None where there is none."""
    return None if np.isnan(rank) else int(rank)
