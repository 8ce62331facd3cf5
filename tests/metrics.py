"""A metric for tests of what is done with metrics' results, and how the README lists metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, Features, Layout, Scale
from pictrace.images.pixels import RGBImage
from pictrace.metrics.base import Metric

__all__ = ["ByHand", "readme_table"]


@dataclass(frozen=True)
class ByHand(Metric):
    """Its raw values, similarities, are written down by a test; it looks at no picture."""

    name: ClassVar[str] = "by_hand"
    title: ClassVar[str] = "By hand"
    help: ClassVar[str] = ""
    layout: ClassVar[Layout] = Layout(np.dtype(np.float32), ())
    scale: ClassVar[Scale] = Scale("units", worst=0, best=1)

    def extract(self, image: RGBImage) -> Features:
        raise NotImplementedError

    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        raise NotImplementedError


def readme_table(metrics: Iterable[Metric]) -> str:
    """The README's table of these metrics."""
    rows = [f"| {one.title} | {one.help.partition('. ')[0].rstrip('.')}. | {one.scale.unit} |" for one in metrics]
    return "\n".join(["| metric | what it looks for | value |", "| --- | --- | --- |", *rows])
