"""What every metric offers: a few things that its author writes, and what follows from them.

A metric declares ``name``, ``title``, ``help``, ``layout`` and ``scale``, and defines ``extract`` and ``compare``;
``evidence`` says more than the default sentence. docs/metrics.md begins with an example. What only some metrics can
do stands apart: pictrace.metrics.capabilities and pictrace.metrics.readiness.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

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
from pictrace.images.orientation import UPRIGHT, Variant, orient
from pictrace.images.pixels import RGBImage
from pictrace.metrics.described import described
from pictrace.metrics.evidence import ComparedPair, Evidence, Explanation, Pair
from pictrace.metrics.orientations import SQUARES, UPRIGHT_ONLY, Orientations, fitting, turned_squares
from pictrace.metrics.readiness import Readiness
from pictrace.told import fixed, joined, told

__all__ = ["Metric"]


@dataclass(frozen=True)
class Metric(Readiness, ABC):
    """One way of comparing pictures. Its dataclass fields are its extraction parameters."""

    name: ClassVar[str]  # lower-case letters, digits and underscores
    title: ClassVar[str]
    help: ClassVar[str]

    # What may be declared besides.
    settings: ClassVar[tuple[Setting, ...]] = ()
    orientations: ClassVar[Orientations] = UPRIGHT_ONLY
    convincing: ClassVar[float | None] = None
    """Raw value, at the default settings, that unrelated pictures practically never reach."""
    default_weight: ClassVar[float] = 1.0  # in the balanced preset
    formula: ClassVar[str] = ""  # LaTeX of the raw value
    in_words: ClassVar[str] = ""  # what the formula's letters stand for, and where they come from
    fails: ClassVar[str] = ""  # when it finds too much or too little
    order: ClassVar[int] = 100  # of display: smaller comes first
    colour: ClassVar[str] = ""  # hexadecimal, where it shall have a certain one; see pictrace.metrics.colours
    small: ClassVar[bool] = False  # a few bytes, kept apart from the large features
    symmetric: ClassVar[bool] = True  # compare(a, b) == compare(b, a)
    compares_flat: ClassVar[bool] = False  # a picture of one flat tone has features, too
    not_comparable: ClassVar[str] = told("One of the pictures is a single flat tone, without anything to compare.")
    version: ClassVar[int] = 1  # raised when extract gives other numbers for the same picture

    # What its author writes.

    @property
    @abstractmethod
    def layout(self) -> Layout:
        """How its features look; a metric with one layout says so by a class variable."""

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """The fixed line from raw values to similarity; mostly a class variable too."""

    @abstractmethod
    def extract(self, image: RGBImage) -> Features:
        """Features of one picture.

        Parameters
        ----------
        image : (height, width, 3) uint8
            sRGB, its long side at most 512 px.

        Returns
        -------
        (k, *layout.row_shape) array of layout.dtype
            No rows where the picture cannot be compared.
        """

    @abstractmethod
    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        """The query against every candidate at once, for every value of the ranking settings.

        Parameters
        ----------
        query : (k, *layout.row_shape) array
            One row or more.
        batch : FeatureBatch
            Of n candidates, one or more, each of which has one row or more: of a metric whose pictures have one row
            each, ``batch.rows`` are the candidates.

        Returns
        -------
        (*number of values of each setting, n) array
            Raw values, in the unit of ``scale``; NaN where a pair cannot be compared.
        """

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        """What the number rests on: a sentence, and what can be shown, if anything. The pair is comparable."""
        value = described(self.scale_for(settings), pair.raw)
        return told("{metric}: {value}.", metric=fixed(self.title), value=value), ()

    # What it may write where the default does not fit.

    def plausible(self, features: Features) -> bool:
        """Whether extract could give these: what another catalog brings must not break a comparison.

        By default, at most one row, of numbers within the bounds of the layout.
        """
        return len(features) <= 1 and self.layout.holds(features)

    def scale_for(self, settings: Settings) -> Scale:
        """The scale under these ranking settings."""
        return self.scale

    def extract_variants(self, image: RGBImage, variants: Sequence[Variant]) -> dict[Variant, Features]:
        """The query's features in these orientations; by default, of the picture turned each way."""
        if self.orientations is SQUARES:
            return turned_squares(self.extract(image), variants)
        return {one: self.extract(orient(image, one)) for one in variants}

    def turned(self, features: Features) -> dict[Variant, Features]:
        """A picture's features in the orientations of ``variants`` that its features alone can tell, upright among
        them. They may be a little off what extract_variants gives: for statistics, never for a score."""
        if self.orientations is SQUARES:
            return turned_squares(features, self.variants)
        return {UPRIGHT: features}

    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        """The best over the query's orientations, by similarity, for every candidate.

        queries and batch are such as ``compare`` gets; at least one orientation is there.
        """
        best: RawScores | None = None
        for variant, query in queries.items():
            raw = np.asarray(self.compare(query, batch), np.float32)
            scores = RawScores(raw, np.full(raw.shape, variant.index, np.uint8))
            best = scores if best is None else self.nearer(best, scores)
        if best is None:
            raise ValueError("no orientation of the query was given")
        return best

    # What follows.

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Orientations of the query worth comparing one by one; the metric is blind to the others."""
        return self.orientations.variants

    @property
    def feature_key(self) -> str:
        """Names the features with all that shaped them, such as ``orb-n500-px512-v1``."""
        parts = [f"{one.metadata['short']}{getattr(self, one.name)}" for one in dataclasses.fields(self)]
        return "-".join([self.name, *parts, f"v{self.version}"])

    @property
    def spec(self) -> FeatureSpec:
        """What a store needs to know of these features."""
        return FeatureSpec(self.feature_key, self.layout, self.small, self.plausible)

    @property
    def sketch_spec(self) -> FeatureSpec | None:
        """The same of what the first stage of a search reads; None where a metric has nothing small."""
        return self.spec if self.small else None

    def kept(self, features: Features) -> dict[FeatureSpec, Features]:
        """All that a store keeps of a picture's features."""
        return {self.spec: features}

    @final
    def scores(self, query: Features, batch: FeatureBatch) -> RawScores:
        """The query as it is against n candidates, of which any may have no rows."""
        return self.compare_variants({UPRIGHT: query}, batch)

    @final
    def compare_variants(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        """The best over the query's orientations, by similarity; which one it was in ``variant``.

        NaN where the candidate has no rows; for all of them where no orientation of the query has any.
        """
        able = {variant: features for variant, features in queries.items() if len(features)}
        present = batch.counts > 0
        if able and len(batch) and present.all():
            return self.compare_many(able, batch)
        shape = (*(len(setting.values) for setting in self.settings), len(batch))
        found = RawScores.upright(np.full(shape, np.nan, np.float32))
        if able and present.any():
            some = self.compare_many(able, batch.having_rows())
            found.raw[..., present], found.variant[..., present] = some.raw, some.variant
        return found

    @final
    def nearer(self, one: RawScores, other: RawScores) -> RawScores:
        """Of two scores of each pair, the one that means more similarity."""
        with np.errstate(invalid="ignore"):
            wins = other.raw < one.raw if self.scale.smaller_is_nearer else other.raw > one.raw
        wins |= np.isnan(one.raw) & ~np.isnan(other.raw)
        return RawScores(np.where(wins, other.raw, one.raw), np.where(wins, other.variant, one.variant))

    @final
    def explain(
        self,
        query: RGBImage,
        match: RGBImage,
        settings: Settings | None = None,
        *,
        orientations: bool = False,
    ) -> Explanation:
        """The evidence for one pair, with exactly the number that comparing gives.

        Parameters
        ----------
        orientations
            What compare_variants gives over all of ``variants``, the query shown as it fits.
        """
        return self.explain_pair(self.compare_pair(query, match, orientations=orientations), settings)

    @final
    def compare_pair(self, query: RGBImage, match: RGBImage, *, orientations: bool) -> ComparedPair:
        """All that explaining needs, for every value of the ranking settings."""
        features = self.extract_variants(query, self.variants if orientations else (UPRIGHT,))
        second = self.extract(match)
        scores = self.compare_variants(features, FeatureBatch.of([second], self.layout))
        return ComparedPair(query, match, features, second, scores)

    @final
    def explain_pair(self, pair: ComparedPair, settings: Settings | None = None) -> Explanation:
        """The evidence under these ranking settings; nothing is extracted or compared again."""
        chosen = {**self.default_settings(), **(settings or {})}
        place = (*self.setting_positions(chosen), 0)
        raw = pair.scores.raw[place]
        if np.isnan(raw):
            return Explanation(self.name, float(raw), float(raw), self.not_comparable)
        variant = fitting(int(pair.scores.variant[place]), self.variants)
        query = orient(pair.query, variant)
        one = Pair(query, pair.match, pair.features[variant], pair.match_features, float(raw))
        summary, parts = self.evidence(one, chosen)
        if variant.label:
            turned = told("Compared and shown with your picture {change}.", change=variant.label)
            summary = joined(summary, turned)
        similarity = float(self.scale_for(chosen).similarity(raw))
        return Explanation(self.name, float(raw), similarity, summary, parts)

    @final
    def setting_positions(self, settings: Settings) -> tuple[int, ...]:
        """Index into the leading axes of RawScores.raw; settings not named are at their default."""
        return tuple(one.position(settings.get(one.name, one.default)) for one in self.settings)

    @final
    def default_settings(self) -> dict[str, SettingValue]:
        return {one.name: one.default for one in self.settings}

    @final
    def option(self, setting: Setting) -> str:
        """What a setting is called beside those of other metrics, such as ``orb-ratio``: names have no hyphens."""
        return f"{self.name}-{setting.name}"
