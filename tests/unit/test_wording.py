"""How many, how large, and how sure, as people read it."""

import pytest

from pictrace.wording import byte_size, certainty, counted


def test_one_is_not_many() -> None:
    assert [counted(number, "picture") for number in (0, 1, 2060)] == ["0 pictures", "1 picture", "2,060 pictures"]
    assert counted(2, "match", "matches") == "2 matches"


@pytest.mark.parametrize(
    ("count", "size"), [(0, "0 kB"), (12_400, "12 kB"), (34_520_000, "34.5 MB"), (2.5e9, "2.5 GB")]
)
def test_sizes(count: float, size: str) -> None:
    assert byte_size(count) == size


@pytest.mark.parametrize(
    ("confidence", "said"),
    [(0.0, "weak"), (0.74, "weak"), (0.75, "likely"), (0.94, "likely"), (0.95, "certain"), (1.0, "certain")],
)
def test_how_sure_in_words(confidence: float, said: str) -> None:
    assert certainty(confidence) == said
