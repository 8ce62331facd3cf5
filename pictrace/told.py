"""Sentences that know what they were made from, so that a page can say them in another language.

    said = told("{count} pictures in {name}", count=3, name=label)
    said == "3 pictures in beach.jpg"; said.template, said.values

To whom it does not matter, they are English texts like all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Self

__all__ = ["Told", "joined", "listed", "told", "told_of"]


class Told(str):
    """An English text.

    of: how many things it is of, None where it does not depend on that. many: the template for other numbers than one.
    """

    template: str
    many: str
    of: int | None
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object], many: str = "", of: int | None = None) -> Self:
        values = values if of is None else {"count": of, **values}
        made = super().__new__(cls, (template if of in {None, 1} else many).format_map(values))
        made.template, made.many, made.of, made.values = template, many, of, values
        return made

    def __reduce__(self) -> tuple[type[Told], tuple[str, Mapping[str, object], str, int | None]]:
        return type(self), (self.template, self.values, self.many, self.of)  # for copies


def told(template: str, /, **values: object) -> Told:
    """One sentence, or a part of one that stands as a value in another."""
    return Told(template, values)


def told_of(one: str, many: str, /, count: int, **values: object) -> Told:
    """A sentence of so many things."""
    return Told(one, values, many, count)


def joined(*sentences: str) -> Told:
    """Sentences one after the other, without empty ones."""
    kept = {f"s{place}": one for place, one in enumerate(filter(None, sentences))}
    return Told(" ".join(f"{{{name}}}" for name in kept), kept)


def listed(*parts: str) -> Told:
    """Parts of a sentence with commas between them, without empty ones."""
    first, *others = [*filter(None, parts)] or [""]
    return reduce(lambda before, one: told("{before}, {one}", before=before, one=one), others, joined(first))
