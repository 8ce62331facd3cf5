"""Where something covers a picture, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.diagnosis.contents import Box
from pictrace.diagnosis.overlays import Patch, whereabouts
from pictrace.told import told, told_of

__all__ = ["covering"]

PARTS = {
    1 / 2: told("half"),
    1 / 3: told("third"),
    1 / 4: told("quarter"),
    1 / 5: told("fifth"),
    1 / 6: told("sixth"),
    1 / 8: told("eighth"),
    1 / 10: told("tenth"),
}
ACROSS, AT_EDGE, MOST_OF_ALL = 0.9, 0.03, 0.8
"""Share of a side that a strip holds, how near to the edge it ends, and how much of all that is covered it is."""


def covering(places: Sequence[Box], *, beyond: tuple[float, float] = (0.0, 0.0)) -> str:
    """What is said of the rest of a picture, as in "the lower sixth is covered".

    Parameters
    ----------
    places
        What is covered, at least one, as (left, top, right, bottom) in shares of the picture, the largest first.
    beyond
        How far they reach beyond what is covered, in shares of the width and of the height.
    """
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in places]
    if areas[0] < MOST_OF_ALL * sum(areas):
        return told_of(
            "the rest is covered, in {count:,} place", "the rest is covered, in {count:,} places", len(places)
        )
    if strip := _strip(places[0], beyond):
        return strip
    left, top, right, bottom = places[0]
    where = whereabouts(Patch(areas[0], left, top, right, bottom, 0.0, 1.0))
    return told("the rest is covered, {where}", where=where)


def _strip(place: Box, beyond: tuple[float, float]) -> str:
    """As in "the lower sixth is covered", where it runs along an edge from side to side."""
    left, top, right, bottom = place
    edges = {"left": left, "upper": top, "right": 1 - right, "lower": 1 - bottom}
    for upright in (False, True):
        length, high = (bottom - top, right - left - beyond[0]) if upright else (right - left, bottom - top - beyond[1])
        near = [name for name in (("left", "right") if upright else ("upper", "lower")) if edges[name] <= AT_EDGE]
        if length >= ACROSS and len(near) == 1 and high > 0:
            share = min(PARTS, key=lambda one: abs(1 / one - 1 / high))
            if share * 0.8 <= high <= share * 1.2:
                part = PARTS[share]
                return {
                    "left": told("the left {part} is covered", part=part),
                    "upper": told("the upper {part} is covered", part=part),
                    "right": told("the right {part} is covered", part=part),
                    "lower": told("the lower {part} is covered", part=part),
                }[near[0]]
    return ""
