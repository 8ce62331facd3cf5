"""False copies are expected by what else looks alike, and only by that."""

from collections.abc import Callable

import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import NewPicture, PictureRecord
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.duplicates.book import Book
from pictrace.duplicates.false_alarms import PASSED, FalseAlarms, false_alarms, opportunities
from pictrace.duplicates.find import expected as expected_of
from pictrace.duplicates.groups import Group, Image
from pictrace.duplicates.levels import Level
from pictrace.duplicates.verify import Pair
from pictrace.service.reviewing import Filters, Review


def record(one: int) -> PictureRecord:
    return PictureRecord(one, b"", "JPEG", 640, 480, 1, "", ())


PAIRS = {
    pair.ids: pair
    for pair in (
        Pair(1, 2, Level.PHOTOGRAPH, 0.9),
        Pair(1, 3, Level.SCENE, 0.83),  # a frame beside the original
        Pair(2, 3, Level.SCENE, 0.8),  # and beside its copy, which is asked about once
        Pair(4, 5, Level.NONE, 0.6),
    )
}
GROUPS = [
    Group(
        Level.PHOTOGRAPH,
        (Image(record(1), Level.PHOTOGRAPH, 1.0), Image(record(2), Level.PHOTOGRAPH, 0.9)),
    )
]


def test_pairs_that_failed_are_counted_once_a_group() -> None:
    assert [pair.ids for pair in opportunities(GROUPS, PAIRS, threshold=0.5)] == [(1, 3), (4, 5)]


def test_fewer_are_expected_where_more_is_asked() -> None:
    found = [false_alarms(GROUPS, PAIRS, threshold=threshold).expected for threshold in (0.5, 0.7, 0.85)]
    assert found[0] > found[1] > found[2] == 0


def test_what_was_said_to_be_apart_is_not_expected() -> None:
    assert false_alarms(GROUPS, PAIRS, threshold=0.7, apart={(1, 3)}).expected == 0


def test_the_same_pixels_are_never_false() -> None:
    pixels = [Group(Level.PIXELS, (Image(record(1), Level.PIXELS, 1.0), Image(record(2), Level.PIXELS, 1.0)))]
    assert false_alarms(pixels, PAIRS, threshold=0.5) == FalseAlarms(0.0, 0)


def test_borders_ascend() -> None:
    borders = [border for border, _ in PASSED]
    assert borders == sorted(borders)
    assert borders[0] <= 0.5  # where the slider begins


@pytest.mark.parametrize(("expected", "words"), [(0.0, "< 0.1"), (0.3, "0.3"), (2.345, "2.3"), (1234.5, "1,234")])
def test_it_is_told_in_round_numbers(expected: float, words: str) -> None:
    assert FalseAlarms(expected, 10).words == words


def test_pictures_that_are_gone_are_not_counted(make_catalog: Callable[..., SqliteCatalog]) -> None:
    catalog = make_catalog()
    pictures = [NewPicture(bytes([place + 1]) * 32, "JPEG", 640, 480, 1, b"", ()) for place in range(4)]
    catalog.add(pictures)
    one, copy, other, another = (picture.id for picture in pictures)
    book = Book(catalog)
    book.add_pairs([Pair(one, copy, Level.PHOTOGRAPH, 0.9), Pair(other, another, Level.SCENE, 0.9)])
    book.close()
    review, filters = Review(FeatureCache(catalog)), Filters(threshold=0.5)
    before = review.false_alarms(filters)
    assert before.copies == 1
    assert before.expected > 0

    catalog.remove([other])

    assert review.false_alarms(filters) == FalseAlarms(0.0, 1)
    assert expected_of(catalog, GROUPS, threshold=0.5) == FalseAlarms(0.0, 1)
