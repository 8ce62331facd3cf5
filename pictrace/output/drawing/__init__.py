"""Evidence as pictures, for pages and documents alike: arrays to pixels, without a browser."""

from __future__ import annotations

from pictrace.metrics.evidence import BitGrids, Boxes, Channels, Evidence, HeatMap, Lines, Picture, Swatches, Terms
from pictrace.output.drawing import codes, maps, pairs
from pictrace.output.drawing.base import Drawn

__all__ = ["draw_evidence"]


def draw_evidence(part: Evidence) -> list[Drawn]:
    """What can be shown of it as pictures, in the order of showing; a few milliseconds at the most."""
    match part:
        case Picture():
            return [Drawn(part.title, part.image)]
        case Lines():
            return pairs.lines(part)
        case Boxes():
            return pairs.boxes(part)
        case HeatMap():
            return [maps.heat_map(part)]
        case Terms():
            return maps.terms(part)
        case BitGrids():
            return codes.bit_grids(part)
        case Channels():
            return codes.channels(part)
        case Swatches():
            return codes.swatches(part)
