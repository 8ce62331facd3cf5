"""The field's measures of a ranking, each for many samples of the queries at once.

A sample says how often each query is in it, (b, q): all once is the figure itself, others make intervals. Measures of
single queries are means over those that match anything; as in ranx, precision@k divides by k, nDCG@k has gains of 0 and
1. micro-AP and the recall at a precision take the pairs of all queries as one list, as scikit-learn would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import UsageError
from pictrace.evaluation.standing import Standing
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.told import told

__all__ = ["Measure", "by_query", "level_at", "measure_named", "measures"]

PRECISION = 0.999
SAMPLES_AT_ONCE = 200

Samples = NDArray[np.float64]
Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """of: the figure for each sample, (b, q) -> (b,). single: for each query, (q,), where it is a mean of these."""

    name: str
    help: str
    of: Callable[[Standing, Samples], Figures]
    single: Callable[[Standing], Figures] | None = None


def measures(k: int = 5, false_alarms: float = FALSE_ALARMS) -> tuple[Measure, ...]:
    """All of them. k: how many matches are looked at. false_alarms: the share of searches that may raise one."""
    if k < 1:
        raise UsageError(told("{k} matches cannot be looked at. Give 1 or more.", k=k))
    if not 0 < false_alarms < 1:
        raise UsageError(
            told(
                "{false_alarms:g} is no share of searches. Give a number between 0 and 1, such as 0.005.",
                false_alarms=false_alarms,
            )
        )
    rate = f"{100 * false_alarms:g} %"
    return (
        _mean("mAP", told("mean average precision"), lambda s: by_query(s, s.hits / s.rank, s.totals)),
        Measure(
            "found",
            told(
                "queries whose best right picture scores above what a wrong one reaches in {rate} of all searches",
                rate=rate,
            ),
            lambda s, samples: _found(s, samples, false_alarms),
            lambda s: _matched(s, s.best_right > level_at(s, np.ones((1, len(s.totals))), false_alarms)[0]),
        ),
        _mean(
            "MRR",
            told("mean reciprocal rank of the first right picture"),
            lambda s: by_query(s, (s.hits == 1) / s.rank),
        ),
        _mean("hit@1", told("queries whose first match is right"), lambda s: by_query(s, s.rank == 1)),
        _mean(f"hit@{k}", told("queries with a right picture among the first {k}", k=k), lambda s: _hit(s, k)),
        _mean(
            f"recall@{k}", told("right pictures among the first {k}", k=k), lambda s: by_query(s, s.rank <= k, s.totals)
        ),
        _mean(
            f"precision@{k}", told("how many of the first {k} are right", k=k), lambda s: by_query(s, (s.rank <= k) / k)
        ),
        _mean(f"nDCG@{k}", told("the same, the first counting most, of the first {k}", k=k), lambda s: _ndcg(s, k)),
        Measure("micro-AP", told("average precision of all pairs in one list"), _micro_ap),
        Measure("recall@P99.9", told("right pairs above the score from which 99.9 % are right"), _recall_at_precision),
    )


def measure_named(name: str, k: int = 5, false_alarms: float = FALSE_ALARMS) -> Measure:
    """The measure of this name, whatever its case; UsageError lists those that there are."""
    known = measures(k, false_alarms)
    for one in known:
        if one.name.lower() == name.lower():
            return one
    raise UsageError(
        told(
            "There is no measure named {name}. There are: {names}.",
            name=repr(name),
            names=", ".join(one.name for one in known),
        )
    )


def by_query(s: Standing, parts: NDArray[np.generic], over: NDArray[np.int64] | None = None) -> Figures:
    """(q,) the sums of what relevant pictures contribute, (r,), over that many; NaN where nothing matches."""
    sums = np.bincount(s.query, np.asarray(parts, np.float64), minlength=len(s.totals))
    return _matched(s, sums if over is None else sums / np.maximum(over, 1))


def level_at(s: Standing, samples: Samples, false_alarms: float) -> NDArray[np.float32]:
    """(b,) what the best wrong picture of a search scores at the most in all but that share of the searches."""
    if not len(s.totals):
        return np.full(len(samples), -1, np.float32)
    order = np.argsort(-s.best_wrong, kind="stable")
    seen = np.cumsum(samples[:, order], axis=1)
    first = (seen > false_alarms * seen[:, -1:]).argmax(axis=1)
    levels: NDArray[np.float32] = s.best_wrong[order][first]
    return levels


def _mean(name: str, explained: str, single: Callable[[Standing], Figures]) -> Measure:
    return Measure(name, explained, lambda s, samples: _weighted_mean(single(s), samples), single)


def _weighted_mean(values: Figures, samples: Samples) -> Figures:
    known = ~np.isnan(values)
    weights = samples[:, known]
    with np.errstate(invalid="ignore", divide="ignore"):  # a sample may hold strangers alone
        means: Figures = weights @ values[known] / weights.sum(axis=1)
    return means


def _matched(s: Standing, values: NDArray[np.generic]) -> Figures:
    return np.where(s.matched, np.asarray(values, np.float64), np.nan)


def _found(s: Standing, samples: Samples, false_alarms: float) -> Figures:
    above = s.best_right[np.newaxis] > level_at(s, samples, false_alarms)[:, np.newaxis]
    weights = samples * s.matched
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Figures = (weights * above).sum(axis=1) / weights.sum(axis=1)
    return shares


def _hit(s: Standing, k: int) -> Figures:
    return by_query(s, (s.hits == 1) & (s.rank <= k))


def _ndcg(s: Standing, k: int) -> Figures:
    gains = by_query(s, np.where(s.rank <= k, 1 / np.log2(1 + s.rank), 0))
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    return gains / ideal[np.clip(s.totals, 1, k) - 1]


def _counts(s: Standing, samples: Samples) -> tuple[Figures, Figures, Figures]:
    """(b, t) relevant pictures and others that reach each threshold, and (b, 1) relevant pictures in all."""
    return samples @ s.right_above.T, samples @ s.wrong_above.T, (samples @ s.totals)[:, np.newaxis]


def _over_pairs(of: Callable[[Figures, Figures, Figures], Figures]) -> Callable[[Standing, Samples], Figures]:
    """A measure by what reaches each threshold: right (b, t), wrong (b, t), all that is right (b, 1)."""

    def figures(s: Standing, samples: Samples) -> Figures:
        if not len(s.thresholds):
            return np.where((samples @ s.totals) > 0, 0.0, np.nan)
        parts = [samples[one : one + SAMPLES_AT_ONCE] for one in range(0, len(samples), SAMPLES_AT_ONCE)]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([of(*_counts(s, part)) for part in parts])

    return figures


def _average_precision(right: Figures, wrong: Figures, total: Figures) -> Figures:
    precision = right / np.maximum(right + wrong, 1e-12)
    found: Figures = (np.diff(right, axis=1, prepend=0) * precision).sum(axis=1) / total[:, 0]
    return found


def _recall(right: Figures, wrong: Figures, total: Figures) -> Figures:
    found: Figures = np.where(right >= PRECISION * (right + wrong), right, 0).max(axis=1) / total[:, 0]
    return found


_micro_ap = _over_pairs(_average_precision)
_recall_at_precision = _over_pairs(_recall)
