"""What making one picture from another would cost, from the diagnosis of the pair: which was made from which.

Cropping, shrinking, blurring, laying text over a picture are done every day; the way back would have to invent what is
missing. So what loses something is cheap in one direction and dear in the other; bars are easily added and cut off, and
turning, mirroring and most tones say little of the direction. More of a change costs more, so that two small steps are
told from a large one, and what remains between two pictures counts, too: a copy keeps the noise of its original.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["costs"]

SLIGHT = 0.3  # of having been saved at all
INVENTED = 4.0
EITHER = 0.7
STEP = 0.5  # of any change that has an amount
LESS_TONE, MORE_TONE = 2.0, 1.6
"""Of halving a contrast some 1.8; raising it clips, and is as often done to a copy: a little dearer."""

LOSING = {"grayscale": 1.5, "noise_added": 1.0, "text_added": 1.0, "inverted": 1.0, "tint": 1.0}
WINNING = {"coloured": "grayscale", "noise_removed": "noise_added", "text_removed": "text_added"}
BARS_ADDED, BARS_CUT_OFF = 1.0, 2.0
SAVED_WORSE, SAVED_BETTER = 0.1, 0.3
"""What a file's quality says is little: copies are often saved at a higher one."""

LEFT_OVER, MOST_LEFT_OVER = 1.0, 3.0
"""Of each level by which the pixels differ beyond what was told."""

COVERED = 6.0
HARDLY_BLURRED = 2.0
"""Of each pixel of blur that is too little to be told."""


def costs(note: Mapping[str, Any]) -> tuple[float, float]:
    """What it takes to make the query from the candidate, and the candidate from the query.

    Parameters
    ----------
    note
        As relations.Telling writes it: ``changes`` with kind, confidence and parameters; ``left_over`` in levels,
        ``blur_px`` of the query beyond the candidate, and the share that is ``alike``.
    """
    forth = back = SLIGHT
    kinds = {str(change["kind"]) for change in note["changes"]}
    for change in note["changes"]:
        there, again = _one(str(change["kind"]), change["parameters"])
        forth += float(change["confidence"]) * there
        back += float(change["confidence"]) * again
    if not kinds & {"blurred", "sharper"}:
        blur = float(note.get("blur_px", 0.0))
        forth += HARDLY_BLURRED * max(0.0, -blur)
        back += HARDLY_BLURRED * max(0.0, blur)
    rest = LEFT_OVER * min(MOST_LEFT_OVER, float(note.get("left_over", MOST_LEFT_OVER)))
    rest += COVERED * (1 - float(note.get("alike", 1.0)))
    return forth + rest, back + rest


def _one(kind: str, parameters: Mapping[str, Any]) -> tuple[float, float]:
    """Of one change, there and back."""
    if kind in {"brightness", "saturation"}:
        factor = float(parameters.get("gain") or parameters.get("factor") or 1.0)
        amount = STEP + LESS_TONE * _logarithm(factor)
        return (amount, MORE_TONE * amount) if factor <= 1 else (MORE_TONE * amount, amount)
    if kind in {"cropped", "wider"}:
        amount = STEP + _logarithm(float(parameters.get("kept") or parameters.get("share") or 1.0))
        return _lost(amount, won=kind == "wider")
    if kind == "resized":
        factor = float(parameters.get("factor") or 1.0)
        return _lost(STEP + _logarithm(factor), won=factor > 1)
    if kind in {"blurred", "sharper"}:
        return _lost(STEP + abs(float(parameters.get("sigma_px") or 1.0)), won=kind == "sharper")
    plain = {
        "border_added": (BARS_ADDED, BARS_CUT_OFF),
        "border_removed": (BARS_CUT_OFF, BARS_ADDED),
        "recompressed": (SAVED_WORSE, SAVED_BETTER),
        "less_compressed": (SAVED_BETTER, SAVED_WORSE),
    }
    if kind in plain:
        return plain[kind]
    if kind in LOSING:
        return LOSING[kind], INVENTED
    return (INVENTED, LOSING[WINNING[kind]]) if kind in WINNING else (EITHER, EITHER)


def _lost(amount: float, *, won: bool) -> tuple[float, float]:
    return (INVENTED + amount, amount) if won else (amount, INVENTED + amount)


def _logarithm(factor: float) -> float:
    return abs(math.log(max(0.02, factor)))
