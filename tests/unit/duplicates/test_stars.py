"""Groups are stars: no chain makes a group."""

from pictrace.duplicates.decided import folded
from pictrace.duplicates.levels import Level
from pictrace.duplicates.stars import Compare, Size, components, stars
from pictrace.duplicates.verify import Pair


def matching(*pairs: Pair) -> Compare:
    known = {pair.ids: pair for pair in pairs}
    return lambda one, other: known.get((min(one, other), max(one, other)))


def pair(first: int, second: int, score: float = 0.9, level: Level = Level.PHOTOGRAPH, **more: float) -> Pair:
    return Pair(first, second, level, score, **{"share_first": 1.0, "share_second": 1.0, **more})


SIZES = {one: Size(1000 - one, 10) for one in range(10)}


def all_near(count: int) -> dict[int, set[int]]:
    return {one: set(range(count)) - {one} for one in range(count)}


def test_a_chain_is_cut_and_the_cut_is_told() -> None:
    chain = matching(pair(0, 1), pair(1, 2), pair(2, 3))
    smaller = {one: Size(1000 >> one, 10) for one in range(4)}
    found = stars(range(4), all_near(4), smaller, chain)
    assert [one.ids for one in found] == [(0, 1), (2, 3)]
    assert [(cut.outside, cut.member) for cut in found[0].cuts] == [(2, 1)]


def test_a_threshold_and_what_somebody_said_regroup_without_comparing() -> None:
    some = matching(pair(0, 1, 0.9), pair(0, 2, 0.6))
    assert stars(range(3), all_near(3), SIZES, some)[0].ids == (0, 1, 2)
    assert stars(range(3), all_near(3), SIZES, some, threshold=0.7)[0].ids == (0, 1)
    assert stars(range(3), all_near(3), SIZES, some, apart={(0, 1)})[0].ids == (0, 2)


def test_a_scene_is_no_photograph() -> None:
    burst = matching(pair(0, 1, level=Level.SCENE))
    assert not stars(range(2), all_near(2), SIZES, burst)
    assert stars(range(2), all_near(2), SIZES, burst, level=Level.SCENE)


def test_an_enlarged_part_gives_way_to_the_picture_that_shows_more() -> None:
    enlarged = matching(pair(0, 1, share_second=0.6, more_second=0.4), pair(1, 2), pair(0, 2, level=Level.NONE))
    assert stars(range(3), all_near(3), SIZES, enlarged)[0].ids == (1, 0, 2)


def test_components_are_what_hangs_together() -> None:
    assert components({1: {2}, 2: {1, 3}, 3: {2}, 5: {6}, 6: {5}}) == [[1, 2, 3], [5, 6]]


def test_copies_in_a_list_are_told_with_the_picture_that_is_kept() -> None:
    assert folded([5, 1, 2, 3], {1: 5, 2: 5, 3: 9}) == {5: 2, 3: 0}
    assert folded([1, 2], {}) == {1: 0, 2: 0}


def test_bars_are_no_pixels_of_a_picture() -> None:
    sizes = {0: Size(1240, 10), 1: Size(1000, 10), 2: Size(600, 10)}  # 0: bars on 1; 2: a crop
    barred = pair(0, 1, share_first=0.8)
    crops = pair(0, 2, share_first=0.5, more_first=0.3), pair(1, 2, share_first=0.6, more_first=0.4)
    found = stars(range(3), all_near(3), sizes, matching(barred, *crops))
    assert found[0].ids == (1, 0, 2)


def test_an_as_large_member_that_more_pictures_match_takes_the_middle() -> None:
    noisy = matching(pair(0, 1), pair(1, 2), pair(1, 3))  # 0 is noisy: not all are known again in it
    assert stars(range(4), all_near(4), SIZES, noisy)[0].ids == (1, 0, 2, 3)
