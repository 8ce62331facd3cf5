"""Cells of keypoints: both implementations against all distances, spelled out."""

import numpy as np
import pytest

from pictrace import kernels
from pictrace.kernels.cells import HALF, nearest_cells

SIDE = 24


def made(seed: int, count: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (count, 32), dtype=np.uint8)
    directions = random.normal(size=(256, 2 * HALF)).astype(np.float32)
    centres = random.normal(size=(2, HALF, SIDE)).astype(np.float32) * 16
    return rows, directions, -2 * centres, np.square(centres).sum(axis=1)


@pytest.mark.parametrize("most", [1, 8])
def test_both_give_the_nearest_of_all_cells(most: int) -> None:
    rows, directions, doubled, squares = made(most)
    vectors = (np.unpackbits(rows, axis=1) * 2.0 - 1) @ directions
    parts = [vectors[:, h * HALF : (h + 1) * HALF] @ doubled[h] + squares[h] for h in range(2)]
    far = (parts[0][:, :, np.newaxis] + parts[1][:, np.newaxis, :]).reshape(len(rows), -1)
    expected = far.argsort(axis=1)[:, :most]
    for backend in ("plain", "compiled"):
        with kernels.forced(backend):
            found = nearest_cells(rows, directions, doubled, squares, most)
        assert found.dtype == np.uint32
        np.testing.assert_array_equal(found, expected)


def test_no_keypoints_lie_nowhere() -> None:
    for backend in ("plain", "compiled"):
        with kernels.forced(backend):
            assert nearest_cells(*made(1, count=0), 8).shape == (0, 8)


@pytest.mark.parametrize("most", [0, 33, SIDE + 1])
def test_it_refuses_more_cells_than_there_can_be(most: int) -> None:
    with pytest.raises(ValueError, match="cells a keypoint"):
        nearest_cells(*made(1), most)


def test_it_refuses_other_arrays() -> None:
    rows, directions, doubled, squares = made(1)
    with pytest.raises(ValueError, match="directions"):
        nearest_cells(rows, directions[:, :-1], doubled, squares, 8)
    with pytest.raises(ValueError, match="squares"):
        nearest_cells(rows, directions, doubled, squares[:, :-1], 8)
