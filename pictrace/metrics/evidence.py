"""What a metric can show of a pair of pictures: data only, drawn by pictrace.output and the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.features import Features, RawScores
from pictrace.images.orientation import Variant
from pictrace.images.pixels import RGBImage
from pictrace.metrics.placement import Overlap

__all__ = [
    "BitGrids",
    "Boxes",
    "Channels",
    "ComparedPair",
    "Evidence",
    "Explanation",
    "HeatMap",
    "Lines",
    "Pair",
    "Picture",
    "Region",
    "Swatch",
    "Swatches",
    "Term",
    "Terms",
]


@dataclass(frozen=True)
class Evidence:
    """What all kinds have; what draws a kind is registered with pictrace.metrics.drawn."""

    title: str


@dataclass(frozen=True)
class Picture(Evidence):
    """Evidence: one picture made by the metric."""

    image: RGBImage


@dataclass(frozen=True)
class Lines(Evidence):
    """Evidence: points of the query that correspond to points of the match, and where that places the query."""

    query: RGBImage
    match: RGBImage
    query_points: NDArray[np.float32]  # (k, 2), (x, y) in pixels of ``query``
    match_points: NDArray[np.float32]  # (k, 2), (x, y) in pixels of ``match``
    consistent: NDArray[np.bool_]  # (k,), agrees with one common turn, scale and shift
    distance_bits: NDArray[np.uint16]  # (k,), how many of the descriptors' 256 bits differ
    outline: NDArray[np.float32] | None = None  # (4, 2), where the query lies in ``match``, in its pixels
    overlap: Overlap | None = None  # of the query placed so


@dataclass(frozen=True)
class HeatMap(Evidence):
    """Evidence: how alike a picture is at each place, from ``best`` (the same) to ``worst`` and beyond."""

    picture: RGBImage  # what the map lies over, of any size and shape
    values: NDArray[np.float32]  # (height, width)
    margin: float  # share of each side of the picture that has no values, 0 to 0.5
    worst: float
    best: float


@dataclass(frozen=True)
class Term:
    """One factor of a local measure."""

    name: str
    formula: str  # LaTeX
    values: NDArray[np.float32]  # (height, width)

    @property
    def mean(self) -> float:
        return float(self.values.mean(dtype=np.float64))


@dataclass(frozen=True)
class Terms(Evidence):
    """Evidence: a local measure taken apart into factors, whose product it is at each place."""

    formula: str  # LaTeX
    terms: tuple[Term, ...]
    source: str  # of the formula: authors, title, DOI


@dataclass(frozen=True)
class Region:
    """A part of both pictures, and the local value there. box: (left, top, right, bottom), 0 to 1 of each side."""

    box: tuple[float, float, float, float]
    value: float


@dataclass(frozen=True)
class Boxes(Evidence):
    """Evidence: regions of both pictures that stand out, the most telling first."""

    unit: str  # of the regions' values
    query: RGBImage
    match: RGBImage
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Channels(Evidence):
    """Evidence: the distributions of red, green and blue levels in both pictures."""

    positions: NDArray[np.float32]  # (k,), levels from 0 to 255
    query: NDArray[np.float32]  # (3, k), shares that sum to 1 in each channel
    match: NDArray[np.float32]  # (3, k)


@dataclass(frozen=True)
class Swatch:
    """A colour's part in the metric's value, and its share of either picture's pixels, 0 to 1."""

    rgb: tuple[int, int, int]
    contribution: float
    query_share: float
    match_share: float


@dataclass(frozen=True)
class Swatches(Evidence):
    """Evidence: the colours behind a correlation, the strongest first in each group.

    Attributes
    ----------
    raising, lowering
        Their contributions, positive and negative, sum to the correlation with ``rest``, that of all other colours.
    apart
        The colours whose shares differ most; contributions here are what each takes off a correlation of 1, and over
        all colours they would sum to the correlation less 1.
    """

    raising: tuple[Swatch, ...]
    lowering: tuple[Swatch, ...]
    apart: tuple[Swatch, ...]
    rest: float


@dataclass(frozen=True)
class BitGrids(Evidence):
    """Evidence: two binary codes laid out as grids."""

    query: NDArray[np.bool_]  # (rows, columns)
    match: NDArray[np.bool_]


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
    """Why a metric gave a pair its number. Data only; pictrace.app.shared.evidence draws it."""

    metric: str
    raw: float
    similarity: float
    summary: str
    evidence: tuple[Evidence, ...] = ()
