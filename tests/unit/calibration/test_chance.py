"""How often chance does as well, on made scores: what is said is what happens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.chance import Calibration, calibrated
from pictrace.calibration.closer import DETAIL
from pictrace.metrics.histogram import Histogram
from pictrace.metrics.phash import PHash
from pictrace.searching.table import Criteria

COLOURS = Histogram()
HASH = PHash()
CRITERIA = Criteria(weights={"histogram": 1.0})


def accidents(values: NDArray[np.float64], *, pictures: int | None = None) -> Accidents:
    """values (searches, k): each search's nearest by colours."""
    searches, k = values.shape
    raw = {"histogram": values.astype(np.float32).reshape(-1)}
    return Accidents({"histogram": COLOURS.feature_key}, raw, np.arange(searches + 1) * k, pictures or k)


def calibration(*sources: Accidents) -> Calibration:
    return Calibration(sources, [COLOURS], CRITERIA)


@pytest.mark.parametrize("searches", [20, 199])
def test_false_alarms_are_never_more_than_stated(searches: int) -> None:
    """Exchangeable searches without an answer, a thousand times: the share with p <= eps is eps, or a little less."""
    rng = np.random.default_rng(2)
    said = []
    for _ in range(1000):
        best = rng.beta(2, 5, (searches + 1, 5))
        said.append(calibration(accidents(best[1:])).p(float(np.float32(best[0]).max()), 5))
    for eps in (0.05, 0.2, 0.5):
        share = float(np.mean(np.array(said) <= eps))
        assert eps - 1 / searches - 0.05 < share < eps + 0.03, eps


@pytest.mark.parametrize("times", [0.1, 0.5, 4.0])
def test_a_catalog_of_another_size_is_allowed_for(times: float) -> None:
    """The best of ten times fewer is smaller, the best of four times as many larger."""
    rng, among = np.random.default_rng(3), 100
    known = calibration(accidents(rng.random((400, among))))
    now = round(among * times)
    said = np.array([known.p(rng.random(now).max(), now) for _ in range(2000)])
    for eps in (0.05, 0.3):
        assert np.mean(said <= eps) == pytest.approx(eps, abs=0.04)


def test_ties_count_as_no_better_than_chance() -> None:
    known = calibration(accidents(np.full((99, 3), 0.5)))
    assert known.p(0.5, 3) == pytest.approx(1.0)
    assert known.p(0.51, 3) == pytest.approx(0.01)


def test_beyond_the_sample_the_tail_says_how_rare_it_is() -> None:
    known = calibration(accidents(np.random.default_rng(1).beta(2, 20, (300, 4))))
    assert 0 < known.p(0.95, 4) < known.p(0.6, 4) < 1 / 301


def test_few_searches_say_no_more_than_they_can() -> None:
    assert calibration(accidents(np.zeros((9, 2)))).p(1.0, 2) == pytest.approx(0.1)


def test_what_cannot_be_compared_counts_for_nothing() -> None:
    values = np.array([[0.9, np.nan], [np.nan, np.nan], [0.2, 0.1]])
    known = calibration(accidents(values))
    assert known.p(0.5, 2) == pytest.approx(2 / 4)
    assert known.p(0.0, 2) == pytest.approx(1.0)
    assert np.isnan(known.expected(COLOURS, np.nan, 2))


def test_a_search_without_a_near_picture_is_one_without_an_accident() -> None:
    raw = {"histogram": np.array([0.5], np.float32)}
    some = Accidents({"histogram": COLOURS.feature_key}, raw, np.array([0, 0, 1, 1]), 10)
    assert calibration(some).p(0.4, 10) == pytest.approx(2 / 4)


def test_how_many_pictures_come_as_near_grows_with_the_catalog() -> None:
    known = calibration(accidents(np.linspace(0, 1, 1000).reshape(10, 100)))
    assert known.expected(COLOURS, 0.9, 100) == pytest.approx(10, abs=0.5)
    assert known.expected(COLOURS, 0.9, 1000) == pytest.approx(100, abs=5)
    assert 0 < known.expected(COLOURS, 2.0, 100) <= 0.1


def test_of_distances_the_smaller_ones_are_near() -> None:
    raw = {"phash": np.arange(20, 32, dtype=np.float32)}
    some = Accidents({"phash": HASH.feature_key}, raw, np.arange(0, 13, 3), 3)
    known = Calibration([some], [HASH], Criteria(weights={"phash": 1.0}))
    assert known.expected(HASH, 19.0, 3) <= 0.25
    assert known.expected(HASH, 22.0, 3) == pytest.approx(3 / 4)


def test_origins_count_as_they_have_searches() -> None:
    """Three searches that chance reaches, one that it does not: (1 + 3) / (1 + 4)."""
    known = calibration(accidents(np.full((3, 1), 0.9)), accidents(np.zeros((1, 1))))
    assert known.p(0.5, 1) == pytest.approx(4 / 5)


def test_accidents_of_other_features_say_nothing() -> None:
    some = accidents(np.zeros((9, 2)))
    assert calibrated([some], [COLOURS], CRITERIA) is not None
    other = Accidents({"histogram": "histogram-b8-v0"}, some.raw, some.offsets, 2)
    assert calibrated([other], [COLOURS], CRITERIA) is None
    assert calibrated([], [COLOURS], CRITERIA) is None
    assert calibrated([some], [HASH], Criteria(weights={"phash": 1.0})) is None


def test_a_metric_that_weighs_nothing_need_not_fit() -> None:
    found = calibrated([accidents(np.zeros((9, 2)))], [COLOURS, HASH], CRITERIA)
    assert found is not None
    assert found.p(0.5, 2) == pytest.approx(0.1)


def test_searches_for_plain_pictures_say_nothing_of_one_with_details() -> None:
    """As near to each other as skies are, those without a hash reach what no other search does."""
    plain, others = 20, 120
    colours = np.concatenate([np.full(plain, 0.9), np.full(others, 0.3)]).astype(np.float32)
    bits = np.concatenate([np.full(plain, np.nan), np.full(others, 30.0)]).astype(np.float32)
    keys = {one.name: one.feature_key for one in (COLOURS, HASH)}
    some = Accidents(keys, {"histogram": colours, "phash": bits}, np.arange(plain + others + 1), 1)
    sky, detailed = (
        calibrated([some], [COLOURS, HASH], CRITERIA, compared=names)
        for names in (["histogram"], ["histogram", "phash"])
    )
    assert sky is not None
    assert detailed is not None
    assert (sky.searches, detailed.searches) == (plain + others, others)
    assert detailed.p(0.5, 1) <= 1 / (1 + others) < (1 + plain) / (1 + plain + others) == pytest.approx(sky.p(0.5, 1))


def test_of_few_searches_for_pictures_of_a_kind_nothing_follows() -> None:
    bits = np.where(np.arange(60) < 50, np.nan, 30.0).astype(np.float32)
    some = Accidents({"phash": HASH.feature_key}, {"phash": bits}, np.arange(61), 1)
    assert some.compared_by(["phash"]).searches == 10
    known = calibrated([some], [HASH], Criteria(weights={"phash": 1.0}), compared=["phash"])
    assert known is not None
    assert known.searches == 60


def test_details_that_a_catalog_shares_make_a_closer_look_say_less() -> None:
    some = accidents(np.random.default_rng(1).beta(2, 20, (300, 5)))
    covers = replace(some, details=np.full(80, 7))
    level = 0.2 + 7 * DETAIL
    assert calibration(some).p_looked_at(level, 5) < calibration(covers).p_looked_at(level, 5) / 5
