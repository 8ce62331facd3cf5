"""How it works: every metric, explained on a photograph that one changes."""

import pytest

from pictrace.app.about.live import ANOTHER
from pictrace.metrics import all_metrics
from tests.app.page import Page

pytestmark = pytest.mark.slow  # pictures are compared by all metrics


@pytest.fixture(scope="module")
def page() -> Page:
    return Page.open("about")


def worked(page: Page) -> str:
    """The line from value to similarity, with its numbers."""
    return next(one.value.strip("$\n") for one in page.latex if "similarity" in one.value)


def result(line: str) -> float:
    return float(line.rpartition("= ")[2].split()[0])


def test_each_metric_has_its_formula_and_says_when_it_fails() -> None:
    for metric in all_metrics():
        assert metric.formula, metric.name
        assert metric.in_words, metric.name
        assert metric.fails, metric.name


def test_the_numbers_follow_the_change(page: Page) -> None:
    slight = worked(page.slide("how_strength", 0.05))
    strong = worked(page.slide("how_strength", 1.0))
    assert slight != strong
    assert result(slight) > result(strong)


def test_another_photograph_is_no_match(page: Page) -> None:
    page.choose("how_change", ANOTHER)
    page.choose("how_metric", "sift")
    assert r"\to\; 0" in worked(page)
    assert "When it fails" in page.texts


def test_the_ratio_moves_what_counts(page: Page) -> None:
    page.choose("how_change", "cropped")
    page.choose("how_metric", "orb")
    low = worked(page.slide("how_orb-ratio", 0.5))
    assert low != worked(page.slide("how_orb-ratio", 0.9))
