"""In which sense pictures are duplicates: four levels, never mixed."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["DEFAULT_LEVELS", "Level"]


class Level(IntEnum):
    """What two pictures have in common; more of it is larger.

    SCENE: the same things, photographed again: a burst, another frame, another side; or a form filled otherwise.
    PHOTOGRAPH: one photograph, changed: cropped, turned, recompressed, captioned and so on.
    PIXELS: the same pixels, but for a quarter turn, a mirror, or how the file is written.
    BYTES: the same file at several addresses.
    """

    NONE = 0
    SCENE = 1
    PHOTOGRAPH = 2
    PIXELS = 3
    BYTES = 4

    @property
    def word(self) -> str:
        """By which programs know it."""
        return self.name.lower()

    @property
    def title(self) -> str:
        """What people read."""
        return _TITLES[self]

    @classmethod
    def of(cls, word: str) -> Level:
        """By its word; KeyError where there is none."""
        return cls[word.upper()]


_TITLES = {
    Level.NONE: "Nothing in common",
    Level.SCENE: "Same scene",
    Level.PHOTOGRAPH: "Same photograph, changed",
    Level.PIXELS: "Same pixels",
    Level.BYTES: "Same file",
}

DEFAULT_LEVELS = frozenset({Level.BYTES, Level.PIXELS, Level.PHOTOGRAPH})
"""What is meant by duplicates where nothing else is said: a scene taken twice is none."""
