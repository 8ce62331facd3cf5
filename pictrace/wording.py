"""Numbers as people read them: how many of something, and how large it is."""

from __future__ import annotations

__all__ = ["byte_size", "counted"]


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
