"""Words that are the same everywhere: for numbers, and for how sure something is."""

from __future__ import annotations

import os
import re

from pictrace.told import told

__all__ = [
    "ALL",
    "amount",
    "amount_in",
    "borne_out",
    "byte_size",
    "certainty",
    "counted",
    "percent",
    "portion",
]

_AMOUNT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([kKmMgG]?)")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}

ALL = "all"
CERTAIN, LIKELY = 0.95, 0.75


def counted(number: int, one: str, many: str = "") -> str:
    """How many there are, as in "1 picture" and "2,060 pictures".

    Parameters
    ----------
    number
        How many.
    one
        What one of them is called.
    many
        What several are called, where that is not ``one`` with an "s".
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def amount(text: str) -> int:
    """A number of bytes or pixels, as 250000000 and 250M (k, M and G are thousands); ValueError for others."""
    found = _AMOUNT.fullmatch(text.strip())
    count = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if count < 1:
        raise ValueError(told("{text} is no number of at least 1. Write for example 250M", text=repr(text)))
    return count


def amount_in(variable: str, default: int) -> int:
    """The amount that a variable of the environment sets; ValueError where it is none."""
    text = os.environ.get(variable, "")
    if not text.strip():
        return default
    try:
        return amount(text)
    except ValueError as error:
        raise ValueError(told("{variable} is not usable: {error}.", variable=variable, error=error)) from error


def byte_size(count: float) -> str:
    """A size as in "12 kB" and "34.5 MB", of 1,000 bytes a kB."""
    if count < 1e6:
        return f"{count / 1e3:,.0f} kB"
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"


def certainty(confidence: float) -> str:
    """How sure something is that was measured, and that therefore never is "100 % sure".

    Parameters
    ----------
    confidence
        0 to 1.

    Returns
    -------
    str
        "certain", "likely" or "weak".
    """
    return "certain" if confidence >= CERTAIN else "likely" if confidence >= LIKELY else "weak"


def borne_out(word: str, confidence: float) -> bool:
    """Whether a measurement is at least as sure as a word of ``certainty`` says, "weak" claiming nothing."""
    order = ("weak", "likely", "certain")
    return word != "weak" and order.index(certainty(confidence)) >= order.index(word)


def percent(share: float, digits: int = 0) -> str:
    """A share of 0 to 1 as in "80 %"."""
    return f"{100 * share:.{digits}f} %"


def portion(share: float) -> str:
    """A share that was measured, of which none is "100 %": "80 %", or "all"."""
    told = percent(share)
    return ALL if told == "100 %" else told
