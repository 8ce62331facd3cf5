"""What is good under a share of false alarms, and what each match is told."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.judging import judged
from pictrace.features import RawScores
from pictrace.metrics.histogram import Histogram
from pictrace.metrics.sift import Sift
from pictrace.searching.chances import Chances, brief_expected, told_expected, told_share
from pictrace.searching.table import Criteria, ScoreTable

METRICS = (Histogram(), Sift())
CRITERIA = Criteria(weights={"histogram": 1.0, "sift": 1.0})


def accidents(searches: int = 300, seed: int = 1) -> Accidents:
    """Colours as they come; each further keypoint that agrees is five times as rare."""
    rng, nearest = np.random.default_rng(seed), 10
    shape = tuple(len(one.values) for one in METRICS[1].settings)
    raw: dict[str, NDArray[np.floating]] = {
        "histogram": rng.beta(2, 6, searches * nearest).astype(np.float32),
        "sift": np.broadcast_to(1 + rng.geometric(0.8, searches * nearest), (*shape, searches * nearest)).astype(
            np.float16
        ),
    }
    keys = {one.name: one.feature_key for one in METRICS}
    return Accidents(keys, raw, np.arange(searches + 1) * nearest, 1000)


def table(colours: list[float], details: list[float]) -> ScoreTable:
    shape = tuple(len(one.values) for one in METRICS[1].settings)
    counts = np.broadcast_to(np.array(details, np.float32), (*shape, len(details))).copy()
    columns = (RawScores.upright(np.array(colours, np.float32)), RawScores.upright(counts))
    return ScoreTable(np.arange(1, len(colours) + 1), METRICS, columns, 1000)


def chances(
    found: ScoreTable, *, alarms: float = 0.005, details: dict[int, int] | None = None, own: int = 0
) -> Chances:
    said = judged([accidents()], found, CRITERIA, alarms=alarms, query_id=own, shown=[1, 2], details=details)
    assert said is not None
    return said


def test_what_chance_never_gives_is_good() -> None:
    said = chances(table([0.9, 0.3], [15, 3]))
    assert said.good == {1}
    assert said.best() < 0.001 < said.p[2]


def test_a_list_holds_a_share_of_false_ones_once_something_is_found() -> None:
    """What is too near to chance alone may stand behind what is not: chance gives few so good."""
    alone, doubtful = 0.6, 0.55
    assert chances(table([doubtful] * 3 + [0.1], [5.0] * 3 + [2.0]), details={9: 1}).good == frozenset()
    found = chances(table([alone, *[doubtful] * 3, 0.1], [14.0, *[5.0] * 3, 2.0]), details={9: 1})
    assert found.good == {1, 2, 3, 4}
    assert max(found.p[one] for one in found.good) > found.alarms


def test_keypoints_alone_convince() -> None:
    assert chances(table([0.0, 0.3], [14, 3])).good == {1}


def test_what_chance_gives_is_not_good_but_the_query_itself_is() -> None:
    assert chances(table([0.3, 0.3], [3, 3])).good == frozenset()
    own = chances(table([1.0, 0.3], [15, 3]), own=1)
    assert own.good == {1}
    assert own.best() < 1e-6 < 0.05 < own.best([1])


def test_a_closer_look_finds_what_is_in_doubt() -> None:
    doubtful = table([0.55, 0.3], [5, 3])
    assert chances(doubtful).good == frozenset()
    assert chances(doubtful, details={1: 12, 2: 3}).good == {1}
    assert chances(doubtful, details={1: 3, 2: 3}).good == frozenset()


def test_more_false_alarms_find_more() -> None:
    found = table(list(np.linspace(0.2, 0.9, 30)), [4.0] * 30)
    counts = [len(chances(found, alarms=alarms, details={}).good) for alarms in (0.001, 0.01, 0.1, 0.9)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.slow
def test_no_more_false_alarms_than_stated() -> None:
    """Searches like those of the background, by all kinds of evidence together."""
    fresh = accidents(400, seed=2)
    raised = 0
    for start, stop in zip(fresh.offsets[:-1], fresh.offsets[1:], strict=True):
        found = table(fresh.raw["histogram"][start:stop].tolist(), fresh.raw["sift"][0, 0, start:stop].tolist())
        raised += bool(chances(found, alarms=0.05).good)
    assert raised <= 0.05 * 400 + 9  # two standard deviations


def test_each_match_is_told_by_each_metric() -> None:
    expected = chances(table([0.9, 0.3], [15, 3])).expected
    assert expected[1]["sift"] < 0.01 < expected[2]["histogram"]
    assert told_expected(0.0004, 10_000) == "0.0004 of your 10,000 pictures would come as near by accident"
    assert told_expected(2.34, 50) == "2 of your 50 pictures would come as near by accident"
    assert told_expected(40, 50).startswith("most of your 50")
    assert told_expected(float("nan"), 50) == brief_expected(float("nan"), 50) == ""
    assert brief_expected(3e-9, 2000) == "fewer than 0.000001 of 2,000"


def test_shares_in_words() -> None:
    assert told_share(0.005) == "1 in 200 searches"
    assert told_share(1 / 12345) == "1 in 12,000 searches"
    assert told_share(1e-8) == "fewer than 1 in 1,000,000 searches"
    assert told_share(0.7) == "most searches"
    assert told_share(1.0) == "nearly every search"
