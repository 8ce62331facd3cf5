"""The accidents that ship fit the metrics of today."""

from __future__ import annotations

import numpy as np

from pictrace.calibration.closer import LOOKED_AT, rarity
from pictrace.calibration.shipped import shipped, shipped_details, shipped_details_key
from pictrace.metrics import ready_metrics
from pictrace.service.second_look import METRIC


def test_they_are_of_the_features_of_today() -> None:
    keys = {one.name: one.feature_key for one in ready_metrics()} | {"details": METRIC.feature_key}
    known = {**shipped().keys, "details": shipped_details_key()}
    assert keys.items() <= known.items(), (
        "Features have changed, so that pictrace/calibration/strangers.npz says nothing of them. Make it again: "
        "python -m tools.make_strangers FOLDER, with some hundred photographs that have nothing in common."
    )


def test_there_are_enough_to_tell_one_in_a_hundred() -> None:
    assert shipped().searches >= 100
    assert len(shipped_details()) > 4 * shipped().searches
    assert all(
        shipped().raw[one.name].shape[:-1] == tuple(len(s.values) for s in one.settings) for one in ready_metrics()
    )


def test_more_details_are_rarer() -> None:
    known = rarity(np.empty(0, np.int64))
    assert known[0] == 1
    assert (known[1:] <= known[:-1]).all()
    assert known[10] < 1 / 500 / LOOKED_AT
