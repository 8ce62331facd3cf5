"""Parts of a page that answer a slider alone: while nothing else of the page changes, the rest is not drawn again.

Of a page that is wholly drawn, a slider whose callback is ``parts_answer`` has these parts run alone: a third of the
messages, and of what the browser does with them. A page says by ``let_parts_answer``, in each run, that all that
depends on its sliders lies in such parts; they read the sliders anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pictrace.app.shared.session import of_session
from pictrace.precedence import answering

__all__ = ["begin_page", "end_page", "let_parts_answer", "part", "parts_answer", "running_alone"]

P = ParamSpec("P")


@dataclass
class _Page:
    """keys: of the parts that the last run of the whole page has drawn. enough: they are all that sliders change.

    whole: that run has come to its end, so that nothing is missing that it would have drawn.
    """

    keys: dict[str, None] = field(default_factory=dict)
    enough: bool = False
    whole: bool = False


def begin_page() -> None:
    """A run of the whole page begins."""
    page = of_session(_Page)
    page.keys, page.enough, page.whole = {}, False, False


def let_parts_answer() -> None:
    """All that the sliders of this page change is drawn by parts."""
    of_session(_Page).enough = True


def end_page() -> None:
    """A run of the whole page has come to its end."""
    of_session(_Page).whole = True


def running_alone() -> bool:
    """Whether parts run now, and not the whole page."""
    return of_session(_Page).whole


def part(key: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """What a slider changes, as a function that draws it and is told nothing that the slider says."""

    def of(draw: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(key=key)
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            with answering():
                draw(*args, **kwargs)

        @wraps(draw)
        def known(*args: P.args, **kwargs: P.kwargs) -> None:
            of_session(_Page).keys[key] = None
            drawn(*args, **kwargs)

        return known

    return of


def parts_answer() -> None:
    """The callback of a slider: the parts answer it alone where they can, and otherwise the whole page does."""
    page = of_session(_Page)
    if page.whole and page.enough:
        st.rerun(list(page.keys))
