"""What making one picture from another would cost, from the diagnosis of the pair: which was made from which.

Cropping, shrinking, saving again, laying text over a picture are done every day; the way back would have to invent what
is missing. So every change that loses something is cheap in one direction and dear in the other; turning, mirroring and
changing tones say little of the direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["costs"]

LOSING = {
    "cropped", "resized", "border_added", "grayscale", "blurred", "noise_added", "recompressed", "text_added",
    "brightness", "inverted", "tint",
}  # fmt: skip
WINNING = {"wider", "border_removed", "coloured", "sharper", "noise_removed", "less_compressed", "text_removed"}
DONE, INVENTED, EITHER = 1.0, 4.0, 1.5
SLIGHT = 0.2  # of having been saved or copied at all


def costs(changes: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """What it takes to make the query from the candidate, and the candidate from the query.

    Parameters
    ----------
    changes
        Of a diagnosis: ``kind``, ``confidence`` and ``text`` of each.
    """
    forth = back = SLIGHT
    for change in changes:
        sure, kind = float(change["confidence"]), str(change["kind"])
        enlarged = kind == "resized" and str(change["text"]).startswith("enlarged")
        lost, won = kind in LOSING and not enlarged, kind in WINNING or enlarged
        forth += sure * (DONE if lost else INVENTED if won else EITHER)
        back += sure * (INVENTED if lost else DONE if won else EITHER)
    return forth, back
