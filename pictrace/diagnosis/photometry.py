"""How the levels of two registered pictures differ: tones, colours, sharpness, noise, and what only one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.colours import Colours, compare_colours, rotate_hue, saturation_between, tint_between
from pictrace.diagnosis.contradictions import contradictions
from pictrace.diagnosis.frames import Frame, common_frame, warp
from pictrace.diagnosis.overlays import Patch, laid_over
from pictrace.diagnosis.padding import Bars, Padding, padding
from pictrace.diagnosis.planes import as_gray, brightest, fine_detail, soft
from pictrace.diagnosis.registration import Registration
from pictrace.diagnosis.sharpness import blur_between, flat_parts, noise_level
from pictrace.diagnosis.tones import Tone, fit_tone
from pictrace.images.encoding import encode_jpeg
from pictrace.images.geometry import inverse
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.images.reading import decode

__all__ = ["Photometry", "photometry"]

CLIPPING_LEVELS = 4.0
MUCH_BLUR_PX = 0.8
TURNED_BETTER = 1.3
LEAST_OPEN = 0.2  # of the common area; pictures with less beside one colour are compared whole
MARGIN_PX = 3  # what warping spoils along the border
SAMPLES = 40_000
STRANGE_LEVELS = 40  # smoothed; beyond is no change of tones but another content
SIMULATED_PX = 1700  # long side up to which a recompression is worth simulating; beyond, little of it is left
SIMULATED_QUALITY = 80


@dataclass(frozen=True)
class Photometry:
    """The candidate's levels as the query shows them, and what is left.

    tone: the curve from the candidate's levels to the query's. colours: of both. saturation: times the colour
    differences that the curve explains. tint: what each channel has beyond it, levels of red, green, blue.
    resolution: pixels of the frame in which both were compared per pixel of the query, at most 1.
    blur_px: how much softer the query is, as a Gaussian width in its pixels, negative where it is sharper.
    noise: deviation of white noise that only one of them has, in levels, negative where it is the candidate.
    detail: deviation of the finest detail of the one that has more, in levels, on which a blur could be seen.
    left_over: mean difference that no part of this explains, in levels. overlay: text or a logo on one of them.
    bars, other_bars: of one colour and added to the query, or to the candidate. uncovered: the share of the query
    that shows what lies beyond the candidate, and is no padding.
    """

    tone: Tone
    colours: Colours
    saturation: float
    tint: tuple[float, float, float]
    resolution: float
    blur_px: float
    noise: float
    detail: float
    left_over: float
    overlay: Patch | None
    bars: Bars
    other_bars: Bars
    uncovered: float
    contrary: NDArray[np.float32] | None = None

    def predicted(self, candidate: RGBImage) -> RGBImage:
        """The candidate, (h, w, 3) uint8, in the query's tones and colours."""
        return _predicted(candidate, self.tone, self.colours)


def photometry(
    query: RGBImage,
    candidate: RGBImage,
    registration: Registration,
    *,
    size: tuple[int, int] | None = None,
    quality: int | None = None,
    apart: NDArray[np.bool_] | None = None,
    drawn: NDArray[np.bool_] | None = None,
) -> Photometry:
    """Compare two working pictures in the frame and at the resolution that both have.

    size: (width, height) of the query's file; quality: of its JPEG compression. With both, what the compression
    did is simulated on the candidate, and not taken for blur or noise. apart: (h, w) bool, where the frame shows other
    things, which say nothing of tones.
    """
    frame = common_frame(query, candidate, registration.matrix)
    toned = _without_padding(frame, query, candidate, registration, apart)
    alike = _equally_soft(frame, toned, size, quality)
    plane, other, usual = _plane(alike.query), _plane(alike.candidate), alike.usual
    noise = _noise(plane, other, usual)
    # What the candidate clipped, no curve brings back.
    whole = toned.shown & ~_clipped(frame.candidate) if alike.tone.before > CLIPPING_LEVELS else toned.shown
    colours = toned.colours
    colourless = colours.grayed or colours.coloured
    levels, predicted = _levels(frame, colours), alike.predicted
    return Photometry(
        tone=alike.tone,
        colours=colours,
        saturation=1.0 if colourless else saturation_between(levels, predicted, usual),
        tint=(0.0, 0.0, 0.0) if colourless else tint_between(levels, predicted, usual),
        resolution=frame.factor,
        blur_px=alike.blur_px / frame.factor,
        noise=noise,
        detail=max(fine_detail(_plane(one), usual) for one in (frame.query, frame.candidate)),
        left_over=float(np.abs(plane - other)[usual].mean()) if usual.any() else 0.0,
        overlay=laid_over(alike.query, alike.candidate, whole, abs(noise)),
        bars=toned.fill.bars,
        other_bars=toned.other_fill.ending_bars,
        uncovered=float((~frame.mask & ~toned.fill.mask).mean()),
        contrary=None if drawn is None else _contrary(frame, toned, alike, drawn, noise),
    )


def _contrary(
    frame: Frame, toned: _Toned, alike: _Alike, where: NDArray[np.bool_], noise: float
) -> NDArray[np.float32]:
    query = as_gray(alike.query) if toned.colours.coloured else alike.query
    return contradictions(query, alike.candidate, frame.candidate, _inner(where), noise=noise, blur_px=alike.blur_px)


@dataclass(frozen=True)
class _Toned:
    """The first step: where both pictures show content, and the candidate in the query's tones and colours.

    fill, other_fill: the padding of both. shown: (h, w) bool; mask: where it is the same. predicted: (h, w, 3) uint8.
    """

    fill: Padding
    other_fill: Padding
    shown: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    colours: Colours
    tone: Tone
    predicted: RGBImage


def _without_padding(
    frame: Frame, query: RGBImage, candidate: RGBImage, registration: Registration, apart: NDArray[np.bool_] | None
) -> _Toned:
    """Fitted twice where there may be padding: what the first fit does not explain of it is padding."""

    def fitted(fill: Padding, other_fill: Padding) -> _Toned:
        shown = _open(frame, fill, other_fill, registration, query.shape)
        mask = shown if apart is None or (shown & ~apart).sum() < LEAST_OPEN * shown.sum() else shown & ~apart
        return _Toned(fill, other_fill, shown, mask, *_colours_and_tone(frame, mask))

    first = fitted(padding(frame.query), padding(candidate))
    if not (first.fill.covered.any() or first.other_fill.covered.any()):
        return first
    shown, reached = warp(
        query, inverse(registration.matrix), candidate.shape, scale=1 / registration.scale, fine=False
    )
    return fitted(
        first.fill.confirmed(frame.query, first.predicted, frame.mask),
        first.other_fill.confirmed(_predicted(candidate, first.tone, first.colours), shown, reached),
    )


@dataclass(frozen=True)
class _Alike:
    """The second step: the sharper of both made as soft as the other.

    query: (h, w, 3) uint8, its levels. predicted, candidate: the candidate in the query's tones, without and with
    what the query's own compression does. usual: (h, w) bool, where no other content lies. blur_px: of the frame.
    """

    query: RGBImage
    candidate: RGBImage
    predicted: RGBImage
    tone: Tone
    usual: NDArray[np.bool_]
    blur_px: float


def _equally_soft(frame: Frame, toned: _Toned, size: tuple[int, int] | None, quality: int | None) -> _Alike:
    """The tones are fitted anew where much was softened: a soft picture has other medians at every level."""
    levels, tone, predicted = _levels(frame, toned.colours), toned.tone, toned.predicted
    expected = _recompressed(predicted, size, quality)
    usual = toned.mask & ~_strange(levels, expected)
    if usual.sum() < toned.mask.sum() / 2:
        usual = toned.mask
    blur = _blur(_plane(levels), _plane(expected), usual)
    sharp = soft(levels, -blur)
    if abs(blur) > MUCH_BLUR_PX:
        softened = soft(frame.candidate, blur)
        tone = _tone(soft(frame.query, -blur), softened, toned.colours, usual)
        expected = predicted = _predicted(softened, tone, toned.colours)
        usual = toned.mask & ~_strange(sharp, expected)
    return _Alike(sharp, expected, predicted, tone, usual, blur)


def _levels(frame: Frame, colours: Colours) -> RGBImage:
    """The query as the candidate can predict it."""
    return as_gray(frame.query) if colours.coloured else frame.query


def _predicted(candidate: RGBImage, tone: Tone, colours: Colours) -> RGBImage:
    if colours.grayed:
        candidate = as_gray(candidate)
    elif colours.turned:
        candidate = rotate_hue(candidate, colours.hue_degrees)
    table = tone.applied(np.arange(256, dtype=np.float32)).round().astype(np.uint8)
    return np.asarray(cv2.LUT(candidate, table), np.uint8)


def _colours_and_tone(frame: Frame, mask: NDArray[np.bool_]) -> tuple[Colours, Tone, RGBImage]:
    """(what became of the colours, the tone curve, the candidate as both predict it)."""
    colours = compare_colours(frame.query, frame.candidate, mask)
    tone = _tone(frame.query, frame.candidate, colours, mask)
    predicted = _predicted(frame.candidate, tone, colours)
    if colours.turned:  # channels that a tone curve clips look like another hue
        plain = replace(colours, hue_degrees=0.0)
        other = _tone(frame.query, frame.candidate, plain, mask)
        unturned = _predicted(frame.candidate, other, plain)
        if _apart(frame.query, unturned, mask) < TURNED_BETTER * _apart(frame.query, predicted, mask):
            return plain, other, unturned
    return colours, tone, predicted


def _apart(first: RGBImage, second: RGBImage, mask: NDArray[np.bool_]) -> float:
    """Mean difference of all channels, in levels."""
    return float(np.mean(cv2.mean(cv2.absdiff(soft(first, 1), soft(second, 1)), mask.astype(np.uint8))[:3]))


def _tone(query: RGBImage, candidate: RGBImage, colours: Colours, mask: NDArray[np.bool_]) -> Tone:
    """Fitted to gray, to the brightest channel of other hues, or to all channels: what one curve relates."""
    pair = [soft(one, 2) for one in (query, candidate)]
    if colours.grayed or colours.coloured:
        planes = [to_gray(one)[mask] for one in pair]
    elif colours.turned:
        planes = [brightest(one)[mask] for one in pair]
    else:
        planes = [one[mask].ravel() for one in pair]
    step = max(1, len(planes[0]) // SAMPLES)
    step += step % 3 == 0  # all three channels have their turn
    first, second = (one[::step].astype(np.float32) for one in planes)
    return fit_tone(first, second)


def _recompressed(predicted: RGBImage, size: tuple[int, int] | None, quality: int | None) -> RGBImage:
    """As the query's own compression leaves it."""
    if size is None or quality is None or quality > SIMULATED_QUALITY or max(size) > SIMULATED_PX:
        return predicted
    height, width = predicted.shape[:2]
    large = np.asarray(cv2.resize(predicted, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    there_and_back = (
        cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA).astype(np.int16)
        for one in (decode(encode_jpeg(large, quality=quality)), large)
    )
    compressed, resized = there_and_back  # what resizing does to both is no loss of the compression
    return np.clip(predicted + (compressed - resized), 0, 255).astype(np.uint8)


def _open(
    frame: Frame, fill: Padding, other_fill: Padding, registration: Registration, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """(h, w) bool: where both pictures of a frame show content; shape: the query's."""
    shown = frame.mask & ~fill.mask
    if other_fill.covered.any():
        carried, _ = registration.warped(other_fill.mask.astype(np.uint8) * 255, shape)
        height, width = shown.shape
        shown &= cv2.resize(carried, (width, height), interpolation=cv2.INTER_AREA) == 0
    if shown.sum() < LEAST_OPEN * frame.mask.sum():
        shown = frame.mask
    return _inner(shown)


def _inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without its margin, which is kept where nothing else is left."""
    side = 2 * MARGIN_PX + 1
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(padded, np.ones((side, side), np.uint8))[1:-1, 1:-1] > 0
    return np.asarray(inner if inner.any() else mask, np.bool_)


def _plane(picture: RGBImage) -> NDArray[np.float32]:
    return to_gray(picture).astype(np.float32)


def _blur(query: NDArray[np.float32], expected: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Seen from the one with less noise, which must not count as sharpness: positive where the query is softer."""
    whole = [
        noise_level(one, flat_parts(np.asarray(cv2.blur(one, (5, 5)), np.float32), mask)) for one in (query, expected)
    ]
    if whole[1] > whole[0] + 1:
        return -blur_between(expected, query, mask)
    return blur_between(query, expected, mask)


def _noise(query: NDArray[np.float32], expected: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Of what the two do not share; negative where the candidate has it."""
    flat = flat_parts(np.asarray(cv2.blur(query + expected, (5, 5)), np.float32), mask)
    noise = noise_level(query - expected, flat)
    return -noise if noise_level(query, flat) < noise_level(expected, flat) else noise


def _clipped(picture: RGBImage) -> NDArray[np.bool_]:
    """(h, w) bool: black or white in some channel, with what lies beside it."""
    extreme = cv2.max(brightest(picture), brightest(np.asarray(cv2.bitwise_not(picture), np.uint8))) >= 251
    return np.asarray(cv2.dilate(extreme.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)


def _strange(levels: RGBImage, predicted: RGBImage) -> NDArray[np.bool_]:
    """(h, w) bool: what no curve explains, with what lies around it."""
    apart = brightest(np.asarray(cv2.absdiff(soft(levels, 3), soft(predicted, 3)), np.uint8))
    return np.asarray(cv2.dilate((apart > STRANGE_LEVELS).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
