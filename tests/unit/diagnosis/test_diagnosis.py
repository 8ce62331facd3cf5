"""What was done to a picture, in words."""

import itertools
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.diagnosis.change import SAID
from pictrace.diagnosis.kinds import KINDS
from pictrace.images.edits import CHANGES, blur, caption, crop, gamma, grayscale, letterbox, mirror, noise, resize, turn
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode, load, open_image


def diagnosed(query: bytes, candidate: bytes) -> Diagnosis:
    first, second = open_image(query), open_image(candidate)
    return diagnose(first.working(), second.working(), query_info=first.info, candidate_info=second.info)


def kinds(diagnosis: Diagnosis) -> set[str]:
    return {one.kind for one in diagnosis.changes}


EXPECTED = {
    "JPEG quality 10": {"recompressed"},
    "quarter size": {"resized"},
    "crop to 80 %": {"cropped"},
    "crop to 50 %": {"cropped"},
    "turned 15°": {"turned"},
    "turned 90°": {"turned"},
    "mirrored": {"mirrored"},
    "brightness and contrast": {"brightness"},
    "gamma 2": {"gamma"},
    "blur 2 px": {"blurred"},
    "noise 20": {"noise_added"},
    "text laid over": {"text_added"},
    "letterbox": {"border_added"},
    "gray": {"grayscale"},
    "recoloured": {"hue"},
    "crop 80 %, turn 15°, JPEG 30": {"cropped", "turned"},
}


def test_every_change_is_expected_to_be_told() -> None:
    assert set(EXPECTED) == set(CHANGES)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("photograph", ["astronaut.png", "coffee.png"])
def test_a_change_is_told_and_nothing_else(change: str, photograph: str, photographs: dict[str, bytes]) -> None:
    original = photographs[photograph]
    if change == "JPEG quality 10":  # as it comes: the file says how it was compressed
        query = encode_jpeg(decode(original), quality=10)
    else:
        query = encode_png(CHANGES[change](decode(original)))
    found = diagnosed(query, original)
    assert kinds(found) == EXPECTED[change]
    assert found.relation == "same photograph"
    assert all(SAID <= one.confidence <= 1 for one in found.changes)
    assert all(one.text in found.text for one in found.changes)


REVERSED: dict[str, tuple[Callable[[RGBImage], RGBImage], str]] = {
    "crop": (lambda one: crop(one, 0.5), "wider"),
    "letterbox": (letterbox, "border_removed"),
    "gray": (grayscale, "coloured"),
    "blur": (lambda one: blur(one, 2), "sharper"),
    "noise": (lambda one: noise(one, 20), "noise_removed"),
    "text": (lambda one: caption(one, "SOME WORDS"), "text_removed"),
    "mirror": (mirror, "mirrored"),
    "quarter turn": (lambda one: turn(one, 90), "turned"),
    "size": (lambda one: resize(one, 0.5), "resized"),
    "gamma": (lambda one: gamma(one, 1.8), "gamma"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REVERSED)
def test_the_other_direction_is_told_where_the_catalog_has_the_changed_one(
    name: str, photographs: dict[str, bytes]
) -> None:
    change, kind = REVERSED[name]
    original = photographs["astronaut.png"]
    found = diagnosed(original, encode_png(change(decode(original))))
    assert kinds(found) == {kind}


def test_parameters_are_plain_and_right(photographs: dict[str, bytes]) -> None:
    original = decode(photographs["astronaut.png"])
    query = gamma(crop(turn(mirror(original), 90), 0.5, across=0.0, down=0.0), 1.5)
    found = diagnosed(encode_jpeg(query, quality=40), photographs["astronaut.png"])
    told = {one.kind: one.parameters for one in found.changes}
    assert set(told) == {"turned", "mirrored", "cropped", "gamma", "recompressed"}
    assert told["turned"]["degrees"] == 90
    assert told["cropped"]["kept"] == pytest.approx(0.5, abs=0.02)
    assert told["gamma"]["exponent"] == pytest.approx(1.5, abs=0.1)
    assert told["recompressed"]["quality"] == 40
    assert {type(value) for part in told.values() for value in part.values()} <= {int, float, str}
    assert "mirrored, turned 90° to the left, cropped to 50 %" in found.text


def test_the_smaller_catalog_picture_is_called_a_cut_out(photographs: dict[str, bytes]) -> None:
    original = photographs["chelsea.png"]
    found = diagnosed(original, encode_png(crop(decode(original), 0.4)))
    assert "the second picture covers 40 % of it" in found.text


def test_the_same_picture_is_unchanged(photographs: dict[str, bytes]) -> None:
    for data in photographs.values():
        found = diagnosed(data, data)
        assert found.relation == "identical"
        assert found.text == "The same picture, unchanged."
    saved = encode_jpeg(decode(photographs["coffee.png"]), quality=95)
    assert diagnosed(saved, photographs["coffee.png"]).relation == "identical"


@pytest.mark.slow
def test_nothing_is_told_of_unrelated_pictures(photographs: dict[str, bytes]) -> None:
    for first, second in itertools.permutations(photographs.values(), 2):
        found = diagnosed(first, second)
        assert (found.relation, found.changes) == ("unrelated", ())
        assert found.text.startswith("No common content found.")
        assert found.registration is found.photometry is None


def test_another_view_of_the_same_thing_is_another_photograph(photographs: dict[str, bytes]) -> None:
    """Two windows of a picture, one seen in perspective, as from a camera that turned."""
    whole = decode(photographs["astronaut.png"])
    source = np.array([[0, 0], [400, 0], [400, 500], [0, 500]], np.float32)
    seen = np.array([[0, 0], [400, 40], [400, 460], [0, 500]], np.float32)
    other = cv2.warpPerspective(whole[:500, 100:500], cv2.getPerspectiveTransform(source, seen), (400, 500))
    found = diagnose(np.ascontiguousarray(whole[:, :400]), np.ascontiguousarray(other, np.uint8))
    assert found.relation == "same scene"
    assert found.changes == ()
    assert "another photograph" in found.text


def test_sizes_that_are_not_known_are_not_compared(photographs: dict[str, bytes]) -> None:
    retina = load(photographs["retina.jpg"])  # of a file of more than 512 px
    assert "resized" not in kinds(diagnose(resize(retina, 0.5), retina))


def degenerate() -> dict[str, RGBImage]:
    random = np.random.default_rng(2)
    ramp = np.arange(256, dtype=np.uint8)
    return {
        "one pixel": np.zeros((1, 1, 3), np.uint8),
        "a line": random.integers(0, 256, (1, 300, 3), dtype=np.uint8),
        "flat": np.full((300, 200, 3), 200, np.uint8),
        "tiny": random.integers(0, 256, (15, 15, 3), dtype=np.uint8),
        "noise": random.integers(0, 256, (64, 64, 3), dtype=np.uint8),
        "ramp": np.ascontiguousarray(np.broadcast_to(ramp[np.newaxis, :, np.newaxis], (200, 256, 3))),
        "tiles": np.tile(random.integers(0, 256, (8, 8, 3), dtype=np.uint8), (20, 20, 1)),
    }


@pytest.mark.slow
def test_degenerate_pictures_are_diagnosed_without_an_error(photographs: dict[str, bytes]) -> None:
    pictures = degenerate() | {"photograph": load(photographs["chelsea.png"])}
    for (first, one), (second, other) in itertools.product(pictures.items(), repeat=2):
        found = diagnose(one, other)
        assert found.relation == ("identical" if first == second else "unrelated"), (first, second)
        assert {change.kind for change in found.changes} <= set(KINDS)
