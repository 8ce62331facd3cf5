"""Numbers as people read them: how many of something, how large it is, how sure."""

from __future__ import annotations

__all__ = ["byte_size", "certainty", "counted"]

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
