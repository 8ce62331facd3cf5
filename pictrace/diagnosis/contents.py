"""Whether two registered pictures show the same things in the same places, window by window."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.diagnosis.frames import Frame
from pictrace.diagnosis.sharpness import noise_level
from pictrace.images.pixels import to_gray

__all__ = ["Box", "Contents", "boxes", "compare_contents", "step_factor"]

WINDOW_SHARE, LEAST_WINDOW_PX = 17 / 512, 7  # of the long side
DETAIL_LEVELS, NOISES = 8.0, 2.5
"""Deviation of a window that has detail, in levels and in deviations of the noise that one picture has more."""

SWALLOWED_LEVELS = 2.4
"""Deviation that a step of JPEG quality 50 swallows in smooth windows; that of other qualities in proportion."""

OTHER = 0.35
"""Correlation under which a window shows another thing."""

FINE_PX, FINE_LEVELS, FINE_ALIKE = 7, 1.0, 0.5
"""Of the small windows in which a photograph has texture, and a drawing mostly nothing."""

EMPTY = 0.5  # of the detail that counts
DOMINANT = 2.0  # times the other's detail

LEAST_SHARE = 0.008
"""Of the detail, from which what differs is no accident: changes of the same picture stay below, but for overlays."""

TEXTURED, CONTINUED = 0.47, 1.0
"""A photograph under what is laid over it: how much of the rest has common texture, and what is alike within."""

MUCH_SHARE, UNEVEN = 0.4, 0.3
"""Where so much differs and neither picture has clearly more detail there, one fills a form as the other does."""

TWO_SIDED = 0.1
"""Of what differs between drawings, how much each shows where the other is empty: other things in the same form."""

ONE_SIDED = ((0.62, 0.012, 0.2), (0.5, 0.004, 0.4), (0.42, 0.005, 0.105))
"""What is laid over a drawing: how much of it lies on empty ground at least, and how much less than that the other
picture may have on empty ground, and have twice the detail of."""

WHOLLY, NOWHERE, PARTLY = 0.95, 0.01, 0.25
"""Where all that differs has more detail in one picture and nothing in the other, this much on empty ground will do."""

MOSTLY, LESS_TEXTURED, CLEARLY_CONTINUED = 0.6, 0.4, 0.5
"""Where most of it has, the rest needs less texture to be a photograph, if what is alike within is clearly so."""

GROUND_LEVELS = 24.0
"""How far an empty ground may lie from what is around it, and still go on."""

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Contents:
    """What became of the windows that have detail in either picture.

    Attributes
    ----------
    common, detailed, differing
        (h, w) bool: the pixels that were looked at, those around which there is detail, and around which it differs.
    share
        Of the detail, how much differs, 0 to 1.
    query_only, candidate_only
        Of what differs, where the other picture has next to no detail, 0 to 1.
    query_more, candidate_more
        Of what differs, where the other picture has less than half of its detail, 0 to 1.
    query_ground, candidate_ground
        By how many levels the query, or the candidate, where it is empty and the other is not, lies beyond the ground
        around it, the median: little where that goes on under what the other has laid over it.
    continued
        How unlike the detail where they differ is to that beside it, in the picture where it is less unlike: the
        logarithm of the ratio, 0 or more.
    textured
        The share of what does not differ in which both pictures have the same fine texture, 0 to 1.
    """

    common: Mask
    detailed: Mask
    differing: Mask
    share: float
    query_only: float
    candidate_only: float
    query_more: float
    candidate_more: float
    query_ground: float
    candidate_ground: float
    continued: float
    textured: float
    side_px: int

    @property
    def differ(self) -> bool:
        """Whether more than an accident differs."""
        return self.share >= LEAST_SHARE

    @property
    def laid_over(self) -> bool:
        """Whether what differs hides a picture that goes on around it, rather than fills a form in another way."""
        evenly = self.share >= MUCH_SHARE and max(self.query_more, self.candidate_more) < UNEVEN
        if self.textured >= TEXTURED and self.continued < CONTINUED and not evenly:
            return True
        more, only = (self.query_more, self.candidate_more), (self.query_only, self.candidate_only)
        wholly = max(more) >= WHOLLY and max(only) >= PARTLY
        if min(more) < NOWHERE and (wholly or (max(more) >= MOSTLY and self._goes_on)):
            return True
        sides = (
            (self.query_only, self.candidate_only, self.candidate_more, self.candidate_ground),
            (self.candidate_only, self.query_only, self.query_more, self.query_ground),
        )
        return any(
            mine >= least and theirs < most and more < outdone and ground < GROUND_LEVELS
            for mine, theirs, more, ground in sides
            for least, most, outdone in ONE_SIDED
        )

    @property
    def _goes_on(self) -> bool:
        return self.textured >= LESS_TEXTURED and self.continued < CLEARLY_CONTINUED

    @property
    def drawn_over(self) -> bool:
        """The same for two drawings, whose texture says nothing: what is laid over lies on one of them only."""
        more, only = (self.query_more, self.candidate_more), (self.query_only, self.candidate_only)
        return self.laid_over and max(more) >= UNEVEN and min(only) < TWO_SIDED

    @property
    def only_form(self) -> bool:
        """Whether the two share a form, and what fills it differs."""
        return self.differ and not self.laid_over

    @property
    def covered(self) -> Mask:
        """(h, w) bool: the windows that differ, with all that they hold."""
        return _closed(_grown(self.differing, self.side_px // 2), self.side_px // 2)

    @property
    def alike(self) -> float:
        """The share of the common area that lies outside of these windows, 0 to 1."""
        area = int(self.common.sum())
        return 1.0 - int((self.covered & self.common).sum()) / area if area else 0.0

    @property
    def reach(self) -> tuple[float, float]:
        """How far a window reaches beyond what differs in it, in shares of the width and of the height."""
        height, width = self.common.shape
        return self.side_px / width, self.side_px / height

    def places(self) -> tuple[Box, ...]:
        """Where it differs, as (left, top, right, bottom) in shares of the frame, the largest first."""
        return boxes(self.covered)


def step_factor(quality: int) -> float:
    """How many times those of quality 50 the steps of a JPEG are, as the Independent JPEG Group scales them."""
    return 50 / max(1, quality) if quality < 50 else 2 - quality / 50


def boxes(mask: Mask) -> tuple[Box, ...]:
    """What holds each part of a mask, (left, top, right, bottom) in shares of its sides, the largest first."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    height, width = mask.shape
    found = sorted((tuple(int(one) for one in stats[label]) for label in range(1, count)), key=lambda one: -one[4])
    return tuple(
        (left / width, top / height, (left + wide) / width, (top + high) / height) for left, top, wide, high, _ in found
    )


def compare_contents(frame: Frame, mask: Mask, *, quality: int | None = None) -> Contents:
    """By the best normalised correlation of small windows within a pixel.

    Parameters
    ----------
    mask
        (h, w) bool, where to look.
    quality
        Of the stronger JPEG compression of the two files; what its coarsest steps swallow is no detail.
    """
    first, second = (to_gray(one).astype(np.float32) for one in (frame.query, frame.candidate))
    side = max(LEAST_WINDOW_PX, round(WINDOW_SHARE * max(mask.shape))) | 1
    inner = _eroded(mask, side // 2 + 1)
    (mine, theirs), alike = correlation(first, second, side, reach_px=1)
    noise = abs(noise_level(first, inner) ** 2 - noise_level(second, inner) ** 2) ** 0.5
    least = max(DETAIL_LEVELS, NOISES * noise, 0.0 if quality is None else SWALLOWED_LEVELS * step_factor(quality))
    detailed = inner & (cv2.max(mine, theirs) > least)
    differing = detailed & (alike < OTHER)
    count = int(differing.sum())
    around = _grown(differing, side // 2)
    beside = _grown(around, side) & ~around & inner
    (fine, other_fine), fine_alike = correlation(first, second, FINE_PX, reach_px=0)
    texture = (cv2.min(fine, other_fine) > FINE_LEVELS) & (fine_alike > FINE_ALIKE)
    rest = inner & ~_closed(around, side)
    blank = [level < EMPTY * least for level in (mine, theirs)]
    grounds = [
        _off_ground(one, differing & empty, rest & empty, side)
        for one, empty in zip((first, second), blank, strict=True)
    ]
    return Contents(
        common=mask,
        detailed=detailed,
        differing=differing,
        share=count / max(1, int(detailed.sum())),
        query_only=float(blank[1][differing].mean()) if count else 0.0,
        candidate_only=float(blank[0][differing].mean()) if count else 0.0,
        query_more=float((mine > DOMINANT * theirs)[differing].mean()) if count else 0.0,
        candidate_more=float((theirs > DOMINANT * mine)[differing].mean()) if count else 0.0,
        query_ground=grounds[0],
        candidate_ground=grounds[1],
        continued=min(_more(one, differing, beside) for one in (fine, other_fine)),
        textured=float(texture[rest].mean()) if rest.any() else 0.0,
        side_px=side,
    )


def correlation(first: Plane, second: Plane, side: int, *, reach_px: int) -> tuple[tuple[Plane, Plane], Plane]:
    """(the deviations of all square windows of two planes, their best correlation within a reach, -1 to 1)."""

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, (side, side)), np.float32)

    means = mean(first), mean(second)
    mine, theirs = (
        np.asarray(np.sqrt(np.maximum(mean(one * one) - middle * middle, 0)), np.float32)
        for one, middle in zip((first, second), means, strict=True)
    )
    height, width = first.shape
    border = (reach_px,) * 4
    padded = [cv2.copyMakeBorder(one, *border, cv2.BORDER_REPLICATE) for one in (second, means[1], theirs)]
    best = np.full(first.shape, -1, np.float32)
    own = np.maximum(mine, 1)
    for down in range(2 * reach_px + 1):
        for across in range(2 * reach_px + 1):
            shifted, middle, deviation = (one[down : down + height, across : across + width] for one in padded)
            common = mean(first * shifted) - means[0] * middle
            np.maximum(best, common / (own * np.maximum(deviation, 1)), out=best)
    return (mine, theirs), best


def _off_ground(levels: Plane, empty: Mask, ground: Mask, side: int) -> float:
    """How far the levels of empty places lie beyond those of the ground near them, the median; 0 where none is near."""
    window = np.ones((4 * side + 1,) * 2, np.uint8)
    highest = cv2.dilate(np.where(ground, levels, -1).astype(np.float32), window)
    lowest = cv2.erode(np.where(ground, levels, 256).astype(np.float32), window)
    near = empty & (highest >= 0)
    if not near.any():
        return 0.0
    return float(np.median(np.maximum(0, np.maximum(levels - highest, lowest - levels))[near]))


def _more(detail: Plane, inside: Mask, beside: Mask) -> float:
    """The logarithm of how many times as much detail there is inside, without its sign; 0 where there is no place."""
    if not (inside.any() and beside.any()):
        return 0.0
    return abs(float(np.log((detail[inside].mean() + 1) / (detail[beside].mean() + 1))))


def _eroded(mask: Mask, reach_px: int) -> Mask:
    """Without what lies within this reach of its border or the frame's."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    side = 2 * reach_px + 1
    return np.asarray(cv2.erode(padded, np.ones((side, side), np.uint8))[1:-1, 1:-1] > 0, np.bool_)


def _grown(mask: Mask, reach_px: int) -> Mask:
    side = 2 * reach_px + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0, np.bool_)


def _closed(mask: Mask, reach_px: int) -> Mask:
    side = 2 * reach_px + 1
    kernel = np.ones((side, side), np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0, np.bool_)
