"""What a threshold trades: precision against recall, and what is found against false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.evaluation.standing import Standing

__all__ = ["Curve", "found_against_alarms", "precision_recall", "roc"]


@dataclass(frozen=True)
class Curve:
    """(t,) each: what is given up, what is got, and the score that has it, the highest first."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    threshold: NDArray[np.float32]


def precision_recall(s: Standing) -> Curve:
    """Precision (y) by recall (x) over all pairs, at each score of a relevant picture."""
    right, wrong = s.right_above.sum(axis=1), s.wrong_above.sum(axis=1)
    return Curve(right / max(1, int(s.totals.sum())), right / np.maximum(right + wrong, 1), s.thresholds)


def roc(s: Standing) -> Curve:
    """The share of right pairs (y) by the share of wrong pairs (x) that reach each score of a relevant picture."""
    right, wrong = s.right_above.sum(axis=1), s.wrong_above.sum(axis=1)
    return Curve(wrong / max(1, sum(map(len, s.wrong))), right / max(1, int(s.totals.sum())), s.thresholds)


def found_against_alarms(s: Standing) -> Curve:
    """The share of queries that are found (y) by the share of searches that raise a false alarm (x).

    A level is what the best wrong picture of some search scores: a query is found above it.
    """
    levels = np.unique(s.best_wrong)[::-1]
    wrong, right = np.sort(s.best_wrong), np.sort(s.best_right[s.matched])
    alarms = len(wrong) - np.searchsorted(wrong, levels, side="right")
    found = len(right) - np.searchsorted(right, levels, side="right")
    return Curve(alarms / max(1, len(wrong)), found / max(1, len(right)), levels)
