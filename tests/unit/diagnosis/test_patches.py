"""Windows of one picture looked for in another: which are clear enough, and where each is found."""

import numpy as np
import pytest

from pictrace.diagnosis.patches import _contrasts, _located, look, refine


def test_each_patch_has_its_own_deviation_and_must_be_covered_wholly() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 60), np.uint8)
    mask = np.ones((40, 60), np.bool_)
    mask[39, 59] = False
    tops, lefts, side = [0, 14, 30], [0, 50], 10
    found = _contrasts(picture, mask, tops, lefts, side)
    wanted = [[picture[top : top + side, left : left + side].std() for left in lefts] for top in tops]
    assert found[:, 0] == pytest.approx([one[0] for one in wanted])
    assert found[:, 1] == pytest.approx([wanted[0][1], wanted[1][1], -1.0])
    assert _contrasts(picture, mask, [], lefts, side).size == 0


def test_a_patch_is_found_between_pixels() -> None:
    down, across = np.mgrid[-3:4, -3:4].astype(np.float32)
    between = 0.9 - 0.02 * ((across - 1.25) ** 2 + (down + 0.75) ** 2)
    at_the_edge = 0.9 - 0.02 * ((across - 3) ** 2 + down**2)  # nobody knows what lies beyond
    along_a_line = np.where(down == 2, np.float32(0.8), np.float32(0.1))
    flat = np.full((7, 7), np.nan, np.float32)
    shifts, alike = _located(np.stack([between, at_the_edge, along_a_line, flat]).astype(np.float32))
    assert shifts == pytest.approx(np.array([[1.25, -0.75], [3.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), abs=1e-4)
    assert alike == pytest.approx([between.max(), 0.9, 0.8, -1.0], abs=1e-6)
    assert len(_located(np.empty((0, 7, 7), np.float32))[0]) == 0


def test_a_picture_that_was_moved_lies_where_it_was_moved_to() -> None:
    scene = np.random.default_rng(2).integers(0, 256, (40, 50), np.uint8)
    scene = np.kron(scene, np.ones((6, 6), np.uint8))
    query, candidate = scene[10:210, 10:270], scene[12:212, 7:267]
    patches = look(query, candidate, np.eye(3), reach_px=5)
    assert np.abs(patches.shifts - [-3, 2]).max() < 0.2
    matrix, refined = refine(query, candidate, np.eye(3))
    assert refined.agreement == pytest.approx(1.0)
    assert matrix[:2, 2] == pytest.approx([3.0, -2.0], abs=0.1)
