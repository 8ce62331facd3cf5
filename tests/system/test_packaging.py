"""The installed package has all that it needs beside its code, and its command."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.slow  # processes of their own


def test_the_wheel_holds_everything(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copytree(ROOT / "pictrace", source / "pictrace", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
    ]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("pictrace-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        metadata = next(name for name in held if name.endswith("METADATA"))
        requirements = [
            line
            for line in archive.read(metadata).decode().splitlines()
            if line.startswith("Requires-Dist") and "extra ==" not in line
        ]
        points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pictrace").rglob("*") if path.is_file()}
    missing = {name for name in code if "__pycache__" not in name} - held
    assert missing == set()
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
    assert len(requirements) == len(wanted)
    assert "pictrace = pictrace.__main__:main" in points
