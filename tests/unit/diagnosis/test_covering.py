"""Where a picture is covered, in words."""

import pytest

from pictrace.diagnosis.contents import Box
from pictrace.diagnosis.covering import covering


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([(0.0, 0.83, 1.0, 1.0)], "the lower sixth is covered"),
        ([(0.01, 0.0, 0.98, 0.35)], "the upper third is covered"),
        ([(0.7, 0.0, 1.0, 1.0), (0.1, 0.1, 0.12, 0.12)], "the right third is covered"),
        ([(0.0, 0.1, 1.0, 0.9)], "the rest is covered, over most of the picture"),
        ([(0.02, 0.05, 0.2, 0.2)], "the rest is covered, in the upper left corner"),
        ([(0.0, 0.8, 1.0, 1.0), (0.0, 0.0, 1.0, 0.2)], "the rest is covered, in 2 places"),
    ],
)
def test_strips_parts_and_places(places: list[Box], said: str) -> None:
    assert covering(places) == said
