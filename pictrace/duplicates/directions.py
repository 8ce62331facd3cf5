"""What making one picture from another would cost, from the diagnosis of the pair: which was made from which.

Cropping, shrinking, blurring, laying text over a picture are done every day; the way back would have to invent what is
missing. So what loses something is cheap in one direction and dear in the other; bars are easily added and cut off, and
turning, mirroring and most tones say little of the direction. More of a change costs more, so that two small steps are
told from a large one, and what remains between two pictures counts, too: a copy keeps the noise of its original.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["costs", "replay_costs"]

SLIGHT = 0.3  # of having been saved at all
INVENTED = 4.0
EITHER = 0.7
STEP = 0.7  # of any change that has an amount
LESS_TONE, MORE_TONE = 2.0, 1.6
"""Of halving a contrast some 1.8; raising it clips, and is as often done to a copy: a little dearer."""

LOSING = {"grayscale": 1.5, "noise_added": 1.0, "text_added": 1.0, "inverted": 1.0, "tint": 1.0}
WINNING = {"coloured": "grayscale", "noise_removed": "noise_added", "text_removed": "text_added"}
BARS_ADDED, BARS_CUT_OFF = 1.0, 2.0
BARS_CROPPED = 0.3  # a crop of the picture takes them off by the way
SAVED_WORSE, SAVED_BETTER = 0.1, 0.3
"""What a file's quality says is little: copies are often saved at a higher one."""

LEFT_OVER, MOST_LEFT_OVER = 0.75, 3.0
"""Of each level by which the pixels differ beyond what was told."""

COVERED, UNLIKE = 6.0, 0.005
"""Of the whole, where other things lie over it; the share from which it costs as much as text, though none is told."""

HARDLY_BLURRED = 3.0
"""So much dearer than blurring is it to take blur away that is too little to be told."""

LEAST_GAIN = 0.25

REPLAYED, EXACTLY, UNKNOWN = 3.0, 0.05, 0.5
"""Of a factor e of what is left; levels that are mere rounding; what counts for a pair that was not done again."""


def costs(note: Mapping[str, Any]) -> tuple[float, float]:
    """What it takes to make the query from the candidate, and the candidate from the query.

    Parameters
    ----------
    note
        As relations.Telling writes it: ``changes`` with kind, confidence and parameters; ``left_over`` in levels,
        ``blur_px`` of the query beyond the candidate, and the share that is ``alike``.
    """
    forth = back = SLIGHT
    changes = _told(note)
    kinds = {str(change["kind"]) for change in changes}
    for change in changes:
        there, again = _one(str(change["kind"]), change["parameters"])
        if change["kind"] == "border_removed" and "cropped" in kinds:
            there = BARS_CROPPED
        if change["kind"] == "border_added" and "wider" in kinds:
            again = BARS_CROPPED
        forth += float(change["confidence"]) * there
        back += float(change["confidence"]) * again
    if not kinds & {"blurred", "sharper"}:
        there, again = _hardly_blurred(float(note.get("blur_px", 0.0)) / max(1.0, _factor(changes)))
        forth, back = forth + there, back + again
    left_over = float(note.get("left_over", MOST_LEFT_OVER))
    unlike = 1 - float(note.get("alike", 1.0))
    covered = COVERED * unlike
    if unlike > UNLIKE and not kinds & {"text_added", "text_removed"}:
        covered += LOSING["text_added"]
    forth += covered + LEFT_OVER * min(MOST_LEFT_OVER, left_over)
    back += covered + LEFT_OVER * min(MOST_LEFT_OVER, left_over / _gain(note))
    return forth, back


def replay_costs(note: Mapping[str, Any]) -> tuple[float, float]:
    """What the pixels say of it beyond the changes, in the same two directions.

    What is left where all was done again is a tenth of a level of a true parent, and several times that of the parent's
    parent, or of a brother. Ratios count: so a large one outweighs a change that a brother shares.
    """
    forth, back = note.get("replays") or (None, None)
    return _of_replay(forth), _of_replay(back)


def _of_replay(left: float | None) -> float:
    return REPLAYED * math.log((UNKNOWN if left is None else left) / EXACTLY + 1)


def _gain(note: Mapping[str, Any]) -> float:
    """Levels of the query for one of the candidate: what is left over is told in the query's."""
    gains = [change["parameters"].get("gain") for change in note["changes"] if change["kind"] == "brightness"]
    return max(LEAST_GAIN, float(gains[0])) if gains and gains[0] else 1.0


def _factor(changes: Sequence[Mapping[str, Any]]) -> float:
    """By how much the query was enlarged: of its pixels, in which blur is told, the candidate has one in so many."""
    factors = [change["parameters"].get("factor") for change in changes if change["kind"] == "resized"]
    return float(factors[0]) if factors and factors[0] else 1.0


def _hardly_blurred(blur_px: float) -> tuple[float, float]:
    """Of blur that is too little to be told, or of a pair of which no changes are told.

    What it does to a picture grows with its square, at first.
    """
    losing = min(blur_px**2, STEP + abs(blur_px))
    winning = min(HARDLY_BLURRED * blur_px**2, INVENTED + losing)
    return (losing, winning) if blur_px > 0 else (winning, losing)


def _told(note: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The changes; a frame that is larger by bars alone is no crop."""
    less, more = note.get("bars", (False, False))
    found = []
    for change in note["changes"]:
        if (change["kind"] == "cropped" and less) or (change["kind"] == "wider" and more):
            continue
        found.append(change)
    kinds = {str(change["kind"]) for change in found}
    for bars, kind in ((less, "border_removed"), (more, "border_added")):
        if bars and len(found) < len(note["changes"]) and kind not in kinds:
            found.append({"kind": kind, "confidence": 1.0, "parameters": {}})
    return found


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
