"""The texts of the app in its languages: none is missing, none stands outside, and what is read is what was written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="pip install -r requirements-dev.txt")

from pictrace import errors
from pictrace.app.shared.language import LANGUAGES, LOCALE
from tests.paths import ROOT
from tools.messages import compiled, messages, translations

APP = ROOT / "pictrace" / "app"
# The pages that speak several languages, without the parts that do not yet.
FOLDERS = ("about", "catalog", "compare", "duplicates", "search", "shared", "tune")
SPEAKING = [*(path for folder in FOLDERS for path in (APP / folder).glob("*.py")), APP / "frame.py"]
COMPONENTS = APP / "components"
KEYS = {f'"{one}"' for one in ("Arrow", "Enter", "Escape", "xMidYMid slice")}
NAMES = {
    "CSV",
    "JSON",
    "PicTrace:",
    "top center",
    "Cividis",
    "https://…",
    "https://example.org/gallery/page-{n}/",
    "/home/me/copies",
}
# Other rooms whose words the pages show: what they say inside of functions is told, so that it can be translated.
ROOMS = ("diagnosis", "metrics", "output/charts", "output/drawing")
FILES = ("output/report.py", "output/search_report.py", "searching/rarity.py")
TELLING = [*(path for room in ROOMS for path in (ROOT / "pictrace" / room).glob("*.py"))]
TELLING += [ROOT / "pictrace" / name for name in FILES]
# Rooms whose words reach no page: of the command line, of other programs, and of what only computes.
ELSEWHERE = {"api", "cli", "client", "kernels"}
OTHERS = [path for path in (ROOT / "pictrace").rglob("*.py") if path.relative_to(ROOT).parts[1] not in ELSEWHERE]
TOLD = {"told", "told_of", "fixed"}
SAID = {"_", "n_", *TOLD}
NEVER_SHOWN = {"ValueError", "NotImplementedError", "CriteriaError", "warning", "Path", "getattr"}
LOGGED = {
    "debug", "error", "exception", "info", "logged",
    "AssertionError", "ClusterGoneError", "EOFError", "TimeoutError", "TypeError", "UnpicklingError",
}  # fmt: skip
# What the command line prints, and how a link is written in a page.
PRINTED = {"False alarms said, and what there was:", "Right among the matches that are shown, by score:"}
WRITTEN = {"meta itemprop image", "link itemprop image"}
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]+ [a-z]{2,}\b|[a-z]{3}\.(?= |$)")
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


def test_every_text_that_is_told_is_in_the_catalog(wanted: dict[str, tuple[str, ...]]) -> None:
    known = {one for forms_of in wanted.values() for one in forms_of}
    for path in (ROOT / "pictrace").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAID:
                # Babel, which collects them, sees none within an f-string.
                assert {*(one for given in call.args[:1] for one in _literal(given))} <= known, (path.name, call.lineno)


def test_no_text_stands_outside() -> None:
    assert [one for path in SPEAKING for one in outside(path.read_text("utf-8"), path)] == []


def test_no_other_room_says_what_cannot_be_translated(wanted: dict[str, tuple[str, ...]]) -> None:
    assert [
        f"{path.name}, line {line}: {words}"
        for path in TELLING
        for line, words in untold(path.read_text("utf-8"))
        if (words not in wanted or path.parent.name == "charts") and words.strip() not in NAMES
    ] == []


def test_errors_that_reach_a_page_can_be_translated() -> None:
    kinds = kinds_of_error([path.read_text("utf-8") for path in (ROOT / "pictrace").rglob("*.py")])
    assert {"TransientError", "ReplacedError", "_DamagedError"} <= kinds  # found, not listed
    assert [
        f"{path.relative_to(ROOT)}, line {line}"
        for path in OTHERS
        for line in errors_in_english(path.read_text("utf-8"), kinds)
    ] == []


def test_no_room_makes_a_sentence_that_cannot_be_translated(wanted: dict[str, tuple[str, ...]]) -> None:
    assert [
        f"{path.relative_to(ROOT)}, line {line}: {words}"
        for path in OTHERS
        for line, words in untold(path.read_text("utf-8"), SAID | NEVER_SHOWN | LOGGED)
        if SENTENCE.search(words) and words not in wanted and words not in PRINTED | WRITTEN
    ] == []


def test_an_error_in_english_is_found() -> None:
    raised = (
        "class OurError(ImageError):\n    pass\nclass Worse(OurError):\n    pass\n"
        'raise ImageError(f"{1} bytes")\nraise ImageError(told("{n} bytes", n=1))\nraise ValueError("ours")\n'
        'raise Worse(f"{1}")\nraise errors.Worse(why)\nraise errors.Worse("It is " + why)'
    )
    assert list(errors_in_english(raised, kinds_of_error([raised]))) == [5, 10]


def test_a_reason_in_english_is_found() -> None:
    said = 'def why(path):\n    log.error("It is not there.")\n    if path:\n        return f"{path} is not there"\n'
    said += '    skipped.append(Failure(path, "It is gone."))\n    db.execute("SELECT id FROM pictures WHERE id = ?")'
    found = untold(said, SAID | NEVER_SHOWN | LOGGED)
    assert [line for line, words in found if SENTENCE.search(words)] == [4, 5]


def kinds_of_error(texts: Iterable[str]) -> set[str]:
    """The errors of ours whose texts people read, with those that are made of them anywhere."""
    bases = {
        one.name: {base.id for base in one.bases if isinstance(base, ast.Name)}
        for text in texts
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.ClassDef)
    }
    kinds, more = set[str](), set(errors.__all__)
    while more:
        kinds |= more
        more = {name for name, of in bases.items() if of & kinds} - kinds
    return kinds


def errors_in_english(text: str, kinds: Set[str]) -> Iterator[int]:
    """The lines where an error of ours is made of words that are not told."""
    for call in ast.walk(ast.parse(text)):
        match call:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[given, *_]) if name in kinds:
                if re.search("[A-Za-z]{2}", "".join(_literal(given))):
                    yield call.lineno


def test_what_is_said_and_not_told_is_found() -> None:
    said = (
        'NAME = "two words"\ndef text():\n    "A docstring."\n    told("It is told.", of=f"{1:.2f} px")\n'
        '    raise ValueError("never shown")\n    return f"turned {2}", f"<h2 class=\'small one\'>{3}</h2>", "Red"'
    )
    assert list(untold(said)) == [(6, "turned "), (6, "Red")]


def test_a_text_that_stands_outside_is_found() -> None:
    said = 'st.title("A title")\nst.button(_("No"), help=f"{count} more")\nleft.caption("+")\nst.metric(key="some key")'
    assert outside(said, Path("page.py")) == ["page.py, line 1: A title", "page.py, line 2:  more"]


def test_no_script_and_no_markup_of_a_component_says_anything() -> None:
    said = [(path.name, one) for path in COMPONENTS.glob("*.js") for one in in_script(path.read_text("utf-8"))]
    said += [(path.name, one) for path in COMPONENTS.glob("*.py") for one in in_markup(path.read_text("utf-8"))]
    assert said == []


@pytest.mark.parametrize("path", sorted(COMPONENTS.glob("*.py")), ids=lambda path: str(path.name))
def test_markup_names_words_that_there_are(path: Path) -> None:
    text = path.read_text("utf-8")
    named = set(re.findall(r'data-(?:text|label|title)="(\w+)"', text))
    assert named <= set(re.findall(r'"(\w+)": told\(', text))


def test_what_a_script_or_its_markup_says_is_found() -> None:
    script = (
        '// Say "no word" of it.\nnode.textContent = "Copied"\nsay(`It is ${1} MB large.`)\n'
        'throw new Error("The markup has none.")\nnode.className = "face near"\nimport { a } from "./dom.js"'
    )
    assert list(in_script(script)) == ['"Copied"', "`It is ${1} MB large.`"]
    markup = """html = '<b data-text="zoom">+</b><i aria-label="Zoom in" class="a b">Whole</i>'"""
    assert list(in_markup(markup)) == ["Whole", "Zoom in"]


def in_script(text: str) -> Iterator[str]:
    """The literals of a script that people would read."""
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*|throw new Error\([^\n]*", "", text, flags=re.DOTALL)
    for literal in re.findall(r'"[^"\n]*"|`[^`]*`', code):
        words = re.sub(r"\$\{[^}]*\}?", "", literal)
        if re.search(r"^.[A-Z][a-z]+.$|[A-Z][a-z]+ \S|[a-z]{2} [a-z]+[.:]", words) and literal not in KEYS:
            yield literal


def in_markup(text: str) -> Iterator[str]:
    """What the markup within a module has between its tags, and in attributes that are read out."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("<[a-z]+[ >]", node.value):
            markup = re.sub(r"<(kbd|i aria-hidden)\b[^>]*>[^<]*<|&\w+;", "<", node.value)
            yield from re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", markup)
            yield from re.findall(r'(?<![-\w])(?:aria-label|title|alt)="([^"]*[A-Za-z][^"]*)"', node.value)


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
    elif isinstance(node, ast.BinOp):
        yield from _literal(node.left)
        yield from _literal(node.right)


def untold(text: str, passed: Set[str] = TOLD | NEVER_SHOWN) -> Iterator[tuple[int, str]]:
    """What functions say in words of their own, by line. passed: calls whose words are told, or that nobody reads."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body[ast.get_docstring(function) is not None :]:
                yield from _said(statement, passed)


def _said(node: ast.AST, passed: Set[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return  # for itself
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in passed:
            return
        case ast.Constant(value=str(words)) if re.search(r"[A-Za-z]{2} [A-Za-z]{2}|^[A-Z][a-z]+$", words):
            yield node.lineno, words
        case ast.JoinedStr(values=parts):
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    yield from _said(part.value, passed)
                elif isinstance(part, ast.Constant) and re.search(
                    "[A-Za-z]{3}[:.,;]* | [A-Za-z]{3}", _text_of(str(part.value))
                ):
                    yield node.lineno, str(part.value)
        case _:
            for one in ast.iter_child_nodes(node):
                yield from _said(one, passed)


def _text_of(markup: str) -> str:
    """Without tags, and what of them has begun or ends."""
    return re.sub(r"<[^>]*(>|$)|^[^<>]*>", "", markup)
