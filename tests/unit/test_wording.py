"""How many, how large, how sure, and which of two pictures, as people read it."""

import pytest

from pictrace.told import about_a_pair, about_a_search
from pictrace.wording import borne_out, byte_size, certainty, counted, percent, portion


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


@pytest.mark.parametrize(("share", "digits", "said"), [(0.8, 0, "80 %"), (0.0123, 1, "1.2 %"), (1.0, 0, "100 %")])
def test_shares(share: float, digits: int, said: str) -> None:
    assert percent(share, digits) == said


@pytest.mark.parametrize(("share", "said"), [(0.0, "0 %"), (0.994, "99 %"), (0.996, "all"), (1.0, "all")])
def test_no_measured_share_is_a_hundred_per_cent(share: float, said: str) -> None:
    assert portion(share) == said


def test_a_search_and_a_pair_name_their_pictures_each_in_their_way() -> None:
    search = "The match covers 80 % of your picture. Your picture's keypoints; the matches that agree."
    pair = "The second picture covers 80 % of the first picture. The first picture's keypoints; the matches that agree."
    assert about_a_pair(search) == pair
    assert about_a_search(pair) == search


def test_a_match_bears_its_word_only_where_the_pixels_are_as_sure() -> None:
    assert borne_out("certain", 0.97)
    assert borne_out("likely", 0.97)
    assert borne_out("likely", 0.8)
    assert not borne_out("certain", 0.8)
    assert not borne_out("likely", 0.6)
    assert not borne_out("weak", 0.97)
