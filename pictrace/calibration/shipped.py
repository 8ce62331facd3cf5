"""Accidents that ship with PicTrace: of photographs that have nothing in common, for catalogs too small for their own.

Only values of comparisons are kept, no picture and no feature. ``python -m tools.make_strangers FOLDER`` makes them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.calibration.accidents import Accidents

__all__ = ["FILE", "shipped", "shipped_details", "shipped_details_key"]

FILE = "strangers.npz"


@cache
def shipped() -> Accidents:
    """Searches for each of the photographs among the others. Of other features they say nothing: see Accidents.fit."""
    arrays = _arrays()
    keys = dict(zip(arrays["names"].tolist(), arrays["keys"].tolist(), strict=True))
    return Accidents(keys, {name: arrays[name] for name in keys}, arrays["offsets"], int(arrays["pictures"]))


@cache
def shipped_details() -> NDArray[np.float64]:
    """(n,) how many details a closer look found in each of the nearest five wrong photographs of each search."""
    return np.asarray(_arrays()["details"], np.float64)


def shipped_details_key() -> str:
    """Names the features by which those details were counted."""
    return str(_arrays()["details_key"])


@cache
def _arrays() -> dict[str, NDArray[Any]]:
    with files("pictrace.calibration").joinpath(FILE).open("rb") as file, np.load(file) as arrays:
        return dict(arrays)
