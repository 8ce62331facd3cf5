"""The arrays that metrics exchange with stores and searches, and what says how to read them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.told import told

__all__ = [
    "FeatureBatch",
    "FeatureSpec",
    "Features",
    "HasFeatures",
    "Layout",
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

LARGEST = 1e9
"""Of a floating-point number in features, where a metric does not say otherwise."""


@dataclass(frozen=True)
class Layout:
    """How a metric's features look; a picture has zero or more rows.

    Parameters
    ----------
    dtype : numpy.dtype
    row_shape : tuple of int
        Of one row.
    low, high : float
        What every number lies within; numbers of another catalog that do not are refused. By default all that the
        dtype holds, of floating-point numbers those whose squares can be summed in float32 without an overflow.
    """

    dtype: np.dtype[Any]
    row_shape: tuple[int, ...]
    low: float = -LARGEST
    high: float = LARGEST

    @property
    def row_bytes(self) -> int:
        return math.prod(self.row_shape) * self.dtype.itemsize

    def empty(self) -> Features:
        """Features of a picture that cannot be compared: no rows."""
        return np.empty((0, *self.row_shape), self.dtype)

    def holds(self, features: Features) -> bool:
        """Whether every number lies within the bounds; NaN does not."""
        if not np.issubdtype(self.dtype, np.floating) and (self.low, self.high) == (-LARGEST, LARGEST):
            return True
        with np.errstate(invalid="ignore"):  # a signalling NaN of another catalog
            numbers = features.astype(np.float64)
        return bool(((numbers >= self.low) & (numbers <= self.high)).all())

    def pack(self, features: Features) -> bytes:
        """Raw little-endian C-order bytes; the layout itself is named by the feature key.

        Parameters
        ----------
        features : (k, *row_shape) array

        Raises
        ------
        ValueError
            Where the features are not of this layout (a mistake in the metric).
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
class FeatureSpec:
    """What a store knows of a kind of features.

    Attributes
    ----------
    key : str
        Names the features with all that shaped them, such as ``orb-n500-px512-v1``.
    layout : Layout
        How one picture's features look.
    small : bool
        Whether they are a few bytes only, kept apart from large ones.
    plausible : callable, optional
        Whether a metric could give these features: what others send is asked for by it.
    """

    key: str
    layout: Layout
    small: bool
    plausible: Callable[[Features], bool] | None = field(default=None, compare=False, repr=False)

    def believes(self, features: Features) -> bool:
        """Whether they can be compared without harm, whoever sent them."""
        return self.layout.holds(features) if self.plausible is None else self.plausible(features)


class HasFeatures(Protocol):
    """A metric, as stores see it: its name, its features, and what the first stage of a search reads of them."""

    @property
    def name(self) -> str: ...

    @property
    def spec(self) -> FeatureSpec: ...

    @property
    def sketch_spec(self) -> FeatureSpec | None: ...

    def kept(self, features: Features) -> dict[FeatureSpec, Features]: ...


@dataclass(frozen=True)
class FeatureBatch:
    """Features of n candidates in one contiguous array.

    Candidate i owns rows[offsets[i]:offsets[i + 1]]; no rows means "not comparable".

    Parameters
    ----------
    rows : (total, *row_shape) array
        All candidates' rows, one after the other.
    offsets : (n + 1,) int64 array
        Ascending from 0 to total.
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

    def having_rows(self) -> FeatureBatch:
        """The candidates that have rows, in their order; the rows are not copied."""
        starts = self.offsets[:-1][self.counts > 0]
        return FeatureBatch(self.rows, np.append(starts, self.offsets[-1]))

    def part(self, start: int, stop: int) -> FeatureBatch:
        """The candidates from one position up to another; nothing is copied."""
        offsets = self.offsets[start : stop + 1]
        return FeatureBatch(self.rows[offsets[0] : offsets[-1]], offsets - offsets[0])

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

    Values beyond its ends are clipped, NaN stays NaN.

    Attributes
    ----------
    unit : str
        What stands behind the number: "of 64 bits differ".
    worst, best : float
        The raw values that mean nothing in common, and the same; a distance has best < worst.
    whole : bool
        Raw values are counts, shown without decimals.
    """

    unit: str
    worst: float
    best: float
    whole: bool = False

    def similarity(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Similarity in [0, 1], float32, of raw values of any shape."""
        line = (raw - np.float32(self.worst)) * np.float32(1.0 / (self.best - self.worst))
        return np.asarray(np.clip(line, np.float32(0), np.float32(1)), np.float32)

    @property
    def smaller_is_nearer(self) -> bool:
        """Whether raw values are distances."""
        return self.best < self.worst

    def number(self, raw: float) -> str:
        """The value without its unit."""
        return f"{raw:z.0f}" if self.whole else f"{raw:z.2f}"  # no "-0"


@dataclass(frozen=True)
class Setting:
    """A ranking setting: every value is scored at once, so that moving it is a look-up.

    Attributes
    ----------
    name : str
        By which programs know it.
    title, help : str
        What people read.
    values : tuple of float or of str
        All that it can be; numbers ascend.
    default : float or str
        One of them.
    labels
        What people read instead of a value, by value.
    """

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

        Raises
        ------
        ValueError
            For a number outside of the range and for an unknown word.
        """
        if not self.numeric:
            if value not in self.values:
                raise ValueError(
                    told(
                        "{name} must be one of {values}, not {value}",
                        name=self.name,
                        values=", ".join(map(str, self.values)),
                        value=repr(value),
                    )
                )
            return self.values.index(value)
        grid, number = [float(one) for one in self.values], float(value)
        if not grid[0] - 1e-9 <= number <= grid[-1] + 1e-9:
            raise ValueError(
                told(
                    "{name} must lie between {least:g} and {most:g}, not {number:g}",
                    name=self.name,
                    least=grid[0],
                    most=grid[-1],
                    number=number,
                )
            )
        after = min(bisect.bisect_left(grid, number), len(grid) - 1)
        before = max(after - 1, 0)
        return before if number - grid[before] < grid[after] - number else after


@dataclass(frozen=True)
class RawScores:
    """One query against n candidates.

    Attributes
    ----------
    raw : (*number of values of each ranking setting, n) float32 array
        In the metric's own unit; (n,) for a metric without settings. NaN: this pair cannot be compared.
    variant : uint8 array of raw's shape
        The index of the query's orientation that gave the value.
    """

    raw: NDArray[np.float32]
    variant: NDArray[np.uint8]

    @classmethod
    def upright(cls, raw: NDArray[np.float32]) -> RawScores:
        return cls(raw, np.zeros(raw.shape, np.uint8))
