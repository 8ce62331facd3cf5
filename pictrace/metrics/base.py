"""What every metric offers. The arrays and the evidence that it exchanges are named here too."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pictrace.features import (
    FeatureBatch,
    Features,
    FeatureSpec,
    Layout,
    RawScores,
    Scale,
    Setting,
    Settings,
    SettingValue,
)
from pictrace.images.orientation import UPRIGHT, VARIANTS, Variant, orient
from pictrace.images.pixels import RGBImage
from pictrace.metrics.evidence import ComparedPair, Evidence, Explanation, Pair

__all__ = ["Metric"]


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
    small: ClassVar[bool] = False  # a few bytes, kept apart from the large features
    convincing: ClassVar[float | None] = None
    """Raw value, at the default settings, that unrelated pictures practically never reach."""
    sketch_layout: ClassVar[Layout | None] = None
    """Rows of the digest that stands for large features in the first stage of a search; see sketch."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    variants: ClassVar[tuple[Variant, ...]] = (UPRIGHT,)
    """Orientations of the query worth comparing one by one; the metric is blind to the others."""
    map_order: ClassVar[int] = 0  # of the metrics that have vectors: a map by the smallest is shown first
    symmetric: ClassVar[bool] = True  # compare(a, b) == compare(b, a)
    not_comparable: ClassVar[str] = "One of the pictures is a single flat tone, without anything to compare."

    on_demand: ClassVar[bool] = False
    """Extracting costs so much that a query goes without while the metric weighs nothing."""
    preselected: ClassVar[int] = 1
    """Times the shortlist that the sketches choose; the features themselves choose the shortlist of those."""
    closer_look: ClassVar[str] = ""
    """What ``look_closer`` answers, as the label of a button; "" where there is nothing to ask."""

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """How its features look; a metric with one layout says so by a class variable."""

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """The fixed line from raw values to similarity; mostly a class variable too."""

    def unavailable(self) -> str:
        """Why it cannot extract features now, and what to do, in plain words; "" when it is ready."""
        return ""

    def current(self) -> Metric:
        """This metric as it is now: itself, unless what it works with was exchanged."""
        return self

    def make_ready(self) -> None:
        """Load what extracting needs, ahead of the first picture; PicTraceError where that fails."""
        return  # most need nothing

    @property
    def feature_key(self) -> str:
        """Names the features with all that shaped them, such as ``orb-n500-px512-v1``."""
        parts = [f"{one.metadata['short']}{getattr(self, one.name)}" for one in dataclasses.fields(self)]
        return "-".join([self.name, *parts, f"v{self.version}"])

    @property
    def sketch_key(self) -> str:
        """Names the sketches of these features."""
        return f"{self.feature_key}-sketch"

    @property
    def spec(self) -> FeatureSpec:
        """What a store needs to know of these features."""
        return FeatureSpec(self.feature_key, self.layout, self.small)

    @property
    def sketch_spec(self) -> FeatureSpec | None:
        """The same of what the first stage of a search reads; None where a metric has nothing small."""
        if self.sketch_layout is not None:
            return FeatureSpec(self.sketch_key, self.sketch_layout, small=True)
        return self.spec if self.small else None

    def kept(self, features: Features) -> dict[FeatureSpec, Features]:
        """All that a store keeps of a picture's features: themselves, and their sketch where there is one."""
        kept = {self.spec: features}
        if self.sketch_layout is not None and self.sketch_spec is not None:
            kept[self.sketch_spec] = self.sketch(features)
        return kept

    @abstractmethod
    def extract(self, image: RGBImage) -> Features:
        """Features of one picture, (k, *layout.row_shape); no rows where it cannot be compared."""

    @abstractmethod
    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        """The query against every candidate at once, for every value of the ranking settings."""

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        """The query's features in these orientations; by default, of the picture turned each way."""
        return {one: self.extract(orient(image, one)) for one in variants}

    def turned(self, features: Features) -> Mapping[Variant, Features]:
        """A picture's features in the orientations of ``variants`` that its features alone can tell, upright among
        them. They may be a little off what extract_variants gives: for statistics, never for a score."""
        return {UPRIGHT: features}

    @property
    def vector_size(self) -> int:
        """How many numbers one of ``vectors`` has; 0 where the features are no points, so that there is no map by them.

        By default, those of a row of floating-point numbers.
        """
        is_float = np.issubdtype(self.layout.dtype, np.floating)
        return int(np.prod(self.layout.row_shape, dtype=np.int64)) if is_float else 0

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

    def plausible(self, features: Features) -> bool:
        """Whether extract could give these: what another catalog brings must not break a comparison.

        By default, at most one row, of finite numbers.
        """
        return len(features) <= 1 and bool(np.isfinite(features).all())

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

    def look_closer(self, pair: ComparedPair) -> tuple[str, tuple[Evidence, ...]]:
        """Evidence that takes seconds to make, on request only; see closer_look."""
        raise NotImplementedError(f"{self.name} has nothing more to show")

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
        if fitting.label:
            summary += f" Your picture was compared, and is shown here, {fitting.label}."
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
