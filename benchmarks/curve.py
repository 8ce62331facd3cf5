"""Said against real shares of false alarms, drawn: one panel for each size of a catalog, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from xml.sax.saxutils import escape

import numpy as np

__all__ = ["drawing"]

SIDE, GAP, TOP, BOTTOM = 250, 70, 46, 84
LEAST = 0.001
COLOURS = ("#0060a8", "#b35900", "#00734d", "#9c3a86")
DASHES = ("", "7 3", "2 3", "9 3 2 3")
TICKS = {0.001: "0.1 %", 0.01: "1 %", 0.1: "10 %", 1.0: "100 %"}


def drawing(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """An SVG. Shares below LEAST, and none, lie on the lower edge; the band reaches from half to all of what is said.

    Parameters
    ----------
    panels
        By title, by kind of search, p of the best match of each: a share of 5 % that is said finds those up to .05.
    """
    kinds = list(dict.fromkeys(kind for panel in panels.values() for kind in panel))
    width, height = len(panels) * (SIDE + GAP) + 20, TOP + SIDE + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, (title, panel) in enumerate(panels.items()):
        parts += _panel(GAP - 10 + number * (SIDE + GAP), title, panel, kinds)
    for number, kind in enumerate(kinds):
        left, line = GAP - 10 + number * 150, TOP + SIDE + 64
        parts.append(f'<path d="M{left} {line}h30" {_stroke(number)}/>')
        parts.append(f'<text x="{left + 36}" y="{line + 4}">{escape(kind)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: int, title: str, panel: Mapping[str, Sequence[float]], kinds: Sequence[str]) -> list[str]:
    def at(said: float, real: float) -> str:
        across, up = (1 - log10(max(one, LEAST)) / log10(LEAST) for one in (said, real))
        return f"{left + SIDE * across:.1f} {TOP + SIDE * (1 - up):.1f}"

    # Half of what is said lies LEAST / 2 below the lower edge at its left end.
    band = f"M{at(LEAST, LEAST)}L{at(1, 1)}L{at(1, 0.5)}L{at(2 * LEAST, LEAST)}Z"
    parts = [
        f'<text x="{left + SIDE / 2}" y="{TOP - 16}" text-anchor="middle" font-weight="bold">{escape(title)}</text>',
        f'<path d="{band}" fill="#e4e4e4"/>',
        f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#666"/>',
    ]
    for value, text in TICKS.items():
        x, y = at(value, value).split()
        parts.append(f'<text x="{x}" y="{TOP + SIDE + 18}" text-anchor="middle">{text}</text>')
        parts.append(f'<text x="{left - 6}" y="{float(y) + 4}" text-anchor="end">{text}</text>')
    parts.append(f'<text x="{left + SIDE / 2}" y="{TOP + SIDE + 38}" text-anchor="middle">said</text>')
    parts.append(f'<text x="{left - 44}" y="{TOP - 16}">real</text>')
    said = np.geomspace(LEAST, 1, 61)
    for number, kind in enumerate(kinds):
        if shares := panel.get(kind):
            points = [at(one, float(np.mean(np.array(shares) <= one))) for one in said.tolist()]
            parts.append(f'<path d="M{"L".join(points)}" fill="none" {_stroke(number)}/>')
    return parts


def _stroke(number: int) -> str:
    return f'stroke="{COLOURS[number]}" stroke-width="2" stroke-dasharray="{DASHES[number]}"'
