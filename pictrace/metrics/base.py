"""What every metric offers, and the arrays that metrics exchange with the rest of PicTrace."""

from __future__ import annotations

import bisect
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pictrace.images import UPRIGHT, VARIANTS, RGBImage, Variant, orient

__all__ = [
    "BitGrids",
    "ComparedPair",
    "Evidence",
    "Explanation",
    "FeatureBatch",
    "Features",
    "Layout",
    "Lines",
    "Metric",
    "Pair",
    "Picture",
    "Profile",
    "RawScores",
    "Scale",
    "Setting",
    "SettingValue",
    "Settings",
]

Features = NDArray[Any]
"""One picture's features: shape (k, *layout.row_shape), dtype layout.dtype.

k = 0 is a picture that this metric cannot compare (no keypoints, one flat colour)."""

SettingValue = float | str
Settings = Mapping[str, SettingValue]


@dataclass(frozen=True)
class Layout:
    """How a metric's features look: one row's shape and dtype; a picture has zero or more rows."""

    dtype: np.dtype[Any]
    row_shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        return int(np.prod(self.row_shape, dtype=np.int64)) * self.dtype.itemsize

    def empty(self) -> Features:
        """Features of a picture that cannot be compared: no rows."""
        return np.empty((0, *self.row_shape), self.dtype)

    def pack(self, features: Features) -> bytes:
        """Raw little-endian C-order bytes; the layout itself is named by the feature key.

        Raises ValueError where the features are not of this layout (a mistake in the metric).
        """
        if features.dtype != self.dtype or features.shape[1:] != self.row_shape:
            raise ValueError(f"features {features.dtype}{features.shape} are not rows of {self}")
        return np.ascontiguousarray(features).tobytes()

    def unpack(self, data: bytes) -> Features:
        """The inverse of pack, as a read-only view; ValueError where the length is not whole rows."""
        if len(data) % self.row_bytes:
            raise ValueError(f"{len(data)} bytes are not whole rows of {self.row_bytes} bytes")
        return np.frombuffer(data, self.dtype).reshape(-1, *self.row_shape)


@dataclass(frozen=True)
class FeatureBatch:
    """Features of n candidates in one contiguous array.

    Candidate i owns rows[offsets[i]:offsets[i + 1]]; no rows means "not comparable".
    """

    rows: NDArray[Any]  # (total, *row_shape)
    offsets: NDArray[np.int64]  # (n + 1,), ascending from 0 to total

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Features:
        return self.rows[self.offsets[index] : self.offsets[index + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Rows per candidate, (n,)."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, features: Sequence[Features], layout: Layout) -> FeatureBatch:
        """The features of several pictures, put together in their order."""
        offsets = np.zeros(len(features) + 1, np.int64)
        np.cumsum([len(one) for one in features], out=offsets[1:])
        rows = np.concatenate([layout.empty(), *features])
        return cls(rows, offsets)

    def take(self, indices: NDArray[np.int64]) -> FeatureBatch:
        """The candidates at these positions, in this order."""
        counts = self.counts[indices]
        if len(counts) and counts.min() == counts.max() == 1:
            return FeatureBatch(self.rows[self.offsets[indices]], np.arange(len(indices) + 1))
        offsets = np.zeros(len(indices) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        rows = np.empty((int(offsets[-1]), *self.rows.shape[1:]), self.rows.dtype)
        for position, index in enumerate(indices):
            rows[offsets[position] : offsets[position + 1]] = self[index]
        return FeatureBatch(rows, offsets)


@dataclass(frozen=True)
class Scale:
    """A raw value's unit, and the fixed straight line from it to similarity in [0, 1].

    ``worst`` is the raw value that means nothing in common, ``best`` the one that means the same;
    a distance has best < worst. Values beyond them are clipped, NaN stays NaN.
    """

    unit: str
    worst: float
    best: float
    whole: bool = False  # raw values are counts, shown without decimals

    def similarity(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Similarity in [0, 1], float32, of raw values of any shape."""
        line = (raw - np.float32(self.worst)) * np.float32(1.0 / (self.best - self.worst))
        return np.asarray(np.clip(line, np.float32(0), np.float32(1)), np.float32)

    def describe(self, raw: float) -> str:
        """The value in words: "14 of 64 bits differ" is unit "of 64 bits differ"."""
        if np.isnan(raw):
            return "not comparable"
        return f"{raw:.0f} {self.unit}" if self.whole else f"{raw:.2f} {self.unit}"


@dataclass(frozen=True)
class Setting:
    """A ranking setting: every value is scored at once, so that moving it is a look-up."""

    name: str
    title: str
    help: str
    values: tuple[SettingValue, ...]
    default: SettingValue
    labels: Mapping[SettingValue, str] = field(default_factory=dict)

    @property
    def numeric(self) -> bool:
        return isinstance(self.default, float)

    def position(self, value: SettingValue) -> int:
        """Where the value lies among ``values``, the nearest for a number.

        Raises ValueError for a number outside of the range and for an unknown word.
        """
        if not self.numeric:
            if value not in self.values:
                raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.values))}, not {value!r}")
            return self.values.index(value)
        grid, number = [float(one) for one in self.values], float(value)
        if not grid[0] - 1e-9 <= number <= grid[-1] + 1e-9:
            raise ValueError(f"{self.name} must lie between {grid[0]:g} and {grid[-1]:g}, not {number:g}")
        after = min(bisect.bisect_left(grid, number), len(grid) - 1)
        before = max(after - 1, 0)
        return before if number - grid[before] < grid[after] - number else after


@dataclass(frozen=True)
class RawScores:
    """One query against n candidates, in the metric's own unit; NaN = this pair cannot be compared.

    ``raw`` has the shape (*number of values of each ranking setting, n): (n,) for a metric without
    settings. ``variant`` has raw's shape: the index of the query's orientation that gave the value.
    """

    raw: NDArray[np.float32]
    variant: NDArray[np.uint8]

    @classmethod
    def upright(cls, raw: NDArray[np.float32]) -> RawScores:
        return cls(raw, np.zeros(raw.shape, np.uint8))


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


@dataclass(frozen=True)
class Metric(ABC):
    """One way of comparing pictures. Its dataclass fields are its extraction parameters."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    colour: ClassVar[str]  # of the Okabe-Ito palette, hexadecimal
    order: ClassVar[int] = 100  # of display: smaller comes first
    default_weight: ClassVar[float] = 1.0  # in the balanced preset
    version: ClassVar[int] = 1  # raised when extract gives other numbers for the same picture
    layout: ClassVar[Layout]
    scale: ClassVar[Scale]
    small: ClassVar[bool] = False  # a few bytes, kept apart from the large features
    convincing: ClassVar[float | None] = None
    """Raw value, at the default settings, that unrelated pictures practically never reach."""
    sketch_layout: ClassVar[Layout | None] = None
    """Rows of the digest that stands for large features in the first stage of a search; see sketch."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    variants: ClassVar[tuple[Variant, ...]] = (UPRIGHT,)
    """Orientations of the query worth comparing one by one; the metric is blind to the others."""
    symmetric: ClassVar[bool] = True  # compare(a, b) == compare(b, a)
    not_comparable: ClassVar[str] = "One of the pictures is a single flat tone, without anything to compare."

    @property
    def feature_key(self) -> str:
        """Names the features with all that shaped them, such as ``orb-n500-px512-v1``."""
        parts = [f"{one.metadata['short']}{getattr(self, one.name)}" for one in dataclasses.fields(self)]
        return "-".join([self.name, *parts, f"v{self.version}"])

    @property
    def sketch_key(self) -> str:
        """Names the sketches of these features."""
        return f"{self.feature_key}-sketch"

    @abstractmethod
    def extract(self, image: RGBImage) -> Features:
        """Features of one picture, (k, *layout.row_shape); no rows where it cannot be compared."""

    @abstractmethod
    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        """The query against every candidate at once, for every value of the ranking settings."""

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        """The query's features in these orientations; by default, of the picture turned each way."""
        return {one: self.extract(orient(image, one)) for one in variants}

    def sketch(self, features: Features) -> Features:
        """One row of sketch_layout from a picture's features; no rows where it cannot be compared."""
        raise NotImplementedError(f"{self.name} has no sketch")

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        """Roughly how near each of n candidates is, (n,), larger is nearer, NaN = not comparable.

        queries: full features, as for compare_variants. Only the order matters: it decides which
        candidates are compared exactly, never a score.
        """
        raise NotImplementedError(f"{self.name} has no sketch")

    @abstractmethod
    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        """What the number rests on: a sentence, and what can be shown. The pair is comparable."""

    def explain(
        self,
        query: RGBImage,
        match: RGBImage,
        settings: Settings | None = None,
        *,
        orientations: bool = False,
    ) -> Explanation:
        """The evidence for one pair, with exactly the number that compare gives.

        orientations: what compare_variants gives over all of ``variants``, the query shown as it fits.
        """
        return self.explain_pair(self.compare_pair(query, match, orientations=orientations), settings)

    def compare_pair(self, query: RGBImage, match: RGBImage, *, orientations: bool) -> ComparedPair:
        """All that explaining needs, for every value of the ranking settings."""
        features = self.extract_variants(query, self.variants if orientations else (UPRIGHT,))
        second = self.extract(match)
        scores = self.compare_variants(features, FeatureBatch.of([second], self.layout))
        return ComparedPair(query, match, features, second, scores)

    def explain_pair(self, pair: ComparedPair, settings: Settings | None = None) -> Explanation:
        """The evidence under these ranking settings; nothing is extracted or compared again."""
        chosen = {**self.default_settings(), **(settings or {})}
        place = (*self.setting_positions(chosen), 0)
        raw = pair.scores.raw[place]
        if np.isnan(raw):
            return Explanation(self.name, float(raw), float(raw), self.not_comparable)
        fitting = self.compared_as(VARIANTS[int(pair.scores.variant[place])])
        oriented = orient(pair.query, fitting)
        one = Pair(oriented, pair.match, pair.features[fitting], pair.match_features, float(raw))
        summary, parts = self.evidence(one, chosen)
        similarity = float(self.scale_for(chosen).similarity(raw))
        return Explanation(self.name, float(raw), similarity, summary, parts)

    def compare_variants(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        """The best over the query's orientations, by similarity; which one it was in ``variant``."""
        best: RawScores | None = None
        for variant, features in queries.items():
            scores = self.compare(features, batch)
            labelled = RawScores(scores.raw, self.label_variant(variant, scores.variant))
            best = labelled if best is None else self._better(best, labelled)
        if best is None:
            raise ValueError("no orientation of the query was given")
        return best

    def compared_as(self, variant: Variant) -> Variant:
        """Which of ``variants`` a labelled orientation was compared as."""
        return variant

    def label_variant(self, variant: Variant, found: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Which orientation a score of this query variant stands for; by default, the variant itself."""
        return np.full(found.shape, variant.index, np.uint8)

    def scale_for(self, settings: Settings) -> Scale:
        """The scale under these ranking settings."""
        return self.scale

    def setting_positions(self, settings: Settings) -> tuple[int, ...]:
        """Index into the leading axes of RawScores.raw; settings not named are at their default."""
        return tuple(one.position(settings.get(one.name, one.default)) for one in self.settings)

    def default_settings(self) -> dict[str, SettingValue]:
        return {one.name: one.default for one in self.settings}

    def _better(self, one: RawScores, other: RawScores) -> RawScores:
        smaller_is_nearer = self.scale.best < self.scale.worst
        with np.errstate(invalid="ignore"):
            wins = other.raw < one.raw if smaller_is_nearer else other.raw > one.raw
        wins |= np.isnan(one.raw) & ~np.isnan(other.raw)
        return RawScores(np.where(wins, other.raw, one.raw), np.where(wins, other.variant, one.variant))
