"""Both pictures with marks: lines from keypoint to keypoint, the query's place, boxed regions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics.drawn import Drawn, draw
from pictrace.metrics.evidence import Boxes, Lines
from pictrace.output.drawing.base import (
    BLACK,
    GRAY,
    GREEN,
    MATCH,
    QUERY,
    VERMILION,
    YELLOW,
    label,
    number,
    outlined,
)
from pictrace.told import joined, listed, told
from pictrace.wording import ALL, portion

__all__ = ["Arrangement", "arranged", "boxes", "lines", "lines_caption", "placed"]

GAP_PX = 24
FINE = 2  # pixels drawn for one of the picture: lines finer than its own pixels
EDGE_PX = 12
GROUND = 127  # gray level between and beside the pictures
WIDEST = 2.4  # width by height; pairs that would be wider are stacked, so that a phone shows them large enough
MOST_AROUND = 0.35  # of the match's side, shown beyond it where the query reaches out of it
BOXES_PX = 400


@draw.register
def lines(part: Lines) -> list[Drawn]:
    """The pair with its lines; then, where the query could be placed, the match with the query's outline."""
    return [Drawn(part.title, _connected(part), lines_caption(part)), *placed(part)]


def lines_caption(part: Lines) -> str:
    """What the lines' colours say."""
    agreeing = int(part.consistent.sum())
    others = len(part.consistent) - agreeing
    return told(
        "Green: the {agreeing} matches that agree. Grey: the {others} that do not.", agreeing=agreeing, others=others
    )


def placed(part: Lines) -> list[Drawn]:
    """The match with the query's outline, where that could be placed."""
    if part.outline is None:
        return []
    outline = told("Yellow: the estimated outline of your picture; the dot is its upper left corner.")
    covers = "" if part.overlap is None else _covers(portion(part.overlap.query), portion(part.overlap.match))
    title = told("Where your picture lies in the match")
    return [Drawn(title, _placed(part.match, part.outline), joined(outline, covers))]


def _covers(share: str, other: str) -> str:
    """Shares as pictrace.wording.portion tells them."""
    match share == ALL, other == ALL:
        case True, True:
            return told("All of your picture lies in the match and covers all of it.")
        case True, False:
            return told("All of your picture lies in the match and covers {other} of it.", other=other)
        case False, True:
            return told("{share} of your picture lies in the match and covers all of it.", share=share)
    return told("{share} of your picture lies in the match and covers {other} of it.", share=share, other=other)


@dataclass(frozen=True)
class Arrangement:
    """Where both pictures of a pair lie on one ground: the query at its upper left, the match there; in pixels."""

    width: int
    height: int
    left: int
    top: int


def arranged(query_shape: tuple[int, ...], match_shape: tuple[int, ...], gap_px: int) -> Arrangement:
    """Side by side, or one over the other, by the shapes of both arrays."""
    (height, width), (match_height, match_width) = query_shape[:2], match_shape[:2]
    beside = (width + gap_px + match_width, max(height, match_height))
    if beside[0] > WIDEST * beside[1]:
        return Arrangement(max(width, match_width), height + gap_px + match_height, 0, height + gap_px)
    return Arrangement(*beside, width + gap_px, 0)


def _connected(part: Lines) -> RGBImage:
    """Both pictures on gray with lines from point to point."""
    query, match = (cv2.resize(one, None, fx=FINE, fy=FINE) for one in (part.query, part.match))
    at = arranged(query.shape, match.shape, GAP_PX)
    canvas = np.full((at.height, at.width, 3), GROUND, np.uint8)
    canvas[: query.shape[0], : query.shape[1]] = query
    canvas[at.top : at.top + match.shape[0], at.left : at.left + match.shape[1]] = match
    starts = (FINE * part.query_points).round().astype(int).tolist()
    ends = (FINE * part.match_points + np.array([at.left, at.top], np.float32)).round().astype(int).tolist()
    faint = canvas.copy()
    for index in np.flatnonzero(~part.consistent):
        cv2.line(faint, starts[index], ends[index], GRAY, 2, cv2.LINE_AA)
    canvas = np.asarray(cv2.addWeighted(faint, 0.6, canvas, 0.4, 0), np.uint8)
    agreeing = np.flatnonzero(part.consistent)
    for colour, thickness, radius in ((BLACK, 4, 7), (GREEN, 2, 5)):  # the casing of all under all
        for index in agreeing:
            cv2.line(canvas, starts[index], ends[index], colour, thickness, cv2.LINE_AA)
            for point in (starts[index], ends[index]):
                cv2.circle(canvas, point, radius, colour, -1, cv2.LINE_AA)
    return canvas


def _placed(match: RGBImage, outline: NDArray[np.float32]) -> RGBImage:
    """The match with the query's outline, the rest dimmed; room around it where the outline reaches out."""
    height, width = match.shape[:2]
    size = np.array([width, height], np.float64)
    most = MOST_AROUND * size
    before = np.clip(EDGE_PX - outline.min(axis=0), 0, most).round().astype(int)
    after = np.clip(EDGE_PX + outline.max(axis=0) - size, 0, most).round().astype(int)
    (left, top), (right, bottom) = before.tolist(), after.tolist()
    canvas = cv2.copyMakeBorder(match, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(GROUND,) * 3)
    # Far corners of a perspective transform are pulled near: OpenCV draws within 16 bits.
    corners = np.clip(outline + before, -8 * size.max(), 8 * size.max()).round().astype(np.int32)
    inside = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(inside, [corners], 255)
    dimmed = np.where(inside[..., np.newaxis] > 0, canvas, (canvas * 0.5).astype(np.uint8)).astype(np.uint8)
    outlined(dimmed, corners, YELLOW)
    first = (int(corners[0, 0]), int(corners[0, 1]))
    cv2.circle(dimmed, first, 10, BLACK, -1, cv2.LINE_AA)
    cv2.circle(dimmed, first, 7, YELLOW, -1, cv2.LINE_AA)
    return dimmed


@draw.register
def boxes(part: Boxes) -> list[Drawn]:
    """Both pictures with the numbered regions; none where there are no regions."""
    if not part.regions:
        return []
    values = [
        told("{value} in region {place}", value=number(one.value), place=place)
        for place, one in enumerate(part.regions, start=1)
    ]
    caption = told("Mean {unit}: {values}.", unit=part.unit, values=listed(*values))
    return [Drawn(name, _boxed(image, part), caption) for name, image in ((QUERY, part.query), (MATCH, part.match))]


def _boxed(image: RGBImage, part: Boxes) -> RGBImage:
    canvas = fit(image, BOXES_PX, enlarge=True).copy()
    height, width = canvas.shape[:2]
    for place, region in enumerate(part.regions, start=1):
        left, top, right, bottom = (
            round(share * side) for share, side in zip(region.box, (width, height) * 2, strict=True)
        )
        outlined(canvas, np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32), VERMILION)
        label(canvas, str(place), (left, top), VERMILION)
    return canvas
