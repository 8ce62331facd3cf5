"""Changes at random, with what was done and the transform they amount to: the truth that a diagnosis is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.edits import (
    blur,
    brighten,
    crop,
    gamma,
    grayscale,
    letterbox,
    mirror,
    noise,
    recolour,
    resize,
    turn,
)
from pictrace.images.pixels import RGBImage

__all__ = ["EDITS", "Edited"]

WORKING_PX = 512
WORDS = ("BREAKING NEWS", "holiday 2019", "(c) Example Press", "SALE -50 %", "When you see it", "SAMPLE")


@dataclass(frozen=True)
class Edited:
    """A changed picture.

    matrix: (3, 3), pixels of the original to pixels of this. kinds: what was done, by the diagnosis's names.
    quality: of the JPEG file that it is to be saved as.
    """

    image: RGBImage
    matrix: NDArray[np.float64]
    kinds: frozenset[str] = frozenset()
    parameters: Mapping[str, float] = field(default_factory=dict)
    quality: int = 95

    def then(
        self,
        kind: str,
        image: RGBImage,
        matrix: NDArray[np.float64] | None = None,
        *,
        quality: int | None = None,
        **parameters: float,
    ) -> Edited:
        """With one more change."""
        return Edited(
            image,
            self.matrix if matrix is None else matrix @ self.matrix,
            self.kinds | {kind},
            {**self.parameters, **parameters},
            quality or self.quality,
        )


Random = np.random.Generator
Edit = Callable[[Edited, Random], Edited]


def _away(random: Random, low: float, high: float, least: float, middle: float = 0.0) -> float:
    """Uniform from low to high, but at least so far from the middle."""
    while True:
        value = float(random.uniform(low, high))
        if abs(value - middle) >= least:
            return value


def _working(image: RGBImage) -> float:
    """Pixels of the picture per pixel of the working picture."""
    return max(1.0, max(image.shape[:2]) / WORKING_PX)


def _unchanged(edited: Edited, random: Random) -> Edited:
    return edited


def _jpeg(edited: Edited, random: Random) -> Edited:
    quality = int(random.integers(5, 61))
    return edited.then("recompressed", edited.image, quality=quality)


def _resized(edited: Edited, random: Random) -> Edited:
    image = resize(edited.image, float(random.uniform(0.25, 0.75)))
    across, down = (image.shape[axis] / edited.image.shape[axis] for axis in (1, 0))
    matrix = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
    return edited.then("resized", image, matrix, factor=(across * down) ** 0.5)


def _cropped(edited: Edited, random: Random, least: float = 0.3) -> Edited:
    area, across, down = float(random.uniform(least, 0.95)), float(random.random()), float(random.random())
    image = crop(edited.image, area, across=across, down=down)
    top = round((edited.image.shape[0] - image.shape[0]) * down)
    left = round((edited.image.shape[1] - image.shape[1]) * across)
    matrix = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    return edited.then("cropped", image, matrix)


def _turned(edited: Edited, random: Random) -> Edited:
    degrees = _away(random, -45, 45, 5)
    height, width = edited.image.shape[:2]
    matrix = np.vstack([cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0), [0, 0, 1]])
    return edited.then("turned", turn(edited.image, degrees), matrix, degrees=degrees)


def _quarter(edited: Edited, random: Random) -> Edited:
    quarters = int(random.integers(1, 4))
    height, width = edited.image.shape[:2]
    matrix = np.eye(3)
    for _ in range(quarters):
        matrix = np.array([[0.0, 1, 0], [-1, 0, width - 1], [0, 0, 1]]) @ matrix
        height, width = width, height
    return edited.then("turned", turn(edited.image, 90 * quarters), matrix, degrees=(90 * quarters + 180) % 360 - 180)


def _mirrored(edited: Edited, random: Random) -> Edited:
    matrix = np.array([[-1.0, 0, edited.image.shape[1] - 1], [0, 1, 0], [0, 0, 1]])
    return edited.then("mirrored", mirror(edited.image), matrix)


def _brightness(edited: Edited, random: Random) -> Edited:
    while True:
        gain, shift = float(random.uniform(0.6, 1.5)), float(random.uniform(-40, 40))
        if abs(gain - 1) > 0.15 or abs(shift) > 15:
            break
    return edited.then("brightness", brighten(edited.image, contrast=gain, shift=shift), gain=gain, offset=shift)


def _gamma(edited: Edited, random: Random) -> Edited:
    exponent = 2 ** _away(random, -1, 1, 0.3)
    return edited.then("gamma", gamma(edited.image, exponent), exponent=exponent)


def _blurred(edited: Edited, random: Random) -> Edited:
    sigma = float(random.uniform(1, 4)) * _working(edited.image)
    return edited.then("blurred", blur(edited.image, sigma), sigma_px=sigma / _working(edited.image))


def _noisy(edited: Edited, random: Random) -> Edited:
    deviation = float(random.uniform(10, 30))
    image = noise(edited.image, deviation, seed=int(random.integers(1 << 30)))
    return edited.then("noise_added", image)


def _captioned(edited: Edited, random: Random) -> Edited:
    image = edited.image.copy()
    height, width = image.shape[:2]
    text = WORDS[int(random.integers(len(WORDS)))]
    scale = width * float(random.uniform(0.4, 0.9)) / cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1, 2)[0][0]
    thickness = max(1, round(2 * scale))
    (across, down), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thickness)
    x = int(random.uniform(0.02, 0.98) * max(1, width - across))
    middle = float(random.choice([0.1, 0.5, 0.9]))
    y = round(height * middle + down / 2)
    outlined = random.random() < 0.7
    for colour, extra in (((0, 0, 0), 2 + thickness), ((255, 255, 255), 0)):
        if extra and not outlined:
            continue
        cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, scale, colour, thickness + extra, cv2.LINE_AA)
    return edited.then("text_added", image, text_y=middle)


def _bordered(edited: Edited, random: Random) -> Edited:
    share = float(random.uniform(0.05, 0.25))
    height, width = edited.image.shape[:2]
    if random.random() < 0.5:
        bar = max(1, round(height * share))
        image, shift = letterbox(edited.image, share), (0, bar)
    else:
        bar = max(1, round(width * share))
        turned = letterbox(np.ascontiguousarray(edited.image.transpose(1, 0, 2)), share)
        image, shift = np.ascontiguousarray(turned.transpose(1, 0, 2)), (bar, 0)
    matrix = np.array([[1.0, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
    return edited.then("border_added", image, matrix, bars=2 * share / (1 + 2 * share))


def _gray(edited: Edited, random: Random) -> Edited:
    return edited.then("grayscale", grayscale(edited.image))


def _hue(edited: Edited, random: Random) -> Edited:
    degrees = _away(random, -180, 180, 20)
    return edited.then("hue", recolour(edited.image, degrees), hue_degrees=degrees)


GEOMETRIC: tuple[Edit, ...] = (lambda one, random: _cropped(one, random, 0.5), _quarter, _mirrored, _turned)
TONAL: tuple[Edit, ...] = (_gamma, _brightness, _gray, _hue)
LAST: tuple[Edit, ...] = (_captioned, _bordered, _resized, _jpeg)


def _combined(edited: Edited, random: Random) -> Edited:
    """One change of the geometry, then one of the tones or another last one, then JPEG or a caption."""
    parts = [GEOMETRIC[int(random.integers(len(GEOMETRIC)))]]
    if random.random() < 0.6:
        parts.append(TONAL[int(random.integers(len(TONAL)))])
    parts.append(LAST[int(random.integers(len(LAST)))])
    for part in parts:
        edited = part(edited, random)
    return edited


def _sample(edited: Edited, random: Random) -> Edited:
    """The combination of pictrace.images.edits: crop, turn by an angle, JPEG."""
    return _jpeg(_turned(_cropped(edited, random, 0.6), random), random)


EDITS: Mapping[str, Edit] = {
    "unchanged": _unchanged,
    "JPEG quality 5 to 60": _jpeg,
    "resized to 1/4 to 3/4": _resized,
    "cropped to 30 to 95 %": _cropped,
    "turned 5° to 45°": _turned,
    "quarter turns": _quarter,
    "mirrored": _mirrored,
    "brightness and contrast": _brightness,
    "gamma 0.5 to 2": _gamma,
    "blurred 1 to 4 px": _blurred,
    "noise 10 to 30": _noisy,
    "text laid over": _captioned,
    "letterbox": _bordered,
    "gray": _gray,
    "hue 20° to 180°": _hue,
    "crop, turn, JPEG": _sample,
    "two or three of these": _combined,
}
"""Each takes and gives an Edited, with a numpy Generator for what is left to chance."""
