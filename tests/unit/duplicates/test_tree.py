"""The family tree: each picture's parent is what it takes least to make it from, whatever the order of asking."""

import itertools

import pytest

from pictrace.duplicates.directions import costs, replay_costs
from pictrace.duplicates.documents import tree_as_dot
from pictrace.duplicates.relations import Note
from pictrace.duplicates.stars import Size
from pictrace.duplicates.tree import family_tree

Told = tuple[str, dict[str, float]]


def note(*changes: Told, left_over: float = 0.3, relation: str = "same photograph") -> Note:
    told = [{"kind": kind, "confidence": 1.0, "text": kind, "parameters": values} for kind, values in changes]
    return {"relation": relation, "changes": told, "left_over": left_over, "alike": 1.0, "blur_px": 0.0, "text": ""}


CROPPED, WIDER = ("cropped", {"kept": 0.6}), ("wider", {"share": 0.6})
TEXT: Told = ("text_added", {})
NO_TEXT: Told = ("text_removed", {})
SMALLER = ("resized", {"factor": 0.5})
SIZES = {one: Size(100, 100) for one in range(4)}

# 0 the original, 1 its crop, 2 the crop's captioned copy, 3 that one's small copy.
NOTES = {
    (0, 1): note(CROPPED),
    (0, 2): note(CROPPED, TEXT),
    (0, 3): note(CROPPED, TEXT, SMALLER),
    (1, 2): note(TEXT),
    (1, 3): note(TEXT, SMALLER),
    (2, 3): note(SMALLER),
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_a_chain_of_changes_is_found(order: tuple[int, ...]) -> None:
    tree = family_tree(order, NOTES, SIZES)
    assert tree is not None
    assert tree.root == 0
    assert [(edge.parent, edge.child) for edge in tree.edges] == [(0, 1), (1, 2), (2, 3)]


def test_what_was_diagnosed_the_other_way_round_says_so() -> None:
    tree = family_tree([1, 0], {(1, 0): note(WIDER, NO_TEXT)}, SIZES)
    assert tree is not None
    (edge,) = tree.edges
    assert (tree.root, edge.parent, edge.child, edge.as_told) == (0, 0, 1, False)


def test_what_is_not_related_is_in_no_tree() -> None:
    assert family_tree([0, 1], {(0, 1): note(relation="unrelated")}, SIZES) is None
    tree = family_tree([0, 1, 2], {(0, 1): note(CROPPED), (0, 2): note(relation="same scene")}, SIZES)
    assert tree is not None
    assert [edge.child for edge in tree.edges] == [1]


def test_where_nothing_tells_the_larger_file_came_first() -> None:
    tree = family_tree([0, 1], {(0, 1): note()}, {0: Size(100, 50), 1: Size(100, 90)})
    assert tree is not None
    assert tree.root == 1


def test_more_of_a_change_costs_more_and_losing_less_than_winning() -> None:
    assert costs(note(("cropped", {"kept": 0.9})))[0] < costs(note(("cropped", {"kept": 0.3})))[0]
    for losing in (CROPPED, TEXT, SMALLER, ("blurred", {"sigma_px": 2.0}), ("grayscale", {})):
        forth, back = costs(note(losing))
        assert forth < back
    assert costs(note(left_over=0.1)) < costs(note(left_over=2.0))


def test_a_frame_that_is_larger_by_bars_alone_invented_nothing() -> None:
    forth, back = costs({**note(WIDER), "bars": [False, True]})
    assert forth < back < costs(note(WIDER))[0]


def test_what_is_left_over_counts_in_levels_of_the_copy() -> None:
    darker, brighter = (
        note(("brightness", {"gain": 0.5}), left_over=0.4),
        note(("brightness", {"gain": 2.0}), left_over=0.8),
    )
    assert costs(darker) == pytest.approx(costs(brighter)[::-1])


def test_what_is_covered_costs_as_much_as_text_though_none_is_told() -> None:
    covered = {**note(relation="same template"), "alike": 0.9}
    assert min(costs(covered)) > costs(note(TEXT))[0]


def test_blur_too_little_to_be_told_counts_with_its_square() -> None:
    little, more = ({**note(), "blur_px": blur} for blur in (0.2, 0.8))
    assert costs(little)[0] - costs(note())[0] < 0.1 < costs(more)[0] - costs(note())[0]
    assert costs(more)[0] < costs(more)[1]


def test_pixels_tell_a_parent_from_a_brother_to_whom_the_same_was_done() -> None:
    gray, alike = note(("grayscale", {})), note()
    closely = {(0, 1): [0.06, 1.2], (0, 2): [0.07, 1.3], (1, 2): [0.4, 0.5]}  # two gray copies of one picture
    notes = {
        pair: {**told, "replays": closely[pair]} for pair, told in {(0, 1): gray, (0, 2): gray, (1, 2): alike}.items()
    }
    tree = family_tree([0, 1, 2], notes, SIZES)
    assert tree is not None
    assert {(edge.parent, edge.child) for edge in tree.edges} == {(0, 1), (0, 2)}
    closely[1, 2] = [0.05, 0.5]  # and a copy of a gray copy
    notes = {pair: {**told, "replays": closely[pair]} for pair, told in notes.items()}
    tree = family_tree([0, 1, 2], notes, SIZES)
    assert tree is not None
    assert {(edge.parent, edge.child) for edge in tree.edges} == {(0, 1), (1, 2)}


def test_what_was_not_done_again_says_nothing() -> None:
    assert replay_costs(note()) == replay_costs({**note(), "replays": [None, None]})
    forth, back = replay_costs({**note(), "replays": [0.05, 5.0]})
    assert forth < replay_costs(note())[0] < back


def test_names_cannot_leave_their_quotes_in_a_drawing() -> None:
    tree = family_tree([0, 1], {(0, 1): note(CROPPED)}, SIZES)
    assert tree is not None
    drawn = tree_as_dot(tree, {0: 'a"]; x [label="', 1: "two\nlines\\"})
    assert 'n0 [label="a\\"]; x [label=\\""]' in drawn
    assert 'n1 [label="two\\nlines\\\\"]' in drawn


def test_a_way_in_a_drawing_leads_to_its_comparison() -> None:
    tree = family_tree([0, 1], {(0, 1): note(CROPPED)}, SIZES)
    assert tree is not None
    drawn = tree_as_dot(tree, {0: "a", 1: "b"}, lambda edge: f'compare?a={edge.child}&b="{edge.parent}')
    assert r'URL="compare?a=1&b=\"0" target="_blank"' in drawn
    assert "URL" not in tree_as_dot(tree, {0: "a", 1: "b"})


def test_a_crop_takes_bars_off_by_the_way() -> None:
    cropped, alone = (costs(note(*some, ("border_removed", {})))[0] for some in ([CROPPED], []))
    assert cropped - costs(note(CROPPED))[0] < alone - costs(note())[0]
    forth, back = (
        costs(note(some, (bars, {}))) for some, bars in ((CROPPED, "border_removed"), (WIDER, "border_added"))
    )
    assert forth == back[::-1]
