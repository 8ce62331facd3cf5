"""The tone curve between two registered pictures: gain and offset, or gamma, whichever explains it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tone", "fit_tone"]

BINS = 48
FEWEST = 20  # pixels that make a bin's median worth having
EXPONENTS = 2.0 ** np.arange(-2.5, 2.51, 0.05)
ROUNDS = 8


@dataclass(frozen=True)
class Tone:
    """level of the query = 255 * (level of the candidate / 255) ** exponent * gain + offset, clipped to 0 to 255.

    Attributes
    ----------
    error
        Mean distance of the measured curve from this one, in levels.
    before
        From no change at all.
    rival
        From the other model (gamma where this has gain and offset, and the other way round).
    """

    gain: float = 1.0
    offset: float = 0.0
    exponent: float = 1.0
    error: float = 0.0
    before: float = 0.0
    rival: float = 0.0

    def applied(self, levels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Levels of the candidate, float32 0 to 255, as the query shows them."""
        curved = levels if self.exponent == 1 else 255 * (np.clip(levels, 0, 255) / 255) ** self.exponent
        return np.asarray(np.clip(curved * self.gain + self.offset, 0, 255), np.float32)

    @property
    def identity(self) -> bool:
        return self.gain == 1 and self.offset == 0 and self.exponent == 1


def fit_tone(query: NDArray[np.float32], candidate: NDArray[np.float32]) -> Tone:
    """Fit to levels of the same places, (n,) float32 each, 0 to 255.

    The curve is measured as medians over bins of the candidate's levels, so that what was laid over
    a small part of the picture does not bend it. The simpler model wins unless the other is nearer.
    """
    levels, medians, weights = _curve(query, candidate)
    if len(levels) < 2:
        return Tone()

    total = weights.sum()

    def error(tone: Tone) -> float:  # sixty times: numpy's average looks at its arguments for three times as long
        return float((np.abs(tone.applied(levels) - medians) * weights).sum() / total)

    before = error(Tone())
    linear = _linear(levels, medians, weights)
    curved = min((Tone(exponent=float(one)) for one in EXPONENTS), key=error)
    fine = curved.exponent * 2.0 ** np.arange(-0.05, 0.051, 0.01)
    curved = min((Tone(exponent=float(one)) for one in fine), key=error)
    errors = error(linear), error(curved)
    best = linear if errors[0] < errors[1] else curved
    return Tone(best.gain, best.offset, best.exponent, min(errors), before, max(errors))


def _curve(
    query: NDArray[np.float32], candidate: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """(levels of the candidate, the query's medians there, weights), of every bin that holds enough."""
    places = np.clip(candidate * (BINS / 256), 0, BINS - 1).astype(np.int64)
    order = np.argsort(places, kind="stable")
    edges = np.searchsorted(places[order], np.arange(BINS + 1))
    found = []
    for low, high in pairwise(edges):
        if high - low >= FEWEST:
            part = order[low:high]
            found.append((float(np.median(candidate[part])), float(np.median(query[part])), (high - low) ** 0.5))
    table = np.array(found, np.float64).reshape(-1, 3)
    return table[:, 0].astype(np.float32), table[:, 1].astype(np.float32), table[:, 2]


def _linear(levels: NDArray[np.float32], medians: NDArray[np.float32], weights: NDArray[np.float64]) -> Tone:
    """Gain and offset by reweighted least squares, over what is clipped neither in the curve nor by the fit."""
    gain, offset = 1.0, 0.0
    open_ends = (medians > 3) & (medians < 252)
    if open_ends.sum() < 3 or np.ptp(levels[open_ends]) < 16:
        return Tone(1.0, float(np.clip(np.median(medians - levels), -255, 255)))
    x, y, w = levels[open_ends].astype(np.float64), medians[open_ends].astype(np.float64), weights[open_ends]
    soft = np.ones_like(x)
    for _ in range(ROUNDS):
        total = w * soft
        middle, level = np.average(x, weights=total), np.average(y, weights=total)
        spread = np.average((x - middle) ** 2, weights=total)
        gain = float(np.average((x - middle) * (y - level), weights=total) / max(spread, 1e-9))
        offset = float(level - gain * middle)
        soft = 1 / np.maximum(1.0, np.abs(gain * x + offset - y))  # towards least absolute distances
    return Tone(gain, offset)
