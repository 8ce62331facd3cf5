"""Ranking: what the sliders move."""

from typing import ClassVar

import numpy as np
import pytest

from pictrace.errors import CriteriaError
from pictrace.features import RawScores, Scale, Setting
from pictrace.images.orientation import VARIANTS, Variant
from pictrace.metrics import all_metrics
from pictrace.searching.presets import DEFAULT_PRESET, all_presets, get_preset
from pictrace.searching.table import Criteria, ScoreTable
from tests.metrics import ByHand

NAN = float("nan")


class Plain(ByHand):
    name: ClassVar[str] = "plain"


class Other(Plain):
    name: ClassVar[str] = "other"
    variants: ClassVar[tuple[Variant, ...]] = VARIANTS


class Set(Plain):
    name: ClassVar[str] = "set"
    scale: ClassVar[Scale] = Scale("bits", worst=10, best=0)
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("mode", "", "", ("a", "b"), "a"),
        Setting("ratio", "", "", (0.5, 0.6, 0.7), 0.6),
    )


def table(**columns: list[float]) -> ScoreTable:
    metrics = {"plain": Plain(), "other": Other(), "set": Set()}
    scores = tuple(RawScores.upright(np.array(raw, np.float32)) for raw in columns.values())
    ids = np.arange(len(next(iter(columns.values()))), dtype=np.int64) * 10
    return ScoreTable(ids, tuple(metrics[name] for name in columns), scores, catalog_size=len(ids))


def test_fused_score_is_the_weighted_mean() -> None:
    scores = table(plain=[1.0, 0.5, 0.0], other=[0.0, 0.5, 0.8])
    ranked = scores.rank(Criteria(weights={"plain": 1, "other": 3}))
    assert [match.id for match in ranked] == [20, 10, 0]
    assert [match.score for match in ranked] == pytest.approx([0.6, 0.5, 0.25])
    assert [match.rank for match in ranked] == [1, 2, 3]
    assert all(match.coverage == pytest.approx(1) for match in ranked)


def test_what_is_to_come_first_does_though_it_would_not_be_shown() -> None:
    scores = table(plain=[1.0, 0.9, 0.2, 0.3, 0.8])

    def ranked(top: int, min_score: float = 0) -> list[tuple[int, int]]:
        criteria = Criteria(weights={"plain": 1}, top=top, min_score=min_score)
        return [(match.rank, match.id) for match in scores.rank(criteria, [20, 30, 999])]

    assert ranked(4) == [(1, 30), (2, 20), (3, 0), (4, 10)]
    assert ranked(1) == [(1, 30)]
    assert ranked(9) == [(1, 30), (2, 20), (3, 0), (4, 10), (5, 40)]
    assert ranked(4, min_score=0.25) == [(1, 30), (2, 0), (3, 10), (4, 40)]


def test_a_weight_of_zero_drops_the_metric() -> None:
    scores = table(plain=[1.0, 0.0], other=[0.0, 1.0])
    assert scores.rank(Criteria(weights={"plain": 1, "other": 0}))[0].id == 0
    assert scores.rank(Criteria(weights={"other": 1}))[0].id == 10


@pytest.mark.parametrize("weights", [{}, {"plain": 0.0}, {"plain": 0, "other": 0}, {"unknown": 1.0}])
def test_nothing_to_rank_by_is_said(weights: dict[str, float]) -> None:
    with pytest.raises(CriteriaError, match=r"zero|No metric"):
        table(plain=[1.0], other=[1.0]).rank(Criteria(weights=weights))


def test_what_a_metric_cannot_compare_counts_as_unlike() -> None:
    """A blank page, which only its colours can compare, is not first by them alone."""
    scores = table(plain=[0.8, 0.8], other=[NAN, 0.4])
    first, second = scores.rank(Criteria(weights={"plain": 1, "other": 1}))
    assert (first.id, first.score, first.coverage) == (10, pytest.approx(0.6), pytest.approx(1))
    assert (second.id, second.score, second.coverage) == (0, pytest.approx(0.4), pytest.approx(0.5))
    assert np.isnan(second.metrics["other"].similarity)
    assert second.metrics["other"].contribution == 0


def test_a_metric_that_compares_nothing_takes_no_part() -> None:
    """A blank query is ranked by what can be said of it, on the whole scale."""
    scores = table(plain=[0.8, 0.5], other=[NAN, NAN])
    first, _ = scores.rank(Criteria(weights={"plain": 1, "other": 3}))
    assert (first.id, first.score, first.coverage) == (0, pytest.approx(0.8), pytest.approx(0.25))


def test_pictures_that_nothing_compares_are_left_out() -> None:
    assert [match.id for match in table(plain=[NAN, 0.1]).rank(Criteria(weights={"plain": 1}))] == [10]


def test_contributions_sum_to_the_fused_score() -> None:
    random = np.random.default_rng(3)
    raw = random.random((2, 50)).astype(np.float32)
    raw[1, ::7] = np.nan
    scores = table(plain=raw[0].tolist(), other=raw[1].tolist())
    criteria = Criteria(weights={"plain": 0.7, "other": 2.1}, top=50)
    fused, _ = scores.fused(criteria)
    np.testing.assert_allclose(scores.contributions(criteria).sum(axis=1), fused, atol=1e-6)
    for match in scores.rank(criteria):
        assert sum(part.contribution for part in match.metrics.values()) == pytest.approx(match.score, abs=1e-6)


def test_ties_are_broken_by_id_and_top_is_kept() -> None:
    scores = table(plain=[0.5, 0.9, 0.5, 0.5])
    ranked = scores.rank(Criteria(weights={"plain": 1}, top=3))
    assert [match.id for match in ranked] == [10, 0, 20]


@pytest.mark.parametrize("top", [1, 3, 10, 200])
def test_ranking_equals_sorting_everything(top: int) -> None:
    random = np.random.default_rng(top)
    raw = random.integers(0, 20, 100) / 20  # many ties
    ranked = table(plain=raw.tolist()).rank(Criteria(weights={"plain": 1}, top=top, min_score=0.3))
    expected = sorted(
        (-np.float32(value), index * 10) for index, value in enumerate(raw) if np.float32(value) >= np.float32(0.3)
    )
    assert [match.id for match in ranked] == [index for _, index in expected][:top]


def test_settings_are_looked_up_not_computed() -> None:
    raw = np.arange(2 * 3 * 2, dtype=np.float32).reshape(2, 3, 2)
    scores = ScoreTable(np.array([1, 2]), (Set(),), (RawScores.upright(raw),), catalog_size=2)
    for mode, row in (("a", 0), ("b", 1)):
        for ratio, column in ((0.5, 0), (0.6, 1), (0.7, 2)):
            criteria = Criteria(weights={"set": 1}, settings={"set": {"mode": mode, "ratio": ratio}})
            values, similarity = scores.under(criteria)
            np.testing.assert_array_equal(values[:, 0], raw[row, column])
            np.testing.assert_allclose(similarity[:, 0], np.clip(1 - raw[row, column] / 10, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(scores.raw[:, 0], raw[0, 1])


@pytest.mark.parametrize("chosen", [{"ratio": 0.9}, {"ratio": 0.1}, {"mode": "c"}])
def test_settings_out_of_range_are_refused(chosen: dict[str, float | str]) -> None:
    scores = ScoreTable(np.array([1]), (Set(),), (RawScores.upright(np.zeros((2, 3, 1), np.float32)),), catalog_size=1)
    with pytest.raises(CriteriaError, match="out of range"):
        scores.rank(Criteria(weights={"set": 1}, settings={"set": chosen}))


def test_the_table_is_read_only() -> None:
    scores = table(plain=[1.0, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        scores.columns[0].raw[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        scores.ids[0] = 5


def test_the_orientation_told_is_that_of_the_strongest_teller() -> None:
    columns = (
        RawScores(np.array([0.9], np.float32), np.array([0], np.uint8)),
        RawScores(np.array([0.8], np.float32), np.array([6], np.uint8)),
    )
    scores = ScoreTable(np.array([1]), (Plain(), Other()), columns, catalog_size=1)
    (match,) = scores.rank(Criteria(weights={"plain": 5, "other": 1}))
    assert match.variant == VARIANTS[6]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"weights": {"plain": -1}}, "weight of plain"),
        ({"weights": {"plain": float("inf")}}, "weight of plain"),
        ({"weights": {"plain": 1}, "min_score": 1.5}, "minimum score"),
        ({"weights": {"plain": 1}, "top": 0}, "at least 1"),
    ],
)
def test_criteria_check_themselves(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(CriteriaError, match=why):
        Criteria(**wrong)  # type: ignore[arg-type]


def test_an_empty_table_ranks_nothing() -> None:
    scores = ScoreTable(
        np.empty(0, np.int64), (Plain(),), (RawScores.upright(np.empty(0, np.float32)),), catalog_size=0
    )
    assert scores.rank(Criteria(weights={"plain": 1})) == []


def test_presets_name_metrics_and_settings_that_exist() -> None:
    metrics = {metric.name: metric for metric in all_metrics()}
    assert all_presets()[0].name == DEFAULT_PRESET
    for preset in all_presets(ready=False):
        assert set(preset.weights) <= set(metrics)
        assert any(preset.weights.values())
        for name, chosen in preset.settings.items():
            metrics[name].setting_positions(chosen)
    weighty = {name for name, metric in metrics.items() if metric.default_weight and not metric.unavailable()}
    assert set(get_preset(DEFAULT_PRESET).weights) == weighty
    with pytest.raises(CriteriaError, match="balanced"):
        get_preset("unheard-of")
