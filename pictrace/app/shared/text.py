"""Texts that strangers wrote, among ours."""

from __future__ import annotations

import re

__all__ = ["literal"]


def literal(text: str) -> str:
    """The text as it is, where Streamlit reads Markdown: titles, file names and links are anybody's.

    Without this a picture called ``![](https://...)`` would have each visitor's browser fetch that address.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
