"""What the documents repeat of the code is what the code says."""

import importlib.util
import re
import runpy
from pathlib import Path

import pytest

from tests.paths import ROOT

GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
VARIABLE = re.compile(r"\bPICTRACE_[A-Z0-9_]+\b")


@pytest.mark.parametrize("path", GENERATE["documents"](), ids=lambda path: path.name)
def test_the_generated_parts_are_up_to_date(path: Path) -> None:
    text = path.read_text("utf-8")
    assert GENERATE["rewritten"](text) == text, "run: python -m docs.generate"


def test_each_generated_part_stands_somewhere() -> None:
    named = [
        name for path in GENERATE["documents"]() for name in re.findall(r"generated: (\w+)", path.read_text("utf-8"))
    ]
    assert sorted(named) == sorted(GENERATE["BLOCKS"])


def test_every_variable_that_is_read_is_documented() -> None:
    read = {name for path in (ROOT / "pictrace").rglob("*.py") for name in VARIABLE.findall(path.read_text("utf-8"))}
    assert read == set(GENERATE["settings"]())


def test_modules_of_the_glossary_exist() -> None:
    terms = re.findall(
        r"`((?:[a-z_]+\.)*[a-z_]+)(?:\.([A-Z]\w+))?`", (ROOT / "docs" / "glossary.md").read_text("utf-8")
    )
    modules = [(module, name) for module, name in terms if "." in module or name]
    assert len(modules) > 20
    for module, name in modules:
        full = module if module.startswith("benchmarks") else f"pictrace.{module}"
        assert importlib.util.find_spec(full), full
        assert not name or hasattr(importlib.import_module(full), name), f"{full}.{name}"
