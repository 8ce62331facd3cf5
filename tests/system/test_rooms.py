"""The rooms of the house: imports go down only, and what the documents draw is what the contracts say."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

LAYERS = "Imports go down only"


def floors() -> list[set[str]]:
    """The rooms of each floor by the contract, from the ground up."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = (one for one in settings["contracts"] if one["name"] == LAYERS)
    return [set(re.findall(r"\w+", layer)) for layer in reversed(contract["layers"])]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module}
    return names


def test_the_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_a_broken_contract_would_be_seen(tmp_path: Path) -> None:
    copy = tmp_path / "pictrace"
    for path in (ROOT / "pictrace").rglob("*.py"):
        target = copy / path.relative_to(ROOT / "pictrace")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text("utf-8"), "utf-8")
    (copy / "errors.py").write_text("from pictrace import sample\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "errors" in result.stdout


def test_the_drawing_of_the_documents_is_the_contract() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawing = text.partition("## Rooms")[2].partition("```")[2].partition("```")[0]
    drawn: dict[int, set[str]] = {}
    floor = 0
    for line in drawing.strip().splitlines():
        found = re.fullmatch(r"(\d+| ) +(\w+) +\S.*", line)
        assert found, line
        number, room = found.groups()
        floor = int(number) if number.strip() else floor
        drawn.setdefault(floor, set()).add(room)
    assert [drawn[floor] for floor in range(len(drawn))] == floors()


def test_every_room_stands_in_the_contract() -> None:
    rooms = {path.stem for path in (ROOT / "pictrace").iterdir() if not path.name.startswith("_")} - {"py"}
    assert rooms == set.union(*floors())


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_hold_no_computing(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"numpy", "cv2", "sqlite3", "aiohttp", "pandas", "skimage"}


def test_the_library_does_not_load_the_app_or_the_compiler() -> None:
    code = (
        "import sys, pictrace.searching.find, pictrace.cli;"
        "print(sorted({'streamlit', 'plotly', 'numba', 'pandas', 'skimage', 'onnxruntime', 'onnx'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
