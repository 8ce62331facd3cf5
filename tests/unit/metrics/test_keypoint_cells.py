"""The cells of keypoints: near bits lie in near cells, and a query looks into the nearest."""

import numpy as np
import pytest

from pictrace.features import Features
from pictrace.metrics.keypoint_cells import SIDES, placed, side_for, voters


def rows(count: int, seed: int = 1) -> Features:
    return np.random.default_rng(seed).integers(0, 256, (count, 40), dtype=np.uint8)


@pytest.mark.parametrize("side", SIDES)
def test_a_keypoint_looks_into_its_own_cell_first(side: int) -> None:
    one, other = rows(60), rows(40, seed=2)
    cells, entries = placed(np.concatenate([one, other]), side)
    asked, probed = voters([one, other], side)
    np.testing.assert_array_equal(probed[:, 0], cells)
    assert probed.max() < side * side
    assert all(len(set(some)) == probed.shape[1] for some in probed.tolist())
    np.testing.assert_array_equal(asked.offsets, [0, 60, 100])
    np.testing.assert_array_equal(entries[:, 0] | entries[:, 1].astype(np.uint64) << np.uint64(32), asked.signatures)
    np.testing.assert_array_equal(entries[:, 2], asked.turns)


def test_cells_do_not_depend_on_what_else_is_placed() -> None:
    many = rows(5000)
    cells, _ = placed(many, 256)
    np.testing.assert_array_equal(placed(many[4090:4100], 256)[0], cells[4090:4100])


def test_bits_that_differ_little_share_cells() -> None:
    """A twentieth of the bits flipped: most keypoints still have their cell among those that are looked into."""
    random = np.random.default_rng(3)
    one = rows(500)
    flips = np.packbits(random.random((500, 256)) < 0.05, axis=1)
    other = one.copy()
    other[:, :32] ^= flips
    _, probed = voters([one], 256)
    near = (probed == placed(other, 256)[0][:, np.newaxis]).any(axis=1)
    chance = (probed == placed(rows(500, seed=9), 256)[0][:, np.newaxis]).any(axis=1)
    assert near.mean() > 0.4
    assert chance.mean() < 0.05


def test_cells_grow_with_the_catalog() -> None:
    assert [side_for(count) for count in (0, 10_000, 10_001, 30_000, 30_001, 10**6)] == [256, 256, 512, 512, 1024, 1024]


def test_pictures_without_keypoints_have_no_cells() -> None:
    cells, entries = placed(rows(0), 256)
    assert (len(cells), entries.shape) == (0, (0, 3))
