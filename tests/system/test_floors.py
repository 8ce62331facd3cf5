"""Imports go down only; streamlit stays on the upper floors; pages compute nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

FLOORS = {
    "service": 4,
    "output": 3,
    "explore": 3,
    "searching": 3,
    "sources": 2,
    "web": 1,
    "folders": 0,
    "features": 0,
    "errors": 0,
    "escape": 0,
    "images": 0,
    "kernels": 0,
    "metrics": 1,
    "models": 1,
    "diagnosis": 3,
    "catalog": 2,
    "indexing": 3,
    "sample": 3,
    "app": 4,
    "cli": 5,
    "__main__": 5,
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{one.name}" for one in node.names}
    return names


def modules() -> list[Path]:
    return sorted((ROOT / "pictrace").rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_down_only(path: Path) -> None:
    part = path.relative_to(ROOT / "pictrace").parts[0].removesuffix(".py")
    if part == "__init__":
        return
    for name in imported(path):
        if name.startswith("pictrace."):
            below = name.split(".")[1]
            assert FLOORS[below] <= FLOORS[part], f"{path.name} reaches up to {name}"
        if name.split(".")[0] == "streamlit":
            assert part == "app", f"{path.name} imports streamlit"
        if name.split(".")[0] == "plotly":
            assert part in {"app", "output"}, f"{path.name} imports plotly"


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_pages_hold_no_computing(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"numpy", "cv2", "sqlite3", "aiohttp", "pandas", "skimage"}


def test_the_library_does_not_load_the_app_or_the_compiler() -> None:
    code = (
        "import sys, pictrace.searching.query, pictrace.cli;"
        "print(sorted({'streamlit', 'plotly', 'numba', 'pandas', 'skimage', 'onnxruntime', 'onnx'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
