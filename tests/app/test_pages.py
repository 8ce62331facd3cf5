"""Pages are found: a file in the folder is one, and no line elsewhere knows it."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pictrace.app.pages import PageFile, pages_in
from tests.paths import ROOT

NEW = '''"""A page that somebody adds."""

import streamlit as st

TITLE = "Duplicates"
ICON = "content_copy"
ORDER = 2

st.title("Which pictures are here twice?")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what is started, with one page more."""
    shutil.copy(ROOT / "streamlit_app.py", tmp_path)
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    (tmp_path / "pages" / "twice.py").write_text(NEW, "utf-8")
    return tmp_path


def test_the_pages_of_the_app() -> None:
    assert [one.title for one in pages_in(ROOT / "pages")] == [
        "Search",
        "Compare",
        "Catalog",
        "Duplicates",
        "Tune",
        "How it works",
    ]


def test_a_page_is_one_file(folder: Path) -> None:
    assert pages_in(folder / "pages")[2] == PageFile("twice.py", "Duplicates", ":material/content_copy:", 2)
    app = AppTest(folder / "streamlit_app.py", default_timeout=60).run()
    assert not app.exception
    assert "Which picture are you looking for?" in [one.value for one in app.title]
    app.switch_page("pages/twice.py").run()
    assert not app.exception
    assert [one.value for one in app.title] == ["Which pictures are here twice?"]


def test_a_page_goes_before_work_in_the_background(tmp_path: Path) -> None:
    shutil.copy(ROOT / "streamlit_app.py", tmp_path)
    (tmp_path / "pages").mkdir()
    page = "import streamlit as st\nfrom pictrace.precedence import OURS\nst.caption(f'{OURS.answers} goes first')\n"
    (tmp_path / "pages" / "only.py").write_text(page, "utf-8")
    app = AppTest(tmp_path / "streamlit_app.py", default_timeout=60).run()
    assert [one.value for one in app.caption] == ["1 goes first"]


def test_a_page_that_says_nothing_of_itself_comes_last(tmp_path: Path) -> None:
    (tmp_path / "b_page.py").write_text("import streamlit as st\n\nst.write(TITLE := 'x')\n", "utf-8")
    (tmp_path / "a.py").write_text("TITLE, ORDER = 'A', 1\nICON = None\n", "utf-8")
    (tmp_path / "first.py").write_text("ORDER = 5\n", "utf-8")
    (tmp_path / "_part.py").write_text("ORDER = 0\n", "utf-8")
    (tmp_path / "notes.txt").write_text("no page", "utf-8")
    assert [(one.title, one.icon) for one in pages_in(tmp_path)] == [("First", None), ("A", None), ("B page", None)]
