"""Which changes of a drawing are explained by tones, and which contradict that it is the same one."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from pictrace.diagnosis import diagnose
from pictrace.diagnosis.contradictions import contradictions
from pictrace.images.edits import brighten, gamma, grayscale, noise, recolour, recompress, resize
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import open_image

Change = Callable[[RGBImage], RGBImage]
Colour = tuple[int, int, int]


def stripes(*colours: Colour) -> RGBImage:
    """Of one height each, with a square in the middle that stays."""
    picture = np.repeat(np.repeat(np.array(colours, np.uint8)[:, None], 80, axis=0), 300, axis=1)
    picture[90:130, 40:80] = 250
    return picture


def wall(seed: int) -> RGBImage:
    """Bricks, each of a shade of its own."""
    random = np.random.default_rng(seed)
    picture = np.full((300, 400, 3), (190, 186, 178), np.uint8)
    for row in range(7):
        for column in range(-1, 6):
            left = 70 * column + 35 * (row % 2)
            shade = int(random.integers(-40, 40))
            cv2.rectangle(
                picture, (left, 44 * row), (left + 64, 44 * row + 38), (150 + shade, 90 + shade, 70 + shade), -1
            )
    return picture


def chart(heights: Sequence[int]) -> RGBImage:
    picture = np.full((300, 400, 3), 255, np.uint8)
    for column, high in enumerate(heights):
        cv2.rectangle(picture, (30 + 60 * column, 280 - high), (70 + 60 * column, 280), (60, 90, 170), -1)
        cv2.putText(picture, str(high), (30 + 60 * column, 295), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (40, 40, 40), 1)
    return picture


RED, GREEN, BLUE = (190, 40, 50), (50, 150, 80), (40, 60, 170)
BARS = chart((120, 200, 90, 160, 240, 60))


def furthest(query: RGBImage, candidate: RGBImage) -> float:
    mask = np.ones(query.shape[:2], np.bool_)
    return float(contradictions(query, candidate, candidate, mask, noise=0.0, blur_px=0.0).max())


@pytest.mark.parametrize(
    "change",
    [
        lambda one: brighten(one, contrast=1.4, shift=10),
        lambda one: gamma(one, 2.0),
        lambda one: np.clip(one * np.array([1.2, 1.0, 0.7]), 0, 255).astype(np.uint8),
        lambda one: recompress(one, 10),
    ],
)
def test_curves_of_the_channels_and_compression_explain_what_they_do(change: Change) -> None:
    for picture in (stripes(RED, GREEN, BLUE), wall(1), BARS):
        assert furthest(change(picture), picture) < 0.4


def test_other_colours_in_the_same_fields_are_explained_by_no_curve() -> None:
    assert furthest(stripes(RED, GREEN, BLUE), stripes(BLUE, GREEN, RED)) > 0.6
    assert furthest(wall(1), wall(2)) > 0.45


def said(query: RGBImage, candidate: RGBImage) -> str:
    first, second = (open_image(encode_jpeg(one, quality=92)) for one in (query, candidate))
    return diagnose(first.working(), second.working(), query_info=first.info, candidate_info=second.info).relation


CHANGES: dict[str, Change] = {
    "compressed": lambda one: recompress(one, 10),
    "brighter": lambda one: brighten(one, contrast=1.3, shift=-20),
    "gamma": lambda one: gamma(one, 2.0),
    "gray": grayscale,
    "recoloured": lambda one: recolour(one, 40),
    "noisy": lambda one: noise(one, 20),
    "smaller": lambda one: resize(one, 0.5),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_one_drawing_are_no_template(name: str) -> None:
    for picture in (wall(1), BARS):
        assert said(CHANGES[name](picture), picture) in ("same photograph", "identical")


def test_other_colours_are_another_drawing() -> None:
    assert said(wall(1), wall(2)) == "same template"
    assert said(resize(wall(1), 0.7), wall(3)) == "same template"
    assert said(stripes(RED, GREEN, BLUE), stripes(BLUE, RED, GREEN)) == "same template"
    assert said(BARS, chart((120, 200, 90, 160, 200, 60))) == "same template"
