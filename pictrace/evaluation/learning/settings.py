"""Which ranking settings are worth scoring, so that learning can choose among them."""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.evaluation.cube import Column
from pictrace.metrics.base import Metric

__all__ = ["columns_to_try"]

VALUES = 8


def columns_to_try(metrics: Sequence[Metric]) -> tuple[Column, ...]:
    """For each number that can be set, eight of its values in even steps, the other settings at their defaults.

    All values were compared anyway; each takes 4 bytes a query and picture.
    """
    found = []
    for metric in metrics:
        for setting in metric.settings:
            if setting.numeric:
                step = (len(setting.values) - 1) / (VALUES - 1)
                values = [setting.values[round(number * step)] for number in range(VALUES)]
                found += [Column.of(metric, {setting.name: value}) for value in values]
    return tuple(dict.fromkeys(found))
