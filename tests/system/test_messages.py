"""The texts of the app in its languages: none is missing, none stands outside, and what is read is what was written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="pip install -r requirements-dev.txt")

from pictrace.app.shared.language import LANGUAGES, LOCALE
from tests.paths import ROOT
from tools.messages import compiled, messages, translations

APP = ROOT / "pictrace" / "app"
# The pages that speak several languages, without the parts that do not yet.
FOLDERS = ("about", "catalog", "compare", "duplicates", "search", "shared", "tune")
SPEAKING = [*(path for folder in FOLDERS for path in (APP / folder).glob("*.py")), APP / "frame.py"]
NAMES = {"CSV", "JSON", "https://…", "https://example.org/gallery/page-{n}/", "/home/me/copies"}
NOT_YET = {"evidence.py"}
FIELD = re.compile(r"\{\w+(?::[^}]*)?\}")
READ = {"help", "placeholder", "alt", "label", "text", "caption"}
DRAWN = {
    "badge", "button", "camera_input", "caption", "checkbox", "dialog", "download_button", "error", "expander",
    "file_uploader", "form_submit_button", "header", "image", "info", "link_button", "markdown", "multiselect",
    "popover", "progress", "radio", "segmented_control", "selectbox", "select_slider", "slider", "spinner",
    "subheader", "success", "text_area", "text_input", "title", "toggle", "warning", "write",
}  # fmt: skip


@pytest.fixture(scope="module")
def wanted() -> dict[str, tuple[str, ...]]:
    return {str(one.id): forms(one.id) for one in messages() if one.id}


def forms(text: object) -> tuple[str, ...]:
    """A text, or one for each plural."""
    return (text,) if isinstance(text, str) else tuple(map(str, text)) if isinstance(text, tuple | list) else ("",)


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_no_text_is_missing(language: str, wanted: dict[str, tuple[str, ...]]) -> None:
    catalog = translations(language)
    known = {str(one.id): forms(one.string) for one in catalog if one.id}
    assert known.keys() == wanted.keys()  # or: python -m tools.messages
    for name, (first, *_others) in wanted.items():
        fields = sorted(FIELD.findall(first))
        assert all(one and sorted(FIELD.findall(one)) == fields for one in known[name]), name
    assert (LOCALE / language / "LC_MESSAGES" / "pictrace.mo").read_bytes() == compiled(catalog)


def test_no_text_stands_outside() -> None:
    assert [
        one for path in SPEAKING if path.name not in NOT_YET for one in outside(path.read_text("utf-8"), path)
    ] == []


def test_a_text_that_stands_outside_is_found() -> None:
    said = 'st.title("A title")\nst.button(_("No"), help=f"{count} more")\nleft.caption("+")\nst.metric(key="some key")'
    assert outside(said, Path("page.py")) == ["page.py, line 1: A title", "page.py, line 2:  more"]


def outside(text: str, path: Path) -> list[str]:
    return [
        f"{path.name}, line {one.lineno}: {words}"
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in DRAWN
        for one in [*call.args[:1], *(given.value for given in call.keywords if given.arg in READ)]
        for words in _literal(one)
        if re.search(r"[A-Za-z]{2}", words) and words not in NAMES
    ]


def _literal(node: ast.expr) -> Iterator[str]:
    """What a text, a joined text or a choice of texts has written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from _literal(part)
    elif isinstance(node, ast.IfExp):
        yield from _literal(node.body)
        yield from _literal(node.orelse)
