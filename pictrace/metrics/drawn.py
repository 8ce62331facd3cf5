"""How evidence becomes pictures: each kind registers what draws it, beside itself or in pictrace.output.drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch

from pictrace.images.pixels import RGBImage
from pictrace.metrics.evidence import Evidence

__all__ = ["Drawn", "draw"]


@dataclass(frozen=True)
class Drawn:
    """A picture with what belongs under it; title and caption together say what it shows.

    The pictures of one piece of evidence may share their caption.
    """

    title: str
    image: RGBImage
    caption: str = ""

    @property
    def alt(self) -> str:
        """In place of the picture, for who cannot see it."""
        return f"{self.title}. {self.caption}" if self.caption else self.title

    def told(self, words: Callable[[str], str]) -> Drawn:
        """The same in other words, such as those of pictrace.wording.about_a_pair."""
        return replace(self, title=words(self.title), caption=words(self.caption))


@singledispatch
def draw(part: Evidence) -> list[Drawn]:
    """What can be shown of it as pictures, in the order of showing; a few milliseconds at the most.

    Drawers of the package's own kinds are registered by importing pictrace.output.drawing, whose ``draw_evidence`` is
    what to call.
    """
    raise NotImplementedError(f"nothing is registered that draws {type(part).__name__}")
