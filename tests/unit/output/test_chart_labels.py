"""What charts write beside their marks stays apart, and tells pictures apart."""

import itertools

import pytest

from pictrace.output.charts.frame import short
from pictrace.output.charts.results import LETTER, _labels


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
