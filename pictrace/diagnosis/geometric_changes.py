"""From a registration to what was done to the frame: turned, mirrored, cropped, stretched, resized, bordered."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.change import Change, change_if_sure
from pictrace.diagnosis.kinds import KINDS
from pictrace.diagnosis.padding import Bars
from pictrace.diagnosis.photometry import Photometry
from pictrace.diagnosis.registration import Registration
from pictrace.images.geometry import box, inverse, moved
from pictrace.told import told

__all__ = ["Sizes", "geometric_changes"]

TILT_DEGREES = KINDS["turned"].told
"""From here a turn is one by an angle; below, it is the registration's own inaccuracy."""

CLEAR_BAR = 0.04  # what turning leaves empty may fill a row or two
NO_BARS: Bars = (0.0, 0.0, 0.0, 0.0)
FLUSH = 0.012
"""Bars of the candidate count where the query ends within this share of where they begin."""

SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Sizes:
    """(height, width) of the working pictures, and (width, height) of the files where known."""

    query: tuple[int, ...]
    candidate: tuple[int, ...]
    query_file: tuple[int, int] | None
    candidate_file: tuple[int, int] | None


def geometric_changes(registration: Registration, fit: Photometry, sizes: Sizes) -> list[Change]:
    """In the order in which one would do them: a mirrored picture turned is not a turned one mirrored."""
    tilted = abs(registration.tilt) >= TILT_DEGREES
    bars = fit.bars if not tilted or max(fit.bars) > CLEAR_BAR else NO_BARS
    other_bars = NO_BARS if tilted else _flush(fit.other_bars, registration, bars, sizes)
    found = change_if_sure("mirrored", registration.confidence, told("mirrored")) if registration.mirrored else []
    found += _turned(registration)
    found += _cropped(registration, bars, other_bars, sizes)
    found += _wider(registration, bars, other_bars, sizes, fit.uncovered)
    found += _stretched(registration)
    found += _resized(registration, sizes)
    found += _bordered("border_added", bars)
    found += _bordered("border_removed", other_bars)
    return found


def _turned(registration: Registration) -> list[Change]:
    tilt = registration.tilt
    if abs(tilt) >= TILT_DEGREES:
        degrees = registration.degrees
        confidence = min(registration.confidence, KINDS["turned"].confidence(abs(tilt)))
    else:
        degrees = 90.0 * round(registration.degrees / 90)
        confidence = registration.confidence
    degrees = 180.0 if degrees == -180 else degrees
    if not degrees:
        return []
    shown = f"{abs(degrees):.0f}"
    if abs(degrees) == 180:
        text = told("turned {degrees}°", degrees=shown)
    elif degrees > 0:
        text = told("turned {degrees}° to the left", degrees=shown)
    else:
        text = told("turned {degrees}° to the right", degrees=shown)
    return change_if_sure("turned", confidence, text, degrees=float(degrees))


def _box(shape: tuple[int, ...], bars: Bars) -> NDArray[np.float64]:
    """Corners of a picture of this shape within its bars, (4, 2), clockwise from the upper left."""
    height, width = shape[:2]
    left, right = bars[0] * width, (1 - bars[2]) * width
    top, bottom = bars[1] * height, (1 - bars[3]) * height
    return box((left, top), (right, bottom)) - 0.5


def _area(outline: NDArray[np.float64]) -> float:
    return float(cv2.contourArea(outline.astype(np.float32)))


def _shared(outline: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    """The share of a box that lies within the convex outline."""
    area, _ = cv2.intersectConvexConvex(outline.astype(np.float32), whole.astype(np.float32))
    return float(area) / max(1e-6, _area(whole))


def _cuts(outline: NDArray[np.float64], whole: NDArray[np.float64]) -> dict[str, float]:
    """How much of a box lies beyond the outline at each side, in shares of its sides."""
    low, high = whole.min(axis=0), whole.max(axis=0)
    span = high - low
    before, after = (outline.min(axis=0) - low) / span, (high - outline.max(axis=0)) / span
    values = (before[0], before[1], after[0], after[1])
    return {name: float(np.clip(value, 0, 1)) for name, value in zip(SIDES, values, strict=True)}


def _cropped(registration: Registration, bars: Bars, other_bars: Bars, sizes: Sizes) -> list[Change]:
    """The query shows a part of the candidate."""
    outline = moved(registration.matrix, _box(sizes.query, bars))
    whole = _box(sizes.candidate, other_bars)
    kept = _shared(outline, whole)
    lost = 1 - kept
    if abs(registration.tilt) >= TILT_DEGREES:  # a turn in its frame loses the corners without being a crop
        lost = min(lost, 1 - _area(outline) / _area(whole))
    cuts = _cuts(outline, whole)
    side, most = max(cuts.items(), key=lambda cut: cut[1])
    others = sum(cuts.values()) - most
    share, cut = f"{100 * kept:.0f}", f"{100 * most:.0f}"
    text = told("cropped to {share} %", share=share)
    if abs(registration.tilt) < TILT_DEGREES and most > max(0.05, 2 * others):
        text = {
            "left": told("cropped to {share} % ({cut} % cut on the left)", share=share, cut=cut),
            "top": told("cropped to {share} % ({cut} % cut at the top)", share=share, cut=cut),
            "right": told("cropped to {share} % ({cut} % cut on the right)", share=share, cut=cut),
            "bottom": told("cropped to {share} % ({cut} % cut at the bottom)", share=share, cut=cut),
        }[side]
    confidence = min(registration.confidence, KINDS["cropped"].confidence(lost))
    return change_if_sure("cropped", confidence, text, kept=kept, **cuts)


def _wider(registration: Registration, bars: Bars, other_bars: Bars, sizes: Sizes, uncovered: float) -> list[Change]:
    """The query shows more than the candidate, which is a cut-out of it."""
    outline = moved(inverse(registration.matrix), _box(sizes.candidate, other_bars))
    share = _shared(outline, _box(sizes.query, bars))
    confidence = min(registration.confidence, KINDS["wider"].confidence(uncovered))
    text = told("showing more: the second picture covers {share} % of it", share=f"{100 * share:.0f}")
    return change_if_sure("wider", confidence, text, share=share)


def _stretched(registration: Registration) -> list[Change]:
    factor = max(registration.stretch, 1 / registration.stretch)
    confidence = min(registration.confidence, KINDS["stretched"].confidence(factor))
    share = f"{100 * abs(registration.stretch - 1):.0f}"
    wider = registration.stretch > 1
    text = (
        told("stretched, {share} % wider", share=share) if wider else told("stretched, {share} % narrower", share=share)
    )
    return change_if_sure("stretched", confidence, text, across=registration.stretch)


def _resized(registration: Registration, sizes: Sizes) -> list[Change]:
    """By the pixels that the files have for the same thing; nothing where their sizes are unknown."""
    if sizes.query_file is None or sizes.candidate_file is None:
        return []
    mine = _enlargement(sizes.query_file, sizes.query)
    theirs = _enlargement(sizes.candidate_file, sizes.candidate)
    factor = mine / (registration.scale * theirs)
    confidence = min(registration.confidence, KINDS["resized"].confidence(abs(math.log(factor))))
    share = f"{100 * factor:.0f}"
    text = told("enlarged to {share} % of its size", share=share)
    if factor < 1:
        text = told("reduced to {share} % of its size", share=share)
    return change_if_sure("resized", confidence, text, factor=factor)


def _enlargement(size: tuple[int, int], shape: tuple[int, ...]) -> float:
    """Pixels of a file of this (width, height) per pixel of its working picture."""
    return math.sqrt(size[0] * size[1] / (shape[0] * shape[1]))


def _bordered(kind: str, bars: Bars) -> list[Change]:
    high, wide = bars[1] + bars[3], bars[0] + bars[2]
    if high and wide:
        where = told("around it")
    elif high:
        where = told("above and below") if min(bars[1], bars[3]) else told("above") if bars[1] else told("below")
    else:
        where = (
            told("left and right")
            if min(bars[0], bars[2])
            else told("on the left")
            if bars[0]
            else told("on the right")
        )
    share = f"{100 * max(high, wide):.0f}"
    if kind == "border_added":
        text = told("with bars added {where} ({share} % of the width)", where=where, share=share)
        if high > wide:
            text = told("with bars added {where} ({share} % of the height)", where=where, share=share)
    else:
        text = told("without the bars of the second picture {where} ({share} % of the width)", where=where, share=share)
        if high > wide:
            text = told(
                "without the bars of the second picture {where} ({share} % of the height)", where=where, share=share
            )
    return change_if_sure(kind, KINDS[kind].confidence(max(bars)), text, **dict(zip(SIDES, bars, strict=True)))


def _flush(other_bars: Bars, registration: Registration, bars: Bars, sizes: Sizes) -> Bars:
    """The candidate's bars, where the query ends as they begin; a sky that was cut off begins elsewhere."""
    outline = moved(registration.matrix, _box(sizes.query, bars))
    whole = _box(sizes.candidate, other_bars)
    span = whole.max(axis=0) - whole.min(axis=0)
    gaps = [*(outline.min(axis=0) - whole.min(axis=0)) / span, *(whole.max(axis=0) - outline.max(axis=0)) / span]
    kept = [bar if abs(gap) < FLUSH else 0.0 for bar, gap in zip(other_bars, gaps, strict=True)]
    return kept[0], kept[1], kept[2], kept[3]
