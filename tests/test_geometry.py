"""Placing the query in a match."""

import cv2
import numpy as np
import pytest

from pictrace.changes import crop, mirror, turn
from pictrace.geometry import place
from pictrace.images import VARIANTS, load, orient
from pictrace.metrics import get_metric
from pictrace.metrics.base import Lines

RANDOM = np.random.default_rng(4)
POINTS = RANDOM.uniform(0, 500, (60, 2)).astype(np.float32)


def moved_by(matrix: np.ndarray, points: np.ndarray = POINTS) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis].astype(np.float64), matrix)[0], np.float32)


SIMILARITY = np.array([[0.5, -0.3, 120], [0.3, 0.5, -20], [0, 0, 1]])
PERSPECTIVE = np.array([[0.9, 0.1, 20], [-0.05, 0.8, 30], [6e-4, 3e-4, 1]])


@pytest.mark.parametrize("matrix", [SIMILARITY, PERSPECTIVE], ids=["similarity", "perspective"])
def test_a_known_transform_is_found_among_wrong_matches(matrix: np.ndarray) -> None:  # type: ignore[type-arg]
    match = moved_by(matrix)
    match[::4] = RANDOM.uniform(0, 500, match[::4].shape)
    placement = place(POINTS, match)
    assert placement is not None
    assert placement.inliers.sum() >= 43
    assert not placement.inliers[::4].sum() > 2
    corners = placement.outline((400, 500))
    expected = moved_by(matrix, np.array([[0, 0], [500, 0], [500, 400], [0, 400]], np.float32))
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
