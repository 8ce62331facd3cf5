"""Look-alikes: what a deep network sees in both pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels, models
from pictrace.errors import ModelError
from pictrace.features import FeatureBatch, Features, Layout, Scale, Settings
from pictrace.images.orientation import UPRIGHT, Variant, orient
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.metrics._occlusion import deciding_parts
from pictrace.metrics._shared import MIN_CONTRAST
from pictrace.metrics.capabilities import LooksCloser, Mapped, Sketched
from pictrace.metrics.evidence import ComparedPair, Evidence, Pair, Picture
from pictrace.models.sketch import SKETCH_BITS, SKETCH_WORDS, sign_bits
from pictrace.told import told

__all__ = ["Embedding"]


@dataclass(frozen=True)
class Embedding(Sketched, Mapped, LooksCloser):
    """Cosine similarity of the features that a network computes before its last, classifying layer.

    He, Zhang, Ren, Sun: Deep residual learning for image recognition (2016), doi:10.1109/CVPR.2016.90; such features
    as codes for retrieval: Babenko, Slesarev, Chigorin, Lempitsky: Neural codes for image retrieval (2014),
    doi:10.1007/978-3-319-10590-1_38.

    Features: one row of length 1, (1, dimension) float16, bound to one model: its key is part of theirs. Rounding
    to float16 moves a cosine by less than 0.0005; lengths are made 1 again in float32 when two are compared.

    It compares upright: networks are trained on mirrored pictures too, and eight passes would cost a query eight
    times as much for turned ones, which keypoints and hashes find anyway.
    """

    name: ClassVar[str] = "embedding"
    title: ClassVar[str] = "Look-alikes (embedding)"
    help: ClassVar[str] = (
        "The same kind of thing, as a deep network sees it. Raise it to find look-alikes that share no pixels."
    )
    formula: ClassVar[str] = r"\cos\theta = \frac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}"
    in_words: ClassVar[str] = (
        "A deep network that was trained to tell a thousand kinds of things apart describes the pictures by two "
        "vectors, $a$ and $b$. The value is the cosine of the angle between them."
    )
    fails: ClassVar[str] = (
        "Two cats are alike to it, whether or not it is the same cat. Documents, charts and screenshots, which it "
        "was not trained on, all look alike."
    )
    colour: ClassVar[str] = "#009E73"
    order: ClassVar[int] = 50
    default_weight: ClassVar[float] = 1.4  # other views of a place, which share few details
    sketch_layout: ClassVar[Layout] = Layout(np.dtype(np.uint64), (SKETCH_WORDS,))
    on_demand: ClassVar[bool] = True
    preselected: ClassVar[int] = 25
    closer_look: ClassVar[str] = told("Which parts decide?")
    looking: ClassVar[str] = told("Covering the pictures part by part")

    model: models.Model = field(default_factory=lambda: models.MODELS[0], metadata={"short": ""})
    problem: str = field(default="", compare=False, metadata={"short": ""})

    @property
    def feature_key(self) -> str:
        return f"{self.name}-{self.model.key}-v{self.version}"

    @property
    def layout(self) -> Layout:
        return Layout(np.dtype(np.float16), (self.model.dimension,))

    @property
    def scale(self) -> Scale:
        return Scale("cosine similarity", worst=self.model.unrelated, best=1.0)

    def current(self) -> Embedding:
        try:
            model, problem = models.chosen_model(), ""
        except ModelError as error:
            model, problem = self.model, str(error)
        if model == self.model and problem == self.problem:
            return self
        return Embedding(model, problem)

    def unavailable(self) -> str:
        return self.problem or models.why_not(self.model)

    def remedy(self) -> models.Model | None:
        lacking = not self.problem and not models.is_here(self.model)
        return self.model if lacking and self.model.addresses else None

    def working_with(self, model: models.Model) -> Embedding:
        return Embedding(model)

    def make_ready(self) -> None:
        models.network_of(self.model)

    def cli_words(self) -> list[str]:
        if self.model == models.default_model():
            return []
        return ["--model", self.model.name if self.model.path is None else str(self.model.path)]

    def extract(self, image: RGBImage) -> Features:
        network = models.network_of(self.model)
        square = network.see(image)
        if float(to_gray(square).std()) < MIN_CONTRAST:
            return self.layout.empty()
        row = network.embed([square])
        length = float(np.linalg.norm(row))
        return (row / np.float32(length)).astype(np.float16) if length > 0 else self.layout.empty()

    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        return kernels.cosines(query[0], batch.rows)

    def sketch(self, features: Features) -> Features:
        return sign_bits(features.astype(np.float32)) if len(features) else np.empty((0, SKETCH_WORDS), np.uint64)

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        """The bits that are equal, of 2048."""
        rough = np.full(len(sketches), np.nan, np.float32)
        query = self.sketch(queries[UPRIGHT])
        if len(query):
            rough[sketches.counts > 0] = np.float32(SKETCH_BITS) - kernels.hamming_rows(query[0], sketches.rows)
        return rough

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        how = self.model.preprocessing
        return (
            told(
                "By {model}: cosine similarity {value} (the same picture: 1; unrelated: about {unrelated}).",
                model=self.model.title,
                value=f"{pair.raw:.2f}",
                unrelated=f"{self.model.unrelated:.2f}",
            ),
            (
                Picture(told("What it sees of your picture"), models.seen(pair.query, how)),
                Picture(told("What it sees of the match"), models.seen(pair.match, how)),
            ),
        )

    def look_closer(self, pair: ComparedPair) -> tuple[str, tuple[Evidence, ...]]:
        """Both pictures, the parts that the similarity hangs on left bright: patch by patch covered with gray."""
        query = orient(pair.query, next(iter(pair.features)))
        return deciding_parts(models.network_of(self.model), query, pair.match)
