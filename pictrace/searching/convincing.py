"""Which values convince: those that unrelated pictures practically never reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.metrics.base import Metric

__all__ = ["convinces"]


def convinces(metric: Metric, raw: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which raw values, at the default settings, are such that unrelated pictures do not reach them."""
    if metric.convincing is None:
        return np.zeros(raw.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray(raw <= metric.convincing if metric.scale.smaller_is_nearer else raw >= metric.convincing)
