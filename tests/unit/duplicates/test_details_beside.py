"""What covers a photograph stays where it is in a soft copy; what lies a little beside its place is found again."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.duplicates.levels import Level
from pictrace.duplicates.looks import Look
from pictrace.duplicates.verify import by_frame
from pictrace.images.orientation import VARIANTS

HEIGHT, WIDTH = 192, 256


def scene() -> NDArray[np.uint8]:
    """Coarse and fine details all over."""
    noise = np.random.default_rng(3).normal(0, 60, (HEIGHT, WIDTH)).astype(np.float32)
    levels = cv2.GaussianBlur(noise, (0, 0), 1.2) + 3 * cv2.GaussianBlur(noise, (0, 0), 4)
    return np.clip(128 + 1.5 * (levels - levels.mean()), 0, 255).astype(np.uint8)


def level(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Level:
    nothing = np.zeros((0, 40), np.uint8)
    one, other = (Look(place, gray, nothing, WIDTH, HEIGHT, 1) for place, gray in enumerate((first, second)))
    return by_frame(one, other, VARIANTS[0]).level


def rippling(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As water does a moment later: at the right, all lies a few pixels beside its place, here and there."""
    down, across = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    step = np.where(across > 0.8 * WIDTH, 3 * np.sin(down / 5 + across / 7), 0).astype(np.float32)
    return np.asarray(cv2.remap(gray, across + step, down, cv2.INTER_LINEAR), np.uint8)


def test_what_lies_a_little_beside_its_place_was_taken_again() -> None:
    assert level(scene(), rippling(scene())) is Level.SCENE


def test_what_covers_as_much_is_a_change() -> None:
    covered = scene()
    covered[20:172, 200:] = np.linspace(60, 200, 56, dtype=np.uint8)
    assert level(scene(), covered) is Level.PHOTOGRAPH
