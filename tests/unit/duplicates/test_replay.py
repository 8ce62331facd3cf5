"""What was done is done again: a parent leaves less than its parent, or than what else was made of it."""

from collections.abc import Callable

import numpy as np
import pytest

from pictrace.duplicates.replay import replayed
from pictrace.images.edits import blur, brighten, caption, crop, grayscale, mirror, resize, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.geometry import Matrix, inverse, scaling
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode

QUALITY = 82
SAME = np.eye(3)


def saved(image: RGBImage, quality: int) -> RGBImage:
    return decode(encode_jpeg(image, quality=quality))


TURNED = np.array([[0.0, 1, 0], [-1, 0, 299], [0, 0, 1]])
WAYS: dict[str, tuple[Callable[[RGBImage], RGBImage], Matrix]] = {
    "saved": (lambda image: image, SAME),
    "brighter": (lambda image: brighten(image, contrast=0.75, shift=20), SAME),
    "gray": (grayscale, SAME),
    "blurred": (lambda image: blur(image, 1.9), SAME),
    "captioned": (lambda image: caption(image, "SEEN"), SAME),
    "smaller": (lambda image: resize(image, 0.75), scaling(4 / 3, 4 / 3)),
    "mirrored": (mirror, np.array([[-1.0, 0, 450], [0, 1, 0], [0, 0, 1]])),
    "turned": (lambda image: turn(image, 90), np.array([[0.0, -1, 450], [1, 0, 0], [0, 0, 1]])),
    "turned and smaller": (lambda image: resize(turn(image, 270), 0.75), TURNED @ scaling(4 / 3, 4 / 3)),
    "cropped": (lambda image: crop(image, 0.8), np.array([[1.0, 0, 24.4], [0, 1, 15.3], [0, 0, 1]])),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_parent_leaves_least(way: str, photographs: dict[str, bytes]) -> None:
    change, matrix = WAYS[way]
    grandparent = saved(decode(photographs["chelsea.png"]), 93)
    parent = saved(brighten(grandparent, contrast=0.8, shift=20), 85)
    child, sibling = (saved(change(parent), quality) for quality in (QUALITY, 84))
    left = replayed(parent, child, matrix, quality=QUALITY)
    before = replayed(grandparent, child, matrix, quality=QUALITY)
    beside = replayed(sibling, child, SAME, quality=QUALITY)
    assert left is not None
    assert before is not None
    assert beside is not None
    assert left < 0.15
    assert left < min(before, beside)


def test_what_is_lost_is_not_made_again(photographs: dict[str, bytes]) -> None:
    parent = saved(decode(photographs["coffee.png"]), 90)
    for change, matrix in (WAYS["blurred"], WAYS["smaller"]):
        child = saved(change(parent), QUALITY)
        forth, back = (
            replayed(parent, child, matrix, quality=QUALITY),
            replayed(child, parent, inverse(matrix), quality=90),
        )
        assert forth is not None
        assert back is not None
        assert back > 5 * forth


def test_a_registration_may_be_some_pixels_off(photographs: dict[str, bytes]) -> None:
    parent = saved(decode(photographs["chelsea.png"]), 90)
    child = saved(parent, QUALITY)
    off = np.array([[1.001, 0, 2.0], [0, 0.999, -3.0], [0, 0, 1]])
    assert replayed(parent, child, off, quality=QUALITY) == replayed(parent, child, SAME, quality=QUALITY)


def test_nothing_is_said_of_what_has_nothing_in_common(photographs: dict[str, bytes]) -> None:
    image = decode(photographs["coffee.png"])
    away = np.array([[1.0, 0, 5000], [0, 1, 0], [0, 0, 1]])
    assert replayed(image, image, away, quality=None) is None
    flat = np.full((200, 300, 3), 90, np.uint8)
    assert replayed(flat, flat, SAME, quality=None) is None


def test_of_what_is_narrower_than_a_block_nothing_can_be_said(photographs: dict[str, bytes]) -> None:
    strip = np.ascontiguousarray(decode(photographs["chelsea.png"])[100:115])
    assert replayed(strip, strip, SAME, quality=QUALITY) is None
    upright = np.ascontiguousarray(strip.transpose(1, 0, 2))
    assert replayed(upright, upright, SAME, quality=QUALITY) is None
