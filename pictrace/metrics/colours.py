"""Colours that tell metrics apart, by people with whatever kind of sight as far as the palette reaches."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["OKABE_ITO", "assigned"]

OKABE_ITO = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#009E73", "#F0E442")
"""Okabe, Ito: Color universal design (2008), https://jfly.uni-koeln.de/color/; without its black."""

GOLDEN = 0.618034  # of the circle of hues from one to the next: never near to any of the former few
LIGHTNESSES = (0.35, 0.6, 0.45)


def assigned(wanted: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """A colour for each name, all different.

    Parameters
    ----------
    wanted : iterable of (str, str)
        Names in the order of display, each with the colour that it asks for, "" for any.

    Returns
    -------
    mapping of str to str
        Each has what it asks for, unless one before it asked for the same; the others have the first of the palette
        that nobody has, and beyond the palette hues that are spread over the circle.
    """
    wanted = list(wanted)
    found: dict[str, str] = {}
    for name, colour in wanted:
        if colour and colour.upper() not in found.values():
            found[name] = colour.upper()
    free = (colour for colour in _endless() if colour not in found.values())
    return {name: found.get(name) or found.setdefault(name, next(free)) for name, _ in wanted}


def _endless() -> Iterator[str]:
    yield from OKABE_ITO
    number = 0
    while True:
        lightness = LIGHTNESSES[number % len(LIGHTNESSES)]
        red, green, blue = colorsys.hls_to_rgb(number * GOLDEN % 1, lightness, 0.6)
        yield f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"
        number += 1
