"""Colours: correlation of 32x32x32 RGB histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import FeatureBatch, Features, Layout, Scale, Settings
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.pixels import RGBImage
from pictrace.metrics.capabilities import Mapped, Sketched
from pictrace.metrics.evidence import Channels, Evidence, Pair, Swatch, Swatches
from pictrace.told import told

__all__ = ["Histogram"]

BINS = 32
SKETCH_SHAPE = (kernels.COARSE_BINS, 2)
MAP_BITS = 3  # of each channel, on a map
SHIFT = 3  # 256 levels / 32 bins
SHOWN = 5  # colours of each kind
NOTABLE = 0.00005  # contributions shown as 0.0001 or more


@dataclass(frozen=True)
class Histogram(Sketched, Mapped):
    """Pearson correlation of the joint RGB histograms, as OpenCV's ``HISTCMP_CORREL``.

    Features: one row per occupied bin, (bin number, count modulo 65536, count div 65536), uint16,
    ascending by bin number; bin = red * 1024 + green * 32 + blue, each channel 0 to 31.
    """

    name: ClassVar[str] = "histogram"
    title: ClassVar[str] = "Colours (histogram)"
    help: ClassVar[str] = "The same colours, wherever they are. Raise it to find cropped and rotated copies."
    formula: ClassVar[str] = (
        r"\rho = \frac{\sum_i (a_i - \bar a)(b_i - \bar b)}"
        r"{\sqrt{\sum_i (a_i - \bar a)^2 \, \sum_i (b_i - \bar b)^2}}"
    )
    in_words: ClassVar[str] = (
        r"Red, green and blue are each cut into 32 steps. $a_i$ and $b_i$ are the shares of the pixels of both "
        r"pictures that have colour $i$, $\bar a$ and $\bar b$ their means."
    )
    fails: ClassVar[str] = (
        "It does not see where the colours are: a red car and a red dress are alike. Other light, a filter or "
        "gray makes a stranger of a copy."
    )
    colour: ClassVar[str] = "#D55E00"
    order: ClassVar[int] = 30
    default_weight: ClassVar[float] = 0.1
    layout: ClassVar[Layout] = Layout(np.dtype(np.uint16), (3,))
    sketch_layout: ClassVar[Layout] = Layout(np.dtype(np.uint16), SKETCH_SHAPE)
    scale: ClassVar[Scale] = Scale("correlation", worst=0.0, best=1.0)
    compares_flat: ClassVar[bool] = True
    map_order: ClassVar[int] = 10

    bins: int = field(default=BINS, init=False, metadata={"short": "b"})

    def extract(self, image: RGBImage) -> Features:
        counts = cv2.calcHist([image], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3).ravel()
        occupied = np.flatnonzero(counts)
        kept = counts[occupied].astype(np.int64)  # float32, exact up to 2 ** 24 pixels
        return np.stack([occupied, kept & 0xFFFF, kept >> 16], axis=1).astype(np.uint16)

    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        return kernels.histogram_correlation(query[:, 0], counts_of(query), batch.rows, batch.offsets, bins=BINS**3)

    @property
    def vector_size(self) -> int:
        return 1 << 3 * MAP_BITS

    def vectors(self, batch: FeatureBatch) -> NDArray[np.float32]:
        """Square roots of the shares of 8 x 8 x 8 colours: Hellinger's distance, which few large shares do not rule."""
        coarse = np.zeros(len(batch.rows), np.int64)
        for shift in (10, 5, 0):
            level = batch.rows[:, 0].astype(np.int64) >> shift & BINS - 1
            coarse = coarse << MAP_BITS | level * (1 << MAP_BITS) // BINS
        owners = np.repeat(np.arange(len(batch)), batch.counts)
        size = self.vector_size
        sums = np.bincount(owners * size + coarse, counts_of(batch.rows), len(batch) * size).reshape(-1, size)
        with np.errstate(invalid="ignore"):  # no rows are no shares: NaN
            return np.asarray(np.sqrt(sums / sums.sum(axis=1, keepdims=True)), np.float32)

    def plausible(self, features: Features) -> bool:
        bins = features[:, 0].astype(np.int64)
        return bool((np.diff(bins) > 0).all() and (bins < BINS**3).all() and features[:, 1:].any(axis=1).all())

    def sketch(self, features: Features) -> Features:
        return kernels.largest_bins(features)[np.newaxis] if len(features) else np.empty((0, *SKETCH_SHAPE), np.uint16)

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        rough = np.full(len(sketches), np.nan, np.float32)
        query = self.sketch(queries[UPRIGHT])
        if len(query):
            rough[sketches.counts > 0] = kernels.histogram_coarse(query[0], sketches.rows)
        return rough

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        positions = (np.arange(BINS, dtype=np.float32) + 0.5) * (1 << SHIFT)
        query, match = (_channels(one) for one in (pair.query_features, pair.match_features))
        return (
            told("The colour histograms ({bins}³ colours) correlate by {value}.", bins=BINS, value=f"{pair.raw:.2f}"),
            (
                Channels(told("Levels of each channel"), positions, query, match),
                _swatches(pair.query_features, pair.match_features),
            ),
        )


def counts_of(features: Features) -> NDArray[np.float32]:
    """Pixels per occupied bin, (k,) float32: exact, since no picture here has 2**24 pixels of one bin."""
    return np.asarray(features[:, 1] + 65536.0 * features[:, 2], np.float32)


def _channels(features: Features) -> NDArray[np.float32]:
    """Share of the pixels per level of red, green and blue: (3, 32) float32."""
    codes, counts = features[:, 0].astype(np.int64), counts_of(features)
    levels = (codes >> 10, codes >> 5 & 31, codes & 31)
    shares = [np.bincount(level, counts, BINS) / counts.sum() for level in levels]
    return np.array(shares, np.float32)


def contributions(query: Features, match: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each bin's part in the Pearson correlation r of two histograms, (32768,), in two ways.

    First what it adds: with both histograms less their mean and scaled to a length of 1, the products u * v sum
    to r. A bin that both fill above their mean raises it, one that only one of them does lowers it. Then what it
    takes off 1: since u and v have the length 1, -(u - v)**2 / 2 sum to r - 1. Where a histogram is the same in
    every bin, r is 1, as in kernels.histogram_correlation, and all bins share alike in it.
    """
    units = []
    for one in (query, match):
        counts = np.zeros(BINS**3)
        counts[one[:, 0]] = counts_of(one)
        spread = counts - counts.mean()
        length = math.sqrt(float(np.square(spread).sum()))  # np.linalg.norm would wake another pool of threads
        if length <= np.finfo(np.float64).eps:
            return np.full(BINS**3, 1 / BINS**3), np.zeros(BINS**3)
        units.append(spread / length)
    first, second = units
    return first * second, -np.square(first - second) / 2


def _swatches(query: Features, match: Features) -> Swatches:
    added, taken = contributions(query, match)
    shares = []
    for one in (query, match):
        share = np.zeros(BINS**3)
        share[one[:, 0]] = counts_of(one) / counts_of(one).sum()
        shares.append(share)
    occupied = np.union1d(query[:, 0], match[:, 0]).astype(np.int64)

    def most(values: NDArray[np.float64]) -> list[int]:
        """The occupied bins of the largest values, where they are large enough to be told."""
        order = occupied[np.argsort(-values[occupied], kind="stable")[:SHOWN]]
        return [int(code) for code in order if values[code] >= NOTABLE]

    def swatches(codes: list[int], parts: NDArray[np.float64]) -> tuple[Swatch, ...]:
        return tuple(
            Swatch(_colour(code), float(parts[code]), float(shares[0][code]), float(shares[1][code])) for code in codes
        )

    raising, lowering, apart = most(added), most(-added), most(-taken)
    rest = float(added.sum() - added[raising + lowering].sum())
    title = told("Colours behind the correlation")
    return Swatches(title, swatches(raising, added), swatches(lowering, added), swatches(apart, taken), rest)


def _colour(code: int) -> tuple[int, int, int]:
    """The middle of a bin."""
    middle = (1 << SHIFT) // 2
    red, green, blue = ((code >> shift & BINS - 1) << SHIFT | middle for shift in (10, 5, 0))
    return red, green, blue
