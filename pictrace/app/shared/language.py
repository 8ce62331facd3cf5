"""In which language the page speaks: as the browser asks for, or as somebody chose; English where a text is missing."""

from __future__ import annotations

import gettext
import re
from functools import cache
from pathlib import Path

import streamlit as st

from pictrace.told import Told

__all__ = ["LANGUAGES", "LOCALE", "_", "language", "language_menu", "language_of", "n_", "translated", "translated_to"]

LANGUAGES = {"en": "English", "de": "Deutsch", "ru": "Русский", "zh": "中文", "ja": "日本語", "ko": "한국어"}
LOCALE = Path(__file__).parent.parent / "locale"
CHOSEN = "pictrace_language"
_MENU = "language"
_CLOSE = {"ja", "zh"}  # whose sentences follow each other without a space
_FULL_STOP = re.compile("(。) +")


def _(message: str, /, **values: object) -> str:
    """A text of ours in the session's language, with its values in it."""
    return (
        _messages(language()).gettext(message).format_map(values) if values else _messages(language()).gettext(message)
    )


def n_(one: str, many: str, /, count: int, **values: object) -> str:
    """The same of so many things: each language has its own plurals."""
    return _messages(language()).ngettext(one, many, count).format_map({"count": count, **values})


def translated(text: str) -> str:
    """What other rooms tell, where it is known what it was made from, or where it never varies."""
    return translated_to(language(), text)


def translated_to(code: str, text: str) -> str:
    """The same in a language of LANGUAGES, also where there is no session."""
    if not text:
        return ""
    messages = _messages(code)
    if not isinstance(text, Told):
        return messages.gettext(text)
    values = {name: translated_to(code, one) if isinstance(one, Told) else one for name, one in text.values.items()}
    if text.of is not None:
        return messages.ngettext(text.template, text.many, text.of).format_map(values)
    said = messages.gettext(text.template).format_map(values)
    return _FULL_STOP.sub(r"\1", said) if code in _CLOSE else said


def language() -> str:
    """Its code, of LANGUAGES."""
    chosen = st.session_state.get(CHOSEN)
    return chosen if chosen in LANGUAGES else language_of(st.context.locale)


def language_of(asked: str | None) -> str:
    """The language of what a browser asks for, as "de-AT"; English if there is none of it."""
    code = (asked or "").replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else "en"


def language_menu() -> None:
    """At the foot of each page."""
    now = language()
    st.selectbox(
        _("Language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(now),
        format_func=LANGUAGES.__getitem__,
        key=_MENU,
        on_change=_choose,
        label_visibility="collapsed",
        width=140,
    )


def _choose() -> None:
    st.session_state[CHOSEN] = st.session_state[_MENU]


@cache
def _messages(code: str) -> gettext.NullTranslations:
    return gettext.translation("pictrace", LOCALE, [code], fallback=True)
