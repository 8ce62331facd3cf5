"""What the scripts of the components say, in the language of the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["Words", "spoken"]

Words = Callable[[str], str]
"""Says a text of ours in that language."""


def spoken(texts: Mapping[str, str], words: Words) -> dict[str, str]:
    """Of a script, which puts them where its markup names them (``data-text``, ``data-label``, ``data-title``)."""
    return {name: words(text) for name, text in texts.items()}
