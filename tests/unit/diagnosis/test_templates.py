"""Pictures that share a form only, and pictures under what was laid over them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.drawings.kinds import KINDS
from pictrace.diagnosis.corners import empty_corners
from pictrace.diagnosis.templates import drawn, share_only_a_form
from pictrace.images.edits import CHANGES, blur, caption, resize, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode, load
from pictrace.sample import photograph

FORMS = [
    *("invoice", "form", "table", "calendar", "business card", "post", "gallery", "settings", "bar chart"),
    *("line chart", "board", "bottle", "dashboard", "text page", "product", "banner"),
]
"""Kinds of which two are found to share a form, rather than nothing."""


def drawing(kind: str, number: int, photographs: dict[str, bytes]) -> RGBImage:
    """One of a kind, with a photograph of its own."""
    photos = [load(data) for data in photographs.values()]
    own = photos[number % len(photos) :][:1]
    return KINDS[kind](np.random.default_rng(1), np.random.default_rng([2, number]), own)


def working(picture: RGBImage, quality: int = 90) -> RGBImage:
    return load(encode_jpeg(picture, quality=quality))


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMS)
def test_two_of_a_kind_share_only_a_form(kind: str, photographs: dict[str, bytes]) -> None:
    first, second = (drawing(kind, number, photographs) for number in (0, 1))
    smaller = working(resize(first, 0.7), 60)
    assert share_only_a_form(smaller, working(second))
    assert not share_only_a_form(smaller, working(first))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_photograph_shares_more(change: str, photographs: dict[str, bytes]) -> None:
    for name in ("coffee.png", "rocket.jpg"):
        original = decode(photographs[name])
        assert not share_only_a_form(working(CHANGES[change](original)), working(original))


@pytest.mark.parametrize("kind", ["invoice", "bar chart", "settings"])
def test_a_drawing_under_words_shares_more(kind: str, photographs: dict[str, bytes]) -> None:
    original = drawing(kind, 0, photographs)
    over: Callable[[RGBImage], RGBImage] = CHANGES["text laid over"]
    for changed in (over(original), caption(original, "DRAFT")):
        assert not share_only_a_form(working(changed), working(original))


def test_unrelated_pictures_share_nothing(photographs: dict[str, bytes]) -> None:
    assert not share_only_a_form(load(photographs["coffee.png"]), load(photographs["chelsea.png"]))


@pytest.mark.parametrize("name", ["clock_motion.png", "page.png"])
def test_a_strongly_blurred_picture_shares_more(name: str) -> None:
    picture = decode(photograph(name))
    assert not share_only_a_form(working(blur(picture, 4)), working(picture))


def sky() -> RGBImage:
    """Two thirds of a sky that darkens upwards, with some grain, over rocks."""
    random = np.random.default_rng(3)
    gray = np.tile(np.linspace(90, 190, 400)[:, np.newaxis], (1, 600)) + random.normal(0, 0.4, (400, 600))
    gray[270:] = cv2.blur(random.uniform(0, 255, (130, 600)), (3, 3))
    return np.repeat(gray.round().astype(np.uint8)[..., np.newaxis], 3, axis=2)


def test_a_sky_is_not_drawn() -> None:
    assert not drawn(sky())


@pytest.mark.parametrize("degrees", [-25.0, 8.0, 30.0])
def test_corners_that_turning_left_empty_are_not_drawn(degrees: float) -> None:
    turned = decode(encode_jpeg(turn(sky(), degrees)))
    assert empty_corners(turned).mean() > 0.05
    assert not drawn(turned)


def test_a_drawing_stays_one_when_it_is_turned() -> None:
    paper = np.full((400, 600, 3), 255, np.uint8)
    cv2.putText(paper, "drawn", (60, 250), cv2.FONT_HERSHEY_SIMPLEX, 5, (0, 0, 0), 12)
    assert drawn(decode(encode_jpeg(turn(paper, 20.0))))


@pytest.mark.parametrize("unturned", ["photograph", "paper", "bars", "one dark corner"])
def test_what_was_not_turned_has_no_empty_corners(unturned: str) -> None:
    picture = sky()
    if unturned == "paper":
        picture[:, :] = 255
    elif unturned == "bars":
        picture[:60] = picture[-60:] = 0
    elif unturned == "one dark corner":
        cv2.fillConvexPoly(picture, np.array([(0, 0), (200, 0), (0, 200)]), (0, 0, 0))
    assert not empty_corners(picture).any()


@pytest.mark.parametrize("plain", ["one colour", "stripes", "gradient"])
def test_plain_colours_and_gradients_are_drawn(plain: str) -> None:
    picture = sky()
    if plain == "one colour":
        picture[:270] = 120
    elif plain == "stripes":
        picture[:270] = np.repeat(np.arange(40, 220, 6), 9)[:270, np.newaxis, np.newaxis]
    else:
        picture = np.repeat(np.tile(np.linspace(90, 190, 400)[:, np.newaxis], (1, 600))[..., np.newaxis], 3, axis=2)
    assert drawn(np.asarray(picture, np.uint8))
