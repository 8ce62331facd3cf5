"""Codes and distributions as pictures: bits, levels of colour, swatches."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage
from pictrace.metrics.drawn import Drawn, draw
from pictrace.metrics.evidence import BitGrids, Channels, Swatch, Swatches
from pictrace.output.drawing.base import BLACK, MATCH, QUERY, SKY_BLUE, VERMILION, WHITE
from pictrace.told import joined, told
from pictrace.wording import percent

__all__ = ["bit_grids", "channels", "swatch_groups", "swatches"]

CELL_PX = 32
CHART_PX = (150, 320)  # height, width
SWATCH_PX = 72


@draw.register
def bit_grids(part: BitGrids) -> list[Drawn]:
    """Both codes; where they differ, the cell is framed and crossed."""
    differs = part.query != part.match
    caption = told(
        "{number} of {total} bits differ: framed and crossed. Light: 1, dark: 0. Lowest frequencies at the upper left.",
        number=int(differs.sum()),
        total=differs.size,
    )
    return [Drawn(name, _grid(bits, differs), caption) for name, bits in ((QUERY, part.query), (MATCH, part.match))]


def _grid(bits: NDArray[np.bool_], differs: NDArray[np.bool_]) -> RGBImage:
    cells = np.repeat(np.where(bits, 225, 60).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    canvas = np.ascontiguousarray(np.kron(cells, np.ones((CELL_PX, CELL_PX, 1), np.uint8)))
    canvas[::CELL_PX] = canvas[:, ::CELL_PX] = 127
    for row, column in np.argwhere(differs):
        left, top = int(column) * CELL_PX + 3, int(row) * CELL_PX + 3
        right, bottom = left + CELL_PX - 6, top + CELL_PX - 6
        cv2.rectangle(canvas, (left, top), (right, bottom), VERMILION, 3)
        cv2.line(canvas, (left, top), (right, bottom), VERMILION, 2, cv2.LINE_AA)
        cv2.line(canvas, (right, top), (left, bottom), VERMILION, 2, cv2.LINE_AA)
    return canvas


@draw.register
def channels(part: Channels) -> list[Drawn]:
    """A chart for each channel: the match as an area, the query as a line, over levels from 0 to 255."""
    highest = max(float(part.query.max()), float(part.match.max()))
    caption = told(
        "Orange line: your picture. Blue area: the match. The top is {share} of the pixels.", share=percent(highest)
    )
    titles = told("Red levels, 0 to 255"), told("Green levels, 0 to 255"), told("Blue levels, 0 to 255")
    return [
        Drawn(title, _curves(query / highest, match / highest), caption)
        for title, query, match in zip(titles, part.query, part.match, strict=True)
    ]


def _curves(line: NDArray[np.float32], area: NDArray[np.float32]) -> RGBImage:
    """Two curves of (k,) values from 0 to 1."""
    height, width = CHART_PX
    canvas = np.full((height, width, 3), WHITE, np.uint8)
    x = np.linspace(0, width - 1, len(line))
    under, over = (np.stack([x, (1 - one) * (height - 3) + 1], axis=1) for one in (area, line))
    ground = [[width - 1, height - 1], [0, height - 1]]
    cv2.fillPoly(canvas, [np.vstack([under, ground]).round().astype(np.int32)], SKY_BLUE, cv2.LINE_AA)
    cv2.polylines(canvas, [over.round().astype(np.int32)], False, VERMILION, 2, cv2.LINE_AA)
    canvas[-1] = BLACK
    return canvas


@draw.register
def swatches(part: Swatches) -> list[Drawn]:
    """A strip of each group of colours that there is."""
    return [
        Drawn(what, _strip(some), joined(*(_told(one) for one in some))) for what, some in swatch_groups(part).items()
    ]


def swatch_groups(part: Swatches) -> dict[str, tuple[Swatch, ...]]:
    """The colours of each group by its title; groups without any are left out."""
    groups = {
        told("Biggest agreement"): part.raising,
        told("Common in one, rare in the other"): part.lowering,
        told("Biggest difference"): part.apart,
    }
    return {what: some for what, some in groups.items() if some}


def _strip(some: Sequence[Swatch]) -> RGBImage:
    colours = np.array([[one.rgb for one in some]], np.uint8)
    return np.ascontiguousarray(np.kron(colours, np.ones((SWATCH_PX, SWATCH_PX, 1), np.uint8)))


def _told(one: Swatch) -> str:
    red, green, blue = one.rgb
    return told(
        "{colour}: {contribution} ({query} of your picture, {match} of the match).",
        colour=f"#{red:02X}{green:02X}{blue:02X}",
        contribution=f"{one.contribution:+.4f}",
        query=percent(one.query_share, 1),
        match=percent(one.match_share, 1),
    )
