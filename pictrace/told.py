"""Sentences that know what they were made from, so that a page can say them in another language.

    said = told("{count} pictures in {name}", count=3, name=label)
    said == "3 pictures in beach.jpg"; said.template, said.values

To whom it does not matter, they are English texts like all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import reduce
from numbers import Integral, Real
from typing import Self

__all__ = [
    "Told",
    "about_a_pair",
    "about_a_search",
    "as_document",
    "fixed",
    "from_document",
    "joined",
    "listed",
    "reason",
    "told",
    "told_of",
]

_SEARCHED = {"your picture": "the first picture", "the match": "the second picture"}
_COMPARED = {new: old for old, new in _SEARCHED.items()}
_PLAIN = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w{1,40}(?::[,.+0-9a-z%]{0,5})?\})*")  # fields that only format a value


class Told(str):
    """An English text.

    of: how many things it is of, None where it does not depend on that. many: the template for other numbers than one.
    """

    template: str
    many: str
    of: int | None
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object], many: str = "", of: int | None = None) -> Self:
        values = {name: one if isinstance(one, str | Real) else reason(one) for name, one in values.items()}
        if of is not None:
            values = {"count": of, **values}
        made = super().__new__(cls, (template if of in {None, 1} else many).format_map(values))
        made.template, made.many, made.of, made.values = template, many, of, values
        return made

    def __reduce__(self) -> tuple[type[Told], tuple[str, Mapping[str, object], str, int | None]]:
        return type(self), (self.template, self.values, self.many, self.of)  # for copies

    def reworded(self, words: Callable[[str], str]) -> Told:
        """Its templates in other words, and those of its parts; names and numbers stay as they are."""
        values = {name: one.reworded(words) if isinstance(one, Told) else one for name, one in self.values.items()}
        return Told(words(self.template), values, words(self.many), self.of)

    def renamed(self, names: Callable[[str], str]) -> Told:
        """The same with other names in it: texts among its values that are not told themselves."""
        values = {
            name: one.renamed(names) if isinstance(one, Told) else names(one) if isinstance(one, str) else one
            for name, one in self.values.items()
        }
        return Told(self.template, values, self.many, self.of)


def told(template: str, /, **values: object) -> Told:
    """One sentence, or a part of one that stands as a value in another."""
    return Told(template, values)


def fixed(text: str) -> Told:
    """A text of our own that never varies, such as the title of a metric."""
    return text if isinstance(text, Told) else Told(text.replace("{", "{{").replace("}", "}}"), {})


def reason(error: object) -> str:
    """What an exception says, as it was given to it: str() of one that is not ours no longer knows its parts."""
    match error:
        case Exception(args=[str(text)]):
            return text
    return str(error)


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


def about_a_pair(text: str) -> str:
    """What is told of a search ("your picture", "the match"), told of two pictures that are compared."""
    return _renamed(text, _SEARCHED)


def about_a_search(text: str) -> str:
    """What is told of two pictures ("the first picture", "the second picture"), told of a search and its match."""
    return _renamed(text, _COMPARED)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    if isinstance(text, Told):
        return text.reworded(lambda one: _renamed(one, names))

    def renamed(found: re.Match[str]) -> str:
        name = names[found[0].lower()]
        return name.capitalize() if found[0][0].isupper() else name

    return re.sub(rf"\b(?:{'|'.join(names)})\b", renamed, text, flags=re.IGNORECASE)


def as_document(text: str) -> object:
    """For JSON, with what it was made from."""
    if not isinstance(text, Told):
        return str(text)
    values = {name: _plain(one) for name, one in text.values.items()}
    return {"template": text.template, "values": values, "many": text.many, "of": text.of}


def _plain(value: object) -> object:
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else as_document(str(value) if not isinstance(value, str) else value)


def from_document(document: object) -> str:
    """The text again. Whoever wrote the document, it gives no more than a text: ValueError for anything else."""
    match document:
        case str():
            return document
        case {"template": str(template), "values": dict(values), "many": str(many), "of": int() | None as of}:
            if not (_PLAIN.fullmatch(template) and _PLAIN.fullmatch(many)):
                raise ValueError("a template with fields that do more than to format")
            try:
                return Told(template, {str(name): _value(one) for name, one in values.items()}, many, of)
            except (KeyError, TypeError) as error:
                raise ValueError("a template without its values") from error
    raise ValueError("no text")


def _value(document: object) -> object:
    return document if isinstance(document, int | float) else from_document(document)
