"""Laying one picture on another: transforms that were applied are found again."""

import itertools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.diagnosis.patches import at_large
from pictrace.diagnosis.registration import register
from pictrace.images.edits import blur, crop, grayscale, letterbox, mirror, recolour, turn
from pictrace.images.geometry import corners, inverse, moved, orienting, scaling
from pictrace.images.orientation import VARIANTS, Variant, orient
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load

RANDOM = np.random.default_rng(11)


@pytest.fixture(scope="module")
def astronaut(photographs: dict[str, bytes]) -> RGBImage:
    return load(photographs["astronaut.png"])


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.label or "upright")
def test_orienting_moves_pixels_as_orient_does(variant: Variant) -> None:
    picture = RANDOM.integers(0, 256, (5, 7), dtype=np.uint8)
    turned = orient(picture, variant)
    places = np.array([[x, y] for y in range(5) for x in range(7)], np.float64)
    targets = moved(orienting(variant, picture.shape), places).round().astype(int)
    np.testing.assert_array_equal(turned[targets[:, 1], targets[:, 0]], picture.ravel())


def test_scaling_takes_outer_corners_to_outer_corners() -> None:
    np.testing.assert_allclose(moved(scaling(2, 0.5), corners((40, 30))), corners((20, 60)))


def test_the_whole_tells_where_a_pattern_lies() -> None:
    shades = np.random.default_rng(3).integers(60, 200, (6, 8), np.uint8)
    wall = np.repeat(np.repeat(shades, 40, axis=0), 40, axis=1)
    beside = np.array([[1.0, 0, 40], [0, 1, 40], [0, 0, 1]])  # edge on edge, one field farther
    assert at_large(wall, wall, np.eye(3)) > 0.99
    assert at_large(wall, wall, beside) < 0.5
    assert at_large(np.full_like(wall, 90), wall, np.eye(3)) == 1


def applied(picture: RGBImage, name: str) -> tuple[RGBImage, NDArray[np.float64]]:
    """(changed, matrix from the changed picture to the original)."""
    height, width = picture.shape[:2]
    if name == "crop":
        window = crop(picture, 0.4, across=0.3, down=0.2)
        left, top = round((width - window.shape[1]) * 0.3), round((height - window.shape[0]) * 0.2)
        return window, np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]])
    if name == "turn":
        matrix = np.vstack([cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 25, 1.0), [0, 0, 1]])
        return turn(picture, 25), inverse(matrix)
    if name == "mirrored quarter turn":
        return turn(mirror(picture), 90), inverse(orienting(VARIANTS[5], picture.shape))
    if name == "half size":
        small = np.asarray(cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        return small, scaling(2, 2)
    if name == "letterbox":
        bar = max(1, round(height * 0.2))
        return letterbox(picture, 0.2), np.array([[1.0, 0, 0], [0, 1, -bar], [0, 0, 1]])
    same = {"gray": grayscale, "blurred": lambda one: blur(one, 3), "other colours": lambda one: recolour(one, 120)}
    return same[name](picture), np.eye(3)


NAMES = ("crop", "turn", "mirrored quarter turn", "half size", "letterbox", "gray", "blurred", "other colours")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("photograph", ["chelsea.png", "camera.png"])
def test_a_known_transform_is_found_to_a_pixel(name: str, photograph: str, photographs: dict[str, bytes]) -> None:
    original = load(photographs[photograph])
    changed, matrix = applied(original, name)
    found = register(changed, original)
    assert found is not None
    inner = corners(changed.shape) * 0.5 + np.array(changed.shape[1::-1]) / 4
    np.testing.assert_allclose(moved(found.matrix, inner), moved(matrix, inner), atol=1.0)
    assert found.mirrored == (np.linalg.det(matrix) < 0)
    assert found.confidence == 1


@pytest.mark.parametrize("name", ["crop", "turn", "mirrored quarter turn", "half size"])
def test_exchanging_the_pictures_gives_the_inverse(name: str, astronaut: RGBImage) -> None:
    changed, _ = applied(astronaut, name)
    there, back = register(changed, astronaut), register(astronaut, changed)
    assert there is not None
    assert back is not None
    inner = corners(changed.shape) * 0.5 + np.array(changed.shape[1::-1]) / 4
    np.testing.assert_allclose(moved(back.matrix, moved(there.matrix, inner)), inner, atol=1.0)
    assert there.scale * back.scale == pytest.approx(1, abs=0.01)
    assert there.overlap_query == pytest.approx(back.overlap_candidate, abs=0.02)


def test_the_parts_of_a_transform_are_named(astronaut: RGBImage) -> None:
    found = register(turn(mirror(astronaut), 25), astronaut)
    assert found is not None
    assert found.mirrored
    assert found.degrees == pytest.approx(25, abs=0.2)
    assert found.scale == pytest.approx(1, abs=0.01)
    assert found.stretch == pytest.approx(1, abs=0.01)
    assert abs(found.shear) < 0.5
    assert found.perspective < 0.01


def test_the_candidate_warped_onto_the_query_looks_like_it(astronaut: RGBImage) -> None:
    query = turn(astronaut, 25)
    found = register(query, astronaut)
    assert found is not None
    warped, mask = found.warped(astronaut, query.shape)
    assert warped.shape == query.shape
    inner = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert 0.6 < inner.mean() < found.overlap_query
    assert np.abs(warped.astype(int) - query)[inner].mean() < 3
    outline = found.outline(query.shape)
    np.testing.assert_allclose(moved(inverse(found.matrix), outline), corners(query.shape), atol=0.01)


@pytest.mark.slow
def test_unrelated_pictures_are_not_laid_on_each_other(photographs: dict[str, bytes]) -> None:
    pictures = [load(data) for data in photographs.values()]
    for first, second in itertools.combinations(pictures, 2):
        assert register(first, second) is None


def test_pictures_with_nothing_in_them_are_not_registered() -> None:
    flat = np.full((100, 120, 3), 90, np.uint8)
    for other in (flat, np.zeros((1, 1, 3), np.uint8), RANDOM.integers(0, 256, (100, 120, 3), dtype=np.uint8)):
        assert register(flat, other) is None
        assert register(other, flat) is None
