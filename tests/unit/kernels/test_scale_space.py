"""Spots at many blurs, their directions and descriptors: known places and sizes, and both implementations alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from pictrace import kernels
from pictrace.kernels.scale_space import SIGMA_PX
from pictrace.kernels.switch import Backend


@pytest.fixture(params=["plain", "compiled"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    chosen: Backend = request.param
    with kernels.forced(chosen):
        yield chosen


@pytest.fixture(scope="module")
def gray() -> NDArray[np.uint8]:
    picture = cv2.cvtColor(np.asarray(data.coffee())[:260, 100:480], cv2.COLOR_RGB2GRAY)
    return np.asarray(picture, np.uint8)


def keypoints(gray: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(k, 4) x, y, sigma in pixels of the picture and angle; (k, 128) descriptors."""
    space = kernels.scale_space(gray)
    points = kernels.directed(space, kernels.extrema(space))
    grow = np.exp2(points[:, 5:])
    return np.column_stack([points[:, [0, 1, 3]] * grow, points[:, 4]]), kernels.described(space, points)


@pytest.mark.parametrize(("x", "y", "radius", "level"), [(60.0, 45.0, 4.0, 220), (90.5, 70.25, 9.0, 20)])
def test_a_blot_is_found_in_its_place_and_at_its_size(
    backend: Backend, x: float, y: float, radius: float, level: int
) -> None:
    down, across = np.mgrid[:150, :200]
    inside = 1 / (1 + np.exp(4 * (np.hypot(across - x, down - y) - radius)))
    space = kernels.scale_space(np.asarray(120 + (level - 120) * inside, np.uint8))
    spots = kernels.extrema(space)
    strongest = spots[spots[:, 3].argmax()]
    place, sigma = strongest[:2] * 2 ** strongest[4], SIGMA_PX * 2 ** (strongest[2] / 3 + strongest[4])

    assert place == pytest.approx([x, y], abs=0.3)
    # The difference between blurs s and ks answers most to a disc of the radius s * sqrt(4 ln(k) k^2 / (k^2 - 1)).
    k = 2 ** (1 / 3)
    assert sigma == pytest.approx(radius / math.sqrt(4 * math.log(k) * k**2 / (k**2 - 1)), rel=0.12)


def test_both_implementations_find_and_describe_the_same(gray: NDArray[np.uint8]) -> None:
    with kernels.forced("plain"):
        space = kernels.scale_space(gray)
        spots = kernels.extrema(space)
        plain = kernels.directed(space, spots)
        vectors = kernels.described(space, plain)
    with kernels.forced("compiled"):
        assert np.array_equal(kernels.extrema(space), spots)
        compiled = kernels.directed(space, spots)
        again = kernels.described(space, plain)

    assert len(spots) > 100
    assert np.abs(compiled - plain).max() < 1e-3
    assert np.abs(vectors - again).max() < 1e-3


def test_what_surrounds_a_keypoint_turns_with_the_picture(backend: Backend, gray: NDArray[np.uint8]) -> None:
    (points, vectors), (turned, others) = keypoints(gray), keypoints(np.ascontiguousarray(np.rot90(gray)))
    expected = np.column_stack([points[:, 1], gray.shape[1] - 1 - points[:, 0]])
    away = np.linalg.norm(expected[:, None] - turned[None, :, :2], axis=2)
    away += 100 * np.abs(np.log2(points[:, 2:3] / turned[None, :, 2]))
    turn = np.mod(points[:, 3:] - turned[None, :, 3] - math.pi / 2 + math.pi, 2 * math.pi) - math.pi
    away += 100 * np.abs(turn)
    partner, near = away.argmin(axis=1), away.min(axis=1) < 6

    assert near.mean() > 0.75
    assert np.median((vectors[near] * others[partner[near]]).sum(axis=1)) > 0.97


def test_descriptors_have_length_one_and_those_of_nothing_are_zero(backend: Backend, gray: NDArray[np.uint8]) -> None:
    space = kernels.scale_space(gray)
    points = kernels.directed(space, kernels.extrema(space))
    flat = kernels.scale_space(np.zeros(gray.shape, np.uint8))

    assert np.linalg.norm(kernels.described(space, points), axis=1) == pytest.approx(1, abs=1e-4)
    assert len(kernels.extrema(flat)) == 0
    assert not kernels.described(flat, points).any()


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (11, 11), (12, 200), (23, 23)])
def test_small_pictures_have_spots_or_none(backend: Backend, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    points, vectors = keypoints(random)

    assert len(points) == len(vectors)
    assert np.isfinite(points).all()
    assert (points[:, :2] >= 0).all()
    assert (points[:, :2] <= np.array(shape[::-1])).all()


def test_points_of_another_kind_are_refused(gray: NDArray[np.uint8]) -> None:
    space = kernels.scale_space(gray)
    with pytest.raises(ValueError, match="spots must be float32"):
        kernels.directed(space, np.zeros((3, 6), np.float32))
    with pytest.raises(ValueError, match="points must be float32"):
        kernels.described(space, np.zeros((3, 5), np.float32))
