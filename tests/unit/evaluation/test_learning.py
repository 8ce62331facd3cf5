"""Learning: the objective against the measures, the line against a fine grid, and what is said of too few labels."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace.errors import UsageError
from pictrace.evaluation.intervals import everything
from pictrace.evaluation.learning.found import LEARNABLE, best_along, goal_of
from pictrace.evaluation.learning.learn import FEWEST_GROUPS, learn
from pictrace.evaluation.learning.line import along, reach
from pictrace.evaluation.learning.methods import METHODS, on_sliders
from pictrace.evaluation.learning.objective import Objective
from pictrace.evaluation.measures import measure_named
from pictrace.evaluation.standing import standing
from tests.unit.evaluation.cubes import random_cube


@pytest.mark.parametrize("measure", LEARNABLE)
def test_the_objective_is_the_measure(measure: str) -> None:
    cube = random_cube(7, queries=12, pictures=40)
    objective = goal_of(cube, measure)
    weights = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 2], [0.5, 2, 0.25], [0, 1, 1]])
    wanted = [measure_named(measure).of(standing(cube, one.astype(np.float32)), everything(12))[0] for one in weights]
    np.testing.assert_allclose(objective.values(weights), wanted, atol=0.02 if measure == "precision@5" else 0.005)


def test_most_pairs_do_not_depend_on_the_weights() -> None:
    cube = random_cube(7, signal=(0.9, 0.9, 0.1))
    objective = Objective.of(cube, "mAP")
    assert 0 < objective.pairs.ahead.shape[1] < 0.5 * 80 * len(objective.rank)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("measure", ["mAP", "MRR", "nDCG@5"])
def test_no_point_of_a_line_is_better_than_what_is_found(measure: str, seed: int) -> None:
    objective = Objective.of(random_cube(seed, queries=12, pictures=40), measure)
    random = np.random.default_rng(seed)
    weights, direction = random.random(3) + 0.1, random.normal(size=3)
    low, high = reach(weights, direction)
    grid = np.linspace(low, high, 4001)[1:-1, np.newaxis]
    best = along(objective, weights, direction)
    assert low <= best.low < best.t < best.high <= high
    assert best.value == pytest.approx(objective.value(weights + best.t * direction), abs=1e-9)
    assert best.value >= objective.values(weights + grid * direction).max() - 1e-9


def test_weights_stay_above_zero_and_on_the_sliders() -> None:
    low, high = reach(np.array([1.0, 1.0]), np.array([1.0, -2.0]))
    assert (low, high) == (-1, 0.5)
    assert on_sliders(np.array([0.5, 0.26, 0.001])).tolist() == [3.0, 1.6, 0.0]


def test_learned_weights_tell_what_matters_and_are_measured_on_others() -> None:
    cube = random_cube(5, queries=60, signal=(0.3, 0.15, 0.0))
    measure = measure_named("mAP")
    told: list[tuple[int, int]] = []
    found = learn(cube, measure, [measure_named("hit@1")], folds=2, step=lambda *done: told.append(done))
    weights = found.criteria.weights
    assert weights["ssim"] == 3
    assert weights["ssim"] > weights["phash"] > weights.get("histogram", 0)
    assert found.method in METHODS
    assert found.result.way.kind == "learned"
    kinds = {one.way.kind for one in found.results}
    assert kinds >= {"learned", "metric"}
    of = {one.way.name: one.figures["mAP"] for one in found.results}
    assert of[found.method].value > of["ssim"].value > of["histogram"].value
    taught = measure.of(standing(cube, cube.weights_of(found.criteria)), everything(60))[0]
    assert of[found.method].value <= taught + 0.02  # held-out queries cannot flatter
    assert of[found.method].low < of[found.method].value < of[found.method].high
    assert told[0] == (0, 9)
    assert told[-1] == (9, 9)
    assert found.better is None
    assert (found.groups, found.warning) == (50, "")


def test_weights_can_be_learned_for_what_is_found() -> None:
    cube = random_cube(6, queries=80, signal=(0.3, 0.0, 0.0))
    found = learn(cube, measure_named("found"), [], folds=2)
    weights = found.criteria.weights
    assert weights["ssim"] == 3
    assert max(weights.get("phash", 0), weights.get("histogram", 0)) < 1.5
    of = {one.way.name: one.figures["found"].value for one in found.results}
    assert of[found.method] >= of["histogram"]


def test_no_point_that_is_tried_is_better_than_what_is_found() -> None:
    goal = goal_of(random_cube(3, queries=40, pictures=60), "found")
    weights, direction = np.array([0.2, 0.5, 0.5]), np.array([1.0, -0.5, -0.5])
    best = best_along(goal, weights, direction)
    assert best.value == goal.value(weights + best.t * direction)
    assert best.value >= goal.value(weights)


def test_nothing_is_learned_from_a_handful() -> None:
    few = random_cube(5, queries=10)
    with pytest.raises(UsageError, match=rf"9 groups.*fewer than {FEWEST_GROUPS}"):
        learn(few, measure_named("mAP"), [])
    some = random_cube(5, queries=18)
    found = learn(some, measure_named("mAP"), [], folds=2)
    assert "Only 15 groups" in found.warning
    with pytest.raises(UsageError, match=r"micro-AP.*but for mAP"):
        learn(some, measure_named("micro-AP"), [])


def test_noise_is_not_sold_as_learning() -> None:
    cube = random_cube(5, queries=40, signal=(0.5, 0.0, 0.0))
    found = learn(cube, measure_named("mAP"), [], folds=2)
    single = next(one for one in found.results if one.way.name == "ssim")
    if found.better is not None:  # the one metric that knows anything
        assert found.better.way.name == "ssim"
    assert found.result.figures["mAP"].value <= single.figures["mAP"].value + 0.02
