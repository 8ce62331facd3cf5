"""A metric for tests of what is done with metrics' results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pictrace.features import FeatureBatch, Features, Layout, RawScores, Scale, Settings
from pictrace.images.pixels import RGBImage
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import Evidence, Pair

__all__ = ["ByHand"]


@dataclass(frozen=True)
class ByHand(Metric):
    """Its raw values, similarities, are written down by a test; it looks at no picture."""

    name: ClassVar[str] = "by_hand"
    title: ClassVar[str] = "By hand"
    help: ClassVar[str] = ""
    colour: ClassVar[str] = "#000000"
    layout: ClassVar[Layout] = Layout(np.dtype(np.float32), ())
    scale: ClassVar[Scale] = Scale("units", worst=0, best=1)

    def extract(self, image: RGBImage) -> Features:
        raise NotImplementedError

    def compare(self, query: Features, batch: FeatureBatch) -> RawScores:
        raise NotImplementedError

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        raise NotImplementedError
