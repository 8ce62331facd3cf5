"""The map of weights: everything in it must be what ScoreTable.rank says at those weights."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import scipy.stats

from pictrace.errors import CriteriaError
from pictrace.explore.weights.disagreement import agreement, disputes
from pictrace.explore.weights.ranges import Held, Takeover, weight_ranges
from pictrace.explore.weights.triangle import WeightMap, heaviest, weight_map
from pictrace.explore.weights.whatif import what_if
from pictrace.features import RawScores
from pictrace.searching.table import Criteria, ScoreTable
from tests.metrics import ByHand

NAN = float("nan")
SEEDS = range(8)


class A(ByHand):
    name: ClassVar[str] = "a"
    title: ClassVar[str] = "A"


class B(A):
    name: ClassVar[str] = "b"


class C(A):
    name: ClassVar[str] = "c"


class D(A):
    name: ClassVar[str] = "d"


METRICS = (A(), B(), C(), D())
NAMES = tuple(one.name for one in METRICS)


def table(*columns: list[float] | np.ndarray, catalog_size: int | None = None) -> ScoreTable:
    scores = tuple(RawScores.upright(np.asarray(raw, np.float32)) for raw in columns)
    ids = np.arange(len(columns[0]), dtype=np.int64) * 10 + 5
    size = len(ids) if catalog_size is None else catalog_size
    return ScoreTable(ids, METRICS[: len(columns)], scores, catalog_size=size)


def random_table(seed: int, n: int = 60) -> ScoreTable:
    """With ties where the seed is odd, and missing values where it is not a multiple of 3."""
    random = np.random.default_rng(seed)
    values = random.random((4, n))
    if seed % 2:
        values = np.round(values * 6) / 6
    if seed % 3:
        values[random.random((4, n)) < 0.25] = NAN
        values[3] = random.random(n)  # as most metrics, one that compares every pair
    return table(*values)


def criteria(*weights: float, top: int = 5) -> Criteria:
    return Criteria(weights=dict(zip(NAMES, weights, strict=False)), top=top)


def ids(scores: ScoreTable, by: Criteria) -> list[int]:
    return [match.id for match in scores.rank(by)]


# The triangle --------------------------------------------------------------------------------------


def weights_at(drawn: WeightMap, index: int) -> dict[str, float]:
    shares = (drawn.points[index] / drawn.steps * drawn.total).tolist()
    return {**drawn.weights, **dict(zip(drawn.corners, shares, strict=True))}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fourth", [0.0, 0.7])
def test_every_point_shows_who_ranks_first_there(seed: int, fourth: float) -> None:
    scores = random_table(seed)
    drawn = weight_map(scores, criteria(1, 0.5, 0.9, fourth), ("a", "b", "c"), steps=16)
    assert len(drawn.points) == 17 * 18 // 2
    for index, winner in enumerate(drawn.winners.tolist()):
        first = scores.rank(Criteria(weights=weights_at(drawn, index), top=1))
        assert winner == (first[0].id if first else -1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_map_agrees_with_the_ranking_now(seed: int) -> None:
    scores = random_table(seed)
    by = criteria(0.6, 0.9, 1.5, 0.4)
    drawn = weight_map(scores, by, ("a", "b", "c"), steps=40)
    assert drawn.current == pytest.approx((0.2, 0.3, 0.5))
    assert drawn.current is not None
    assert drawn.first == drawn.winner_at(drawn.current) == ids(scores, by)[0]
    assert drawn.others == {"d": 0.4}


@pytest.mark.parametrize("seed", SEEDS)
def test_at_a_corner_its_metric_decides_alone(seed: int) -> None:
    scores = random_table(seed)
    drawn = weight_map(scores, criteria(1, 1, 0, 1), ("d", "a", "b"), steps=8)
    for place, name in enumerate(drawn.corners):
        corner = tuple(float(place == other) for other in range(3))
        assert drawn.winner_at(corner) == ids(scores, Criteria(weights={name: 1.0}))[0]  # type: ignore[arg-type]


def test_regions_are_the_shares_of_the_map_and_their_centres_lie_in_them() -> None:
    drawn = weight_map(table([1, 0, 0, 0.2], [0, 1, 0, 0.2], [0, 0, 1, 0.2]), criteria(1, 1, 1), ("a", "b", "c"))
    assert [region.id for region in drawn.regions] == [5, 15, 25]
    assert sum(region.share for region in drawn.regions) == pytest.approx(1)
    for place, region in enumerate(drawn.regions):
        assert region.share == pytest.approx(1 / 3, abs=0.02)
        assert drawn.winner_at(region.centre) == region.id
        assert int(np.argmax(region.centre)) == place
        assert 0.1 < region.room < 0.34


def test_a_mixture_becomes_weights_on_the_sliders_steps() -> None:
    scores = random_table(0)
    drawn = weight_map(scores, criteria(1, 0.5, 0.5, 0.7), ("a", "b", "c"), steps=8)
    moved = drawn.weights_at((0.25, 0.25, 0.5), most=3.0, step=0.1)
    assert moved == {"a": 0.5, "b": 0.5, "c": 1.0, "d": 0.7}
    heavy = weight_map(scores, criteria(3, 2, 1, 1), ("a", "b", "c"), steps=8)
    moved = heavy.weights_at((1.0, 0.0, 0.0), most=3.0, step=0.1)
    assert moved == {"a": 3.0, "b": 0.0, "c": 0.0, "d": 0.5}
    assert heavy.winner_at((1.0, 0.0, 0.0)) == ids(scores, Criteria(weights=moved))[0]


def test_three_metrics_that_weigh_nothing_have_a_map_but_no_place_in_it() -> None:
    scores = random_table(0)
    drawn = weight_map(scores, criteria(0, 0, 0, 2), ("a", "b", "c"), steps=8)
    assert (drawn.current, drawn.total) == (None, 1.0)
    assert drawn.first == ids(scores, criteria(0, 0, 0, 2))[0]
    nothing = weight_map(scores, criteria(0, 0, 0, 0), ("a", "b", "c"), steps=8)
    assert nothing.first == -1
    assert nothing.winner_at((1, 0, 0)) == ids(scores, criteria(1))[0]


def test_a_mixture_that_compares_nothing_has_no_first() -> None:
    drawn = weight_map(table([NAN, NAN], [0.1, 0.2], [0.2, 0.1]), criteria(1, 1, 1), ("a", "b", "c"), steps=8)
    assert drawn.winner_at((1, 0, 0)) == -1
    assert drawn.winner_at((0.9, 0.1, 0)) == 15
    assert -1 not in {region.id for region in drawn.regions}


@pytest.mark.parametrize("corners", [("a", "a", "b"), ("a", "b", "x")])
def test_the_corners_are_three_metrics_of_the_table(corners: tuple[str, str, str]) -> None:
    with pytest.raises(CriteriaError, match="three different metrics"):
        weight_map(random_table(0), criteria(1, 1, 1), corners)


def test_no_pictures_and_one() -> None:
    empty = table([], [], [])
    drawn = weight_map(empty, criteria(1, 1, 1), ("a", "b", "c"), steps=8)
    assert set(drawn.winners.tolist()) == {-1}
    assert (drawn.first, drawn.regions) == (-1, ())
    single = weight_map(table([0.5], [NAN], [0.1]), criteria(1, 1, 1), ("a", "b", "c"), steps=8)
    assert [(one.id, one.share) for one in single.regions] == [(5, pytest.approx(44 / 45))]


def test_the_heaviest_metrics_in_the_tables_order() -> None:
    scores = random_table(0)
    assert heaviest(scores, criteria(0.1, 2, 1, 3)) == ("b", "c", "d")
    assert heaviest(scores, criteria(1, 0, 0, 0)) == ("a", "b", "c")
    assert heaviest(table([1], [1]), criteria(1, 1)) == ("a", "b")


def test_a_shortlist_is_told() -> None:
    assert not weight_map(table([1], [1], [1], catalog_size=9), criteria(1, 1, 1), ("a", "b", "c"), steps=8).exhaustive


# Ranges ----------------------------------------------------------------------------------------------


def at(by: Criteria, name: str, weight: float) -> Criteria:
    return replace(by, weights={**by.weights, name: weight})


def gap(scores: ScoreTable, by: Criteria, top: int) -> float:
    """Between the last of the best and the next."""
    fused, coverage = scores.fused(by)
    ranked = np.sort(fused[coverage > 0])[::-1]
    return float("inf") if len(ranked) <= top else float(ranked[top - 1] - ranked[top])


def check(scores: ScoreTable, by: Criteria, name: str, held: Held, top: int) -> None:
    """Against a fine grid: within the range nothing changes, just beyond it does, as it says."""
    by = replace(by, top=top)
    now = ids(scores, by)
    assert 0 <= held.low <= by.weights[name] <= held.high <= 3
    for weight in np.linspace(held.low, held.high, 61)[1:-1].tolist():
        there = at(by, name, weight)
        if gap(scores, there, top) > 1e-6:  # else equal to a float32
            assert set(ids(scores, there)) == set(now), (name, weight, held)
    for change, sign in ((held.below, -1), (held.above, 1)):
        if change is None:
            continue
        weight = max(0.0, change.weight + sign * 2e-3)
        there = at(by, name, weight)
        changed = ids(scores, there)
        if gap(scores, there, top) > 1e-6 and not _crosses_again(scores, by, name, change.weight, weight, top):
            assert change.enters is None or change.enters in changed
            assert change.leaves is None or change.leaves not in changed
            assert set(changed) != set(now)


def _crosses_again(scores: ScoreTable, by: Criteria, name: str, start: float, end: float, top: int) -> bool:
    """Whether more than one change lies on this short way."""
    seen = [frozenset(ids(scores, at(by, name, one))) for one in np.linspace(start, end, 20)[1:].tolist()]
    return len(set(seen)) > 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("top", [1, 4])
def test_ranges_against_a_fine_grid(seed: int, top: int) -> None:
    scores = random_table(seed, 40)
    random = np.random.default_rng(seed)
    by = criteria(*np.round(random.random(4) * 3, 1).tolist(), top=top)
    found = weight_ranges(scores, by)
    assert [one.metric for one in found] == list(NAMES)
    for one in found:
        assert one.weight == by.weights[one.metric]
        check(scores, by, one.metric, one.first, 1)
        check(scores, by, one.metric, one.top, top)
    if top == 1:
        assert all(one.first == one.top for one in found)


@pytest.mark.parametrize("zero", [0, 2, 3])
def test_ranges_from_a_weight_of_zero(zero: int) -> None:
    for seed in SEEDS:
        weights = [1.0, 1.0, 1.0, 1.0]
        weights[zero] = 0.0
        scores, by = random_table(seed, 40), criteria(*weights, top=3)
        for one in weight_ranges(scores, by):
            check(scores, by, one.metric, one.first, 1)
            check(scores, by, one.metric, one.top, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_weights_zero_but_one(seed: int) -> None:
    scores, by = random_table(seed, 40), criteria(0, 1, 0, 0, top=3)
    found = {one.metric: one for one in weight_ranges(scores, by)}
    assert found["b"].first == Held(0.0, 3.0, None, None)  # whatever it weighs, it decides alone
    assert found["b"].top == Held(0.0, 3.0, None, None)
    for name in ("a", "c", "d"):
        check(scores, by, name, found[name].first, 1)
        check(scores, by, name, found[name].top, 3)


def test_a_crossing_is_told_exactly() -> None:
    # (0.9 + 0.2 w) against (0.3 + 0.8 w): equal at w = 1. Down to 0 the first stays.
    scores = table([0.9, 0.3, 0.1], [0.2, 0.8, 0.1])
    one = weight_ranges(scores, criteria(1, 0.4, top=2))[1]
    assert (one.first.low, one.first.below) == (0.0, None)
    assert one.first.high == pytest.approx(1.0, abs=1e-6)
    assert one.first.above == Takeover(one.first.high, 15, 5)
    assert one.top == Held(0.0, 3.0, None, None)


def test_a_crossing_of_pictures_with_missing_values_is_told_exactly() -> None:
    # 0.7 / (1 + w), since it cannot be compared by b, against (0.5 + 0.2 w) / (1 + w): equal at w = 1.
    scores = table([0.7, 0.5], [NAN, 0.2])
    one = weight_ranges(scores, criteria(1, 0.5))[1]
    assert one.first.high == pytest.approx(1.0, abs=1e-5)
    assert one.first.above is not None
    assert one.first.above.enters == 15


def test_a_picture_that_only_one_metric_compares_drops_out_at_zero() -> None:
    # 0.9 w / (1 + w) against (0.4 + 0.1 w) / (1 + w): equal at w = 0.5.
    scores = table([NAN, 0.4, 0.2], [0.9, 0.1, 0.1])
    one = weight_ranges(scores, criteria(1, 1, top=3))[1]
    assert (one.first.low, one.first.high) == (pytest.approx(0.5, abs=1e-5), 3.0)
    assert (one.top.low, one.top.below) == (0.0, Takeover(0.0, None, 5))
    back = weight_ranges(scores, criteria(1, 0, top=3))[1]
    assert back.first.high == pytest.approx(0.5, abs=1e-5)
    assert back.top.above == Takeover(0.0, 5, None)


def test_equal_pictures_never_take_over() -> None:
    scores = table([0.8, 0.8, 0.3], [0.3, 0.3, 0.2])
    for one in weight_ranges(scores, criteria(1.1, 0.7, top=1)):
        assert one.first == Held(0.0, 3.0, None, None)


def test_a_tie_now_is_left_at_once() -> None:
    scores = table([0.9, 0.1], [0.1, 0.9])
    by = criteria(1, 1, top=1)
    assert ids(scores, by) == [5]
    first, second = (one.first for one in weight_ranges(scores, by))
    assert (first.low, first.high, first.above) == (pytest.approx(1.0), 3.0, None)
    assert (second.low, second.high, second.below) == (0.0, pytest.approx(1.0), None)


def test_ranges_of_one_picture_of_none_and_of_no_weight() -> None:
    for one in weight_ranges(table([0.5], [0.2], [NAN]), criteria(1, 1, 1)):
        assert one.first == one.top == Held(0.0, 3.0, None, None)
    assert weight_ranges(table([], []), criteria(1, 1)) == ()
    assert weight_ranges(table([NAN], [NAN]), criteria(1, 1)) == ()
    with pytest.raises(CriteriaError, match="Raise at least one"):
        weight_ranges(table([0.5], [0.2]), criteria(0, 0))


# Disagreement ------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
@pytest.mark.parametrize("seed", SEEDS)
def test_agreement_is_spearmans_correlation(seed: int) -> None:
    scores = random_table(seed)
    found = agreement(scores, criteria(1, 1, 1, 1))
    np.testing.assert_array_equal(found, found.T)
    for i in range(4):
        for j in range(4):
            one, other = scores.similarity[:, i], scores.similarity[:, j]
            both = ~np.isnan(one) & ~np.isnan(other)
            assert found[i, j] == pytest.approx(scipy.stats.spearmanr(one[both], other[both]).statistic, abs=1e-12)


def test_no_correlation_is_told_of_a_constant_or_of_two_pictures() -> None:
    found = agreement(table([0.5, 0.5, 0.5], [0.1, 0.2, 0.3]), criteria(1, 1))
    assert np.isnan(found[0, 1])
    assert found[1, 1] == 1
    assert np.isnan(agreement(table([0.1, 0.2], [0.2, 0.1]), criteria(1, 1))).all()
    assert agreement(table([], []), criteria(1, 1)).shape == (2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_disputes_tell_the_ranks_that_each_metric_alone_gives(seed: int) -> None:
    scores = random_table(seed)
    found = disputes(scores, criteria(1, 1, 1, 1), most=60)
    assert [one.spread for one in found] == sorted((one.spread for one in found), reverse=True)
    for one in found:
        known = [rank for rank in one.ranks.values() if rank is not None]
        assert one.spread == pytest.approx(np.log2(max(known) / min(known)))
        for name, rank in one.ranks.items():
            alone = scores.rank(Criteria(weights={name: 1.0}, top=60))
            mine = next((match.score for match in alone if match.id == one.id), None)
            if mine is None:
                assert rank is None
            else:
                equals = [match.rank for match in alone if match.score == mine]
                assert rank == sum(equals) / len(equals)


def test_the_first_here_and_last_there_is_disputed_most_and_agreement_is_no_dispute() -> None:
    rising = np.linspace(0.1, 0.9, 20)
    assert disputes(table(rising, rising), criteria(1, 1)) == ()
    other = rising.copy()
    other[19] = 0.0
    (worst, *_) = disputes(table(rising, other), criteria(1, 0))
    assert (worst.id, worst.ranks, worst.now) == (195, {"a": 1, "b": 20}, 1)
    assert disputes(table([], []), criteria(1, 1)) == ()
    assert disputes(table(rising, other), criteria(0, 0))[0].now is None


def test_a_metric_that_gives_all_the_same_disputes_nothing() -> None:
    rising = np.linspace(0.1, 0.9, 20)
    assert disputes(table(rising, np.zeros(20)), criteria(1, 1)) == ()
    few = np.zeros(20)
    few[19] = 0.5
    assert disputes(table(rising, few), criteria(1, 1))[0].ranks == {"a": 2, "b": 11.0}


# What if -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_what_if_tells_the_ranks_of_the_ranking(seed: int) -> None:
    scores, by = random_table(seed), criteria(1, 0.4, 0, 2, top=60)
    picture = int(scores.ids[seed * 3])

    def rank(by: Criteria) -> int | None:
        ranked = scores.rank(by)
        mine = [match for match in ranked if match.id == picture]
        return 1 + sum(match.score > mine[0].score for match in ranked) if mine else None

    found = what_if(scores, by, picture, points=7)
    assert (found.now, found.pictures) == (rank(by), 60)
    for name in NAMES:
        assert found.alone[name] == rank(Criteria(weights={name: 1.0}, top=60))
        if found.alone[name] is not None:
            alone = {match.id: match.score for match in scores.rank(Criteria(weights={name: 1.0}, top=60))}
            assert found.shared[name] == sum(score == alone[picture] for score in alone.values()) - 1
        for weight, told in zip(found.weights.tolist(), found.ranks[name].tolist(), strict=True):
            expected = rank(at(by, name, weight))
            assert np.isnan(told) if expected is None else told == expected
    assert (found.weights[0], found.weights[-1]) == (0.0, 3.0)


def test_what_if_of_a_picture_that_is_not_in_the_table() -> None:
    with pytest.raises(KeyError):
        what_if(random_table(0), criteria(1), 7)
