"""Placing the query in a match."""

import cv2
import numpy as np
import pytest

from pictrace.images.edits import crop, mirror, turn
from pictrace.images.orientation import VARIANTS, orient
from pictrace.images.reading import load
from pictrace.metrics import get_metric
from pictrace.metrics.evidence import Lines
from pictrace.metrics.placement import Placement, place

RANDOM = np.random.default_rng(4)
POINTS = RANDOM.uniform(0, 500, (60, 2)).astype(np.float32)


def moved_by(matrix: np.ndarray, points: np.ndarray = POINTS) -> np.ndarray:
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis].astype(np.float64), matrix)[0], np.float32)


SIMILARITY = np.array([[0.5, -0.3, 120], [0.3, 0.5, -20], [0, 0, 1]])
PERSPECTIVE = np.array([[0.9, 0.1, 20], [-0.05, 0.8, 30], [6e-4, 3e-4, 1]])


@pytest.mark.parametrize("matrix", [SIMILARITY, PERSPECTIVE], ids=["similarity", "perspective"])
def test_a_known_transform_is_found_among_wrong_matches(matrix: np.ndarray) -> None:
    match = moved_by(matrix)
    match[::4] = RANDOM.uniform(0, 500, match[::4].shape)
    placement = place(POINTS, match)
    assert placement is not None
    assert placement.inliers.sum() >= 43
    assert not placement.inliers[::4].sum() > 2
    corners = placement.outline((400, 500))
    expected = moved_by(matrix, np.array([[0, 0], [500, 0], [500, 400], [0, 400]], np.float32) - 0.5)
    np.testing.assert_allclose(corners, expected, atol=6)


def test_the_same_matches_give_the_same_placement() -> None:
    match = moved_by(SIMILARITY) + RANDOM.normal(0, 2, POINTS.shape).astype(np.float32)
    first, second = place(POINTS, match), place(POINTS, match)
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.matrix, second.matrix)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_too_few_points_are_not_placed(count: int) -> None:
    assert place(POINTS[:count], POINTS[:count]) is None


def test_random_matches_are_not_placed_by_many() -> None:
    placement = place(POINTS, RANDOM.uniform(0, 500, POINTS.shape).astype(np.float32))
    assert placement is None or placement.inliers.sum() < 9


def test_one_point_again_and_again_is_not_placed() -> None:
    same = np.repeat(POINTS[:1], 30, axis=0)
    placement = place(same, same)
    assert placement is None or np.isfinite(placement.matrix).all()


@pytest.mark.parametrize("orientation", [0, 1, 4, 6])
def test_a_crop_is_outlined_where_it_lies(orientation: int, photographs: dict[str, bytes]) -> None:
    """The query is a window of the match, perhaps turned or mirrored: its outline is that window."""
    match = load(photographs["astronaut.png"])
    window = crop(match, 0.4, across=0.3, down=0.2)
    variant = VARIANTS[orientation]
    query = orient(window, variant)
    explanation = get_metric("orb").explain(query, match, orientations=True)
    (lines,) = explanation.evidence
    assert isinstance(lines, Lines)
    assert lines.outline is not None
    side = 512 / max(match.shape)
    height, width = (value * side for value in window.shape[:2])
    left, top = (512 - width) * 0.3, (512 - height) * 0.2
    low, high = lines.outline.min(axis=0), lines.outline.max(axis=0)
    np.testing.assert_allclose([*low, *high], [left, top, left + width, top + height], atol=14)


def test_a_tilted_copy_is_outlined_as_tilted(photographs: dict[str, bytes]) -> None:
    match = load(photographs["chelsea.png"])
    explanation = get_metric("orb").explain(turn(mirror(match), 20), match, orientations=True)
    (lines,) = explanation.evidence
    assert isinstance(lines, Lines)
    assert lines.outline is not None
    edge = lines.outline[1] - lines.outline[0]
    degrees = np.degrees(np.arctan2(edge[1], edge[0]))
    assert abs(abs(degrees) - 20) < 3


NOT_MOVED = np.eye(3)
RIGHT_BY_HALF = np.array([[1, 0, 50], [0, 1, 0], [0, 0, 1]])
TO_A_QUARTER = np.diag([0.5, 0.5, 1])
TWICE_AS_LARGE = np.array([[2, 0, -50], [0, 2, -50], [0, 0, 1]])
FAR_AWAY = np.array([[1, 0, 500], [0, 1, 0], [0, 0, 1]])
DIAMOND = np.array([[0.5, -0.5, 50], [0.5, 0.5, 0], [0, 0, 1]])  # corners on the middles of the match's borders
MIRRORED = np.array([[-1, 0, 130], [0, 1, 0], [0, 0, 1]])
# x' = 2x / (1 + x / 100): the border x = 100 stays, the middle x = 50 goes to 200 / 3.
NEARER_LEFT = np.array([[2, 0, 0], [0, 1, 0], [0.01, 0, 1]])


def by_centres(matrix: np.ndarray) -> np.ndarray:
    """From coordinates in which a picture begins at 0 to those in which its first pixel's centre lies there."""
    shift = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    return np.asarray(shift @ matrix @ np.linalg.inv(shift))


@pytest.mark.parametrize(
    ("matrix", "query", "match"),
    [
        (NOT_MOVED, 1, 1),
        (RIGHT_BY_HALF, 0.5, 0.5),
        (TO_A_QUARTER, 1, 0.25),
        (TWICE_AS_LARGE, 0.25, 1),
        (FAR_AWAY, 0, 0),
        (DIAMOND, 1, 0.5),
        (MIRRORED, 0.7, 0.7),
        # The query becomes a trapezium from full height at the left to half height at the right.
        (NEARER_LEFT, 1, 0.75),
    ],
    ids=["equal", "half beside", "quarter", "larger", "apart", "diamond", "mirrored", "perspective"],
)
def test_overlap_by_hand(matrix: np.ndarray, query: float, match: float) -> None:
    for sign in (1, -1):  # a transform is the same up to a factor
        placement = Placement(by_centres(matrix) * sign, np.ones(0, np.bool_))
        overlap = placement.overlap((100, 100, 3), (100, 100, 3))
        assert overlap.query == pytest.approx(query, abs=1e-9)
        assert overlap.match == pytest.approx(match, abs=1e-9)


def test_overlap_of_pictures_of_different_sizes() -> None:
    placement = Placement(np.array([[1.0, 0, 150], [0, 1, 60], [0, 0, 1]]), np.ones(0, np.bool_))
    overlap = placement.overlap((80, 100), (100, 200))  # 50 x 40 pixels are shared
    assert overlap.query == pytest.approx(2000 / 8000)
    assert overlap.match == pytest.approx(2000 / 20000)


@pytest.mark.parametrize("matrix", [SIMILARITY, PERSPECTIVE, np.array([[1, 0.2, 3], [0.1, 1, -40], [4e-3, -3e-3, 1]])])
def test_overlap_equals_counting_pixels(matrix: np.ndarray) -> None:
    overlap = Placement(by_centres(matrix), np.ones(0, np.bool_)).overlap((400, 500), (300, 450))
    y, x = np.mgrid[0:400:0.5, 0:500:0.5] + 0.25
    right, down, depth = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), 1)
    inside = (depth > 0) & (right >= 0) & (right <= 450 * depth) & (down >= 0) & (down <= 300 * depth)
    assert overlap.query == pytest.approx(inside.mean(), abs=2e-3)
    y, x = np.mgrid[0:300:0.5, 0:450:0.5] + 0.25
    right, down, depth = np.tensordot(np.linalg.inv(matrix), np.stack([x, y, np.ones_like(x)]), 1)
    inside = (right / depth >= 0) & (right / depth <= 500) & (down / depth >= 0) & (down / depth <= 400)
    inside &= np.tensordot(matrix[2], np.stack([right / depth, down / depth, np.ones_like(x)]), 1) > 0
    assert overlap.match == pytest.approx(inside.mean(), abs=2e-3)
