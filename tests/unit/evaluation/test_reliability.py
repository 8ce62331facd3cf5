"""What is said of chance and of matches, on scores that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace.calibration.accidents import Accidents
from pictrace.evaluation.reliability import Shown, alarms_of, shown_of
from pictrace.output.charts.reliability import alarms_said_figure, shown_figure
from pictrace.output.evaluations import reliability_document, reliability_lines
from pictrace.searching.table import Criteria
from tests.unit.evaluation.cubes import block, cube_of, random_cube

SSIM = Criteria(weights={"ssim": 1.0})
PICTURES = 40


def searches(random: np.random.Generator, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return random.random((count, PICTURES))


def test_what_is_said_is_what_there_was_where_queries_are_as_the_background() -> None:
    random = np.random.default_rng(4)
    cube = cube_of([block(one[np.newaxis], [], number=number) for number, one in enumerate(searches(random, 400))])
    known = searches(random, 400).astype(np.float32)
    offsets = np.arange(401) * PICTURES
    background = Accidents({"ssim": cube.metrics[0].feature_key}, {"ssim": known.ravel()}, offsets, PICTURES)
    alarms = alarms_of(cube, SSIM, [background])
    assert alarms is not None
    assert (len(alarms.strangers), len(alarms.held_out), alarms.searches) == (400, 0, 400)
    for said in (0.05, 0.1, 0.2, 0.5):
        strangers, held_out = alarms.was(said)
        assert strangers / 400 == pytest.approx(said, abs=0.05)
        assert held_out == 0
    told = reliability_document(alarms, None)
    assert told["false_alarms"][-1] == {"said": 0.5, "strangers": alarms.was(0.5)[0], "held_out": 0}
    assert any("1 in 20" in line and "of 400 strangers" in line for line in reliability_lines(alarms, None))
    assert [one.name for one in alarms_said_figure(alarms).data] == ["said = real", "strangers (400)"]


def test_right_pictures_of_a_query_do_not_count_as_strangers() -> None:
    scores = np.full((1, PICTURES), 0.2)
    scores[0, 7] = 0.9
    cube = cube_of([block(scores, [7])])
    background = Accidents(
        {"ssim": cube.metrics[0].feature_key}, {"ssim": np.full(99, 0.5, np.float32)}, np.arange(100), PICTURES
    )
    alarms = alarms_of(cube, SSIM, [background])
    assert alarms is not None
    assert alarms.held_out == pytest.approx([1.0], abs=0.05)
    assert alarms_of(cube, SSIM, []) is None


def test_the_share_of_right_matches_never_falls_with_the_score_and_counts_all() -> None:
    cube = random_cube(4)
    shown = shown_of(cube, SSIM)
    assert isinstance(shown, Shown)
    shares = shown.right / shown.of
    assert (np.diff(shares) > 0).all()
    assert shown.of.sum() == 5 * len(cube.blocks)
    assert shown.at(0.0) == shares[0]
    assert shown.at(1.0) == shares[-1]
    half = shown.reaches(shares[-1])
    assert half == shown.lowest[-1]
    assert Shown(np.zeros(1), np.array([1]), np.array([9])).reaches(0.5) is None
    assert shown_figure(shown).data[0].y[-1] == shares[-1]


def test_it_is_the_isotonic_regression() -> None:
    isotonic = pytest.importorskip("sklearn.isotonic").IsotonicRegression()
    cube = random_cube(5)
    shown = shown_of(cube, SSIM)
    assert shown is not None
    pairs = []
    for one in cube.blocks:
        best = np.argsort(-one.similarity[0], kind="stable")[:5]
        pairs += [(float(one.similarity[0][place]), float(place in one.right)) for place in best]
    scores, right = np.array(pairs).T
    expected = isotonic.fit(scores, right).predict(scores)
    np.testing.assert_allclose([shown.at(score) for score in scores], expected, atol=1e-9)


def test_too_few_matches_say_nothing() -> None:
    assert shown_of(cube_of([block(np.random.default_rng(1).random((1, 9)), [1])]), SSIM) is None
