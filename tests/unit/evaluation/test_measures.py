"""Measures against scikit-learn, and against what is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, ndcg_score, precision_recall_curve, roc_curve

from pictrace.errors import UsageError
from pictrace.evaluation.curves import found_against_alarms, precision_recall, roc
from pictrace.evaluation.intervals import everything, figure, p_value, samples_of
from pictrace.evaluation.measures import measure_named, measures
from pictrace.evaluation.standing import Standing, standing
from tests.unit.evaluation.cubes import block, cube_of, random_cube

EQUAL = np.ones(3, np.float32)


def value(name: str, s: Standing, k: int = 5, false_alarms: float = 0.005) -> float:
    return float(measure_named(name, k, false_alarms).of(s, everything(len(s.totals)))[0])


def places(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Numbers in the order of the scores, all different: of equal scores the first has the larger one."""
    found = np.empty(len(scores))
    found[np.argsort(-scores, kind="stable")] = -np.arange(len(scores))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_measures_of_single_queries_are_those_of_scikit_learn(seed: int) -> None:
    cube = random_cube(seed)
    s = standing(cube, EQUAL)
    precisions, gains = [], []
    for one in cube.blocks:
        if one.total:
            scores = places(one.fused(EQUAL))
            truth = np.isin(np.arange(len(scores)), one.right)
            precisions.append(average_precision_score(truth, scores))
            gains.append(ndcg_score([truth], [scores], k=5))
    assert value("mAP", s) == pytest.approx(np.mean(precisions))
    assert value("nDCG@5", s) == pytest.approx(np.mean(gains))


@pytest.mark.parametrize("seed", range(3))
def test_measures_of_all_pairs_are_those_of_scikit_learn(seed: int) -> None:
    cube = random_cube(seed)
    s = standing(cube, EQUAL)
    truth = np.concatenate([np.isin(np.arange(len(one.ids)), one.right) for one in cube.blocks])
    scores = np.concatenate([one.fused(EQUAL) for one in cube.blocks])
    assert value("micro-AP", s) == pytest.approx(average_precision_score(truth, scores))
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    assert value("recall@P99.9", s) == pytest.approx(recall[precision >= 0.999].max(initial=0))
    ours = precision_recall(s)
    at_ours = np.searchsorted(thresholds, ours.threshold)
    np.testing.assert_allclose(ours.x, recall[:-1][at_ours])
    np.testing.assert_allclose(ours.y, precision[:-1][at_ours])
    false, true, at = roc_curve(truth, scores, drop_intermediate=False)
    ours = roc(s)
    at_ours = np.searchsorted(-at, -ours.threshold)
    np.testing.assert_allclose(ours.x, false[at_ours])
    np.testing.assert_allclose(ours.y, true[at_ours])


def test_what_is_counted_by_hand() -> None:
    first = block(np.array([[0.9, 0.8, 0.7, 0.6]]), [1, 3])
    second = block(np.array([[0.9, 0.2, 0.9, 0.1]]), [2], number=1)  # of equals, the lower id is first
    lost = block(np.array([[0.3, 0.2]]), [], number=2, total=2)  # right ones that no metric chose
    stranger = block(np.array([[0.5, 0.85]]), [], number=3)
    s = standing(cube_of([first, second, lost, stranger]), np.ones(1, np.float32))
    assert value("mAP", s) == pytest.approx(np.mean([(1 / 2 + 2 / 4) / 2, 1 / 2, 0]))
    assert value("MRR", s) == pytest.approx(np.mean([1 / 2, 1 / 2, 0]))
    assert value("hit@1", s) == 0
    assert value("hit@2", s, k=2) == pytest.approx(2 / 3)
    assert value("recall@2", s, k=2) == pytest.approx(np.mean([1 / 2, 1, 0]))
    assert value("precision@2", s, k=2) == pytest.approx(np.mean([1 / 2, 1 / 2, 0]))
    # The best wrong ones score .9, .9, .85 and .3: at one false alarm in two searches, the level is the third of them.
    assert value("found", s, false_alarms=0.5) == pytest.approx(1 / 3)
    assert value("found", s, false_alarms=0.01) == 0
    curve = found_against_alarms(s)
    assert list(zip(curve.x, curve.y, curve.threshold.round(2), strict=True)) == [
        (0, 0, pytest.approx(0.9)),
        (0.5, pytest.approx(1 / 3), pytest.approx(0.85)),
        (0.75, pytest.approx(2 / 3), pytest.approx(0.3)),
    ]


def test_samples_of_queries_measure_as_if_they_were_all() -> None:
    cube = random_cube(4, queries=12)
    drawn = np.array([0, 0, 3, 5, 7, 7, 7, 11])
    sample = np.bincount(drawn, minlength=12)[np.newaxis].astype(float)
    whole, some = standing(cube, EQUAL), standing(cube.among(drawn), EQUAL)
    for one in measures(false_alarms=0.2):
        assert one.of(whole, sample)[0] == pytest.approx(one.of(some, everything(len(drawn)))[0]), one.name


def test_groups_are_drawn_whole_and_intervals_hold_the_figure() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2])
    samples = samples_of(groups, count=50)
    assert (samples[:, 0] == samples[:, 1]).all()
    assert (samples[:, 3] == samples[:, 5]).all()
    assert samples[:, [0, 2, 3]].sum(axis=1).tolist() == [3] * 50
    cube = random_cube(1)
    found = figure(measure_named("mAP"), standing(cube, EQUAL), samples_of(cube.groups))
    assert 0 < found.low < found.value < found.high < 1


def test_the_test_tells_a_difference_from_chance() -> None:
    cube = random_cube(2, queries=60)
    good, bad = (standing(cube, np.array(one, np.float32)) for one in ([1, 0, 0], [0, 0, 1]))
    measure = measure_named("mAP")
    assert p_value(measure, good, bad, cube.groups) < 0.001
    assert p_value(measure, good, good, cube.groups) == 1
    other = standing(cube, np.array([1, 0, 0.01], np.float32))
    assert p_value(measure, good, other, cube.groups) > 0.05
    assert np.isnan(p_value(measure_named("micro-AP"), good, bad, cube.groups))


def test_only_strangers_measure_nothing_but_stop_nothing() -> None:
    s = standing(cube_of([block(np.array([[0.5, 0.85]]), [])]), np.ones(1, np.float32))
    assert all(np.isnan(one.of(s, everything(1))[0]) for one in measures())


@pytest.mark.parametrize(("k", "rate"), [(0, 0.1), (5, 0.0), (5, 1.0)])
def test_what_cannot_be_measured_is_refused(k: int, rate: float) -> None:
    with pytest.raises(UsageError, match="Give"):
        measures(k, rate)
    with pytest.raises(UsageError, match="mAP"):
        measure_named("map@0")
