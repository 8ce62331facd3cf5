"""What a metric can show of a pair of pictures: data only, drawn by pictrace.app.panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.images import RGBImage, Variant
from pictrace.metrics.arrays import Features, RawScores

__all__ = [
    "BitGrids",
    "ComparedPair",
    "Evidence",
    "Explanation",
    "Lines",
    "Pair",
    "Picture",
    "Profile",
]


@dataclass(frozen=True)
class Picture:
    """Evidence: one picture made by the metric."""

    title: str
    image: RGBImage


@dataclass(frozen=True)
class Lines:
    """Evidence: points of the query that correspond to points of the match."""

    title: str
    query: RGBImage
    match: RGBImage
    query_points: NDArray[np.float32]  # (k, 2), (x, y) in pixels of ``query``
    match_points: NDArray[np.float32]  # (k, 2), (x, y) in pixels of ``match``
    consistent: NDArray[np.bool_]  # (k,), agrees with one common turn, scale and shift
    outline: NDArray[np.float32] | None = None  # (4, 2), where the query lies in ``match``, in its pixels


@dataclass(frozen=True)
class Profile:
    """Evidence: two distributions over the same axis."""

    title: str
    axis: str
    positions: NDArray[np.float32]  # (k,)
    query: NDArray[np.float32]  # (k,), shares that sum to 1
    match: NDArray[np.float32]  # (k,)
    colour: str  # hexadecimal, of what the distribution is about


@dataclass(frozen=True)
class BitGrids:
    """Evidence: two binary codes laid out as grids."""

    title: str
    query: NDArray[np.bool_]  # (rows, columns)
    match: NDArray[np.bool_]


Evidence = Picture | Lines | Profile | BitGrids


@dataclass(frozen=True)
class Pair:
    """A comparable pair, the query in the orientation that fits: pixels, features and raw value."""

    query: RGBImage
    match: RGBImage
    query_features: Features
    match_features: Features
    raw: float


@dataclass(frozen=True)
class ComparedPair:
    """Two pictures compared by one metric: features of the query by orientation, and every score."""

    query: RGBImage
    match: RGBImage
    features: Mapping[Variant, Features]
    match_features: Features
    scores: RawScores


@dataclass(frozen=True)
class Explanation:
    """Why a metric gave a pair its number. Data only; pictrace.app.panels draws it."""

    metric: str
    raw: float
    similarity: float
    summary: str
    evidence: tuple[Evidence, ...] = ()
