"""What only some metrics can do: a metric that can derives from these, in the place of Metric."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, Features, FeatureSpec, Layout, RawScores
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.kernels.votes import Voters
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import ComparedPair, Evidence
from pictrace.told import told

__all__ = ["ComparesTogether", "Indexed", "LooksCloser", "Mapped", "Sketched"]


@dataclass(frozen=True)
class ComparesTogether(Metric):
    """A metric that compares all orientations of the query in one go, faster than one by one."""

    @abstractmethod
    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        """The best over the query's orientations, for every candidate; see Metric.compare_many."""

    @final
    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        return self.compare_many({UPRIGHT: query}, batch).raw


@dataclass(frozen=True)
class Sketched(Metric):
    """A metric of large features, each picture's with a small digest that the first stage of a search reads."""

    sketch_layout: ClassVar[Layout]  # one row a picture
    preselected: ClassVar[int] = 1
    """Times the shortlist that the sketches choose; the features themselves choose the shortlist of those."""
    served_by: ClassVar[str] = ""
    """Another metric, whose index finds what this one would choose, too, and which tells whether a pair is mirrored,
    where it is searched by."""

    @abstractmethod
    def sketch(self, features: Features) -> Features:
        """One row of sketch_layout from a picture's features; no rows where it cannot be compared."""

    @abstractmethod
    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        """Roughly how near each of n candidates is, (n,), larger is nearer, NaN = not comparable.

        queries: full features by orientation; any, and any candidate, may have no rows. Only the order matters: it
        decides which candidates are compared exactly, never a score.
        """

    @property
    def sketch_spec(self) -> FeatureSpec:
        return FeatureSpec(f"{self.feature_key}-sketch", self.sketch_layout, small=True)

    def kept(self, features: Features) -> dict[FeatureSpec, Features]:
        return {self.spec: features, self.sketch_spec: self.sketch(features)}


@dataclass(frozen=True)
class Indexed(Metric):
    """A metric of keypoints, all of which an inverted index by cells holds: better than sketches at choosing."""

    @property
    @abstractmethod
    def index_key(self) -> str:
        """Names the index with all that shaped it, as feature_key names features."""

    @abstractmethod
    def side_for(self, pictures: int) -> int:
        """How fine the cells should be for so many pictures: there are side * side."""

    @abstractmethod
    def placed(self, rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The cell of each row (k,), and its entry (k, 3) as kernels.keypoint_votes reads it, of picture 0."""

    @abstractmethod
    def voters(self, queries: Mapping[Variant, Features], side: int) -> tuple[Voters, NDArray[np.uint32]]:
        """The keypoints of the query's orientations, q in all, and the cells to look into for each, (q, m)."""


@dataclass(frozen=True)
class Mapped(Metric):
    """A metric whose features are points, so that there is a map of the catalog by it."""

    map_order: ClassVar[int] = 0  # of the mapped metrics: a map by the smallest is shown first

    @property
    def vector_size(self) -> int:
        """How many numbers one of ``vectors`` has; by default, those of a row."""
        return int(np.prod(self.layout.row_shape, dtype=np.int64))

    def vectors(self, batch: FeatureBatch) -> NDArray[np.float32]:
        """Candidates as points, (n, vector_size): the nearer, the more alike; NaN where there is nothing to compare.

        By default, ``points`` of their first rows.
        """
        present = batch.counts > 0
        vectors = np.full((len(batch), self.vector_size), np.nan, np.float32)
        vectors[present] = self.points(batch.rows[batch.offsets[:-1][present]])
        return vectors

    def points(self, rows: Features) -> NDArray[np.float32]:
        """Rows of n pictures, one each, as points (n, vector_size); by default, the directions in which they point."""
        flat = rows.reshape(-1, self.vector_size).astype(np.float32)
        with np.errstate(invalid="ignore", divide="ignore"):  # a row of zeros has no direction: NaN
            return np.asarray(flat / np.sqrt(np.square(flat).sum(axis=1, keepdims=True)), np.float32)


@dataclass(frozen=True)
class LooksCloser(Metric):
    """A metric with evidence that takes seconds to make, so that it is made on request only."""

    closer_look: ClassVar[str]  # the request, as the label of a button
    looking: ClassVar[str] = told("Looking closer")  # what is shown meanwhile

    @abstractmethod
    def look_closer(self, pair: ComparedPair) -> tuple[str, tuple[Evidence, ...]]:
        """A sentence, and what can be shown."""
