"""The README's translations have its commands and its figures, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.paths import ROOT

ENGLISH = (ROOT / "README.md").read_text("utf-8")
TRANSLATIONS = sorted((ROOT / "docs" / "readme").glob("README.*.md"))
BLOCK = re.compile(r"```.*?```", re.DOTALL)


def figures(text: str) -> set[str]:
    """Numbers of the prose: outside of blocks, of tables and of links' targets."""
    prose = re.sub(r"\]\([^)]*\)|^\|.*$", "", BLOCK.sub("", text), flags=re.MULTILINE)
    return set(re.findall(r"\d+(?:\.\d+)*", prose))


def test_the_english_readme_leads_to_each() -> None:
    linked = re.findall(r"\]\(docs/readme/(README\.\w+\.md)\)", ENGLISH)
    assert sorted(linked) == [path.name for path in TRANSLATIONS]
    assert linked


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.name)
def test_commands_figures_and_links_are_those_of_the_english_one(path: Path) -> None:
    text = path.read_text("utf-8")
    assert BLOCK.findall(text) == BLOCK.findall(ENGLISH)
    assert figures(text) == figures(ENGLISH)
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (path.parent / target).exists(), target
