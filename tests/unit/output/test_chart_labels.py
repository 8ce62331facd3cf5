"""What charts write beside their marks stays apart, and tells pictures apart."""

import itertools

import numpy as np
import pytest

from pictrace.output.charts.frame import short
from pictrace.output.charts.results import LETTER, _apart, _labels


def test_titles_that_differ_at_their_end_are_told_apart() -> None:
    titles = [f"Astronaut Eileen Collins, {what}" for what in ("cropped", "mirrored", "captioned", "in grey")]
    assert len({short(title) for title in titles}) == 4
    assert all(len(short(title)) <= 26 for title in titles)
    assert short("Coffee") == "Coffee"


@pytest.mark.parametrize(
    ("similarities", "labels"),
    [
        ([0.9, 0.5, 0.1], ["1", "2", "3"]),
        ([0.5, 0.505, 0.51, 0.1], ["", "1-3", "", "4"]),
        ([0.5, 0.1, 0.51], ["", "2", "1, 3"]),
        ([float("nan"), 0.5], ["", "2"]),
        ([], []),
    ],
)
def test_ranks_that_lie_together_share_a_label(similarities: list[float], labels: list[str]) -> None:
    assert _labels(similarities) == labels


def test_labels_never_overlap() -> None:
    for many in (5, 24):
        for spread in (0.01, 0.1, 0.5, 1.0):
            similarities = [(spread * index * 7919 / many) % spread for index in range(many)]
            at = sorted((similarities[index], label) for index, label in enumerate(_labels(similarities)) if label)
            for (left, one), (right, other) in itertools.pairwise(at):
                assert right - left >= LETTER * (len(one) + len(other)) / 2 - 1e-9


def test_names_over_the_bars_stay_apart_and_within_the_chart() -> None:
    """Seven metrics, of which five crowd at the end: in each row none covers another, and the last one is whole."""
    widths = [0.2, 0.18, 0.3, 0.3, 0.2, 0.14, 0.25]
    starts = _apart(np.array([0.0, 0.0, 0.2, 0.5, 0.58, 0.6, 0.75]), widths, 2)
    for row in (0, 1):
        ends = [starts[one] + widths[one] for one in range(row, 7, 2)]
        assert all(end < start for end, start in zip(ends, starts[row + 2 :: 2], strict=False))
        assert ends[-1] <= 1 + 1e-9
