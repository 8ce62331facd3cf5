"""The installed package has all that it needs inside: code, pages, the page's settings, and its command."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import pictrace
from tests.paths import ROOT

pytestmark = pytest.mark.slow  # processes of their own

PAGES = "pictrace/app/root/"  # within the wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is made of it: what it lacks, the wheel lacks."""
    folder = tmp_path_factory.mktemp("dist")
    code = "import sys; from setuptools import build_meta as build; sys.argv[1:] = [];print(build.build_{0}({1!r}))"
    run = [sys.executable, "-c"]
    subprocess.run([*run, code.format("sdist", str(folder))], check=True, capture_output=True, cwd=_copied(folder))
    (archive,) = folder.glob("pictrace-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    subprocess.run([*run, code.format("wheel", str(folder))], check=True, capture_output=True, cwd=unpacked)
    return folder


def _copied(folder: Path) -> Path:
    """The files that git would have, so that nothing is written beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    names = [one for one in os.fsdecode(listed.stdout).split("\0") if one and (ROOT / one).is_file()]
    source = folder / "source"
    for name in names:
        if not name.startswith(("tests/", "docs/", "benchmarks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    return source


def test_the_wheel_holds_everything(built: Path) -> None:
    (wheel,) = built.glob("pictrace-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        metadata = next(name for name in held if name.endswith("METADATA"))
        said = archive.read(metadata).decode().splitlines()
        points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
        config = archive.read(f"{PAGES}.streamlit/config.toml").decode()
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pictrace").rglob("*") if path.is_file()}
    pages = {f"{PAGES}pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    wanted = {name for name in code if "__pycache__" not in name} | pages | {f"{PAGES}streamlit_app.py"}
    assert wanted - held == set()
    assert {name for name in held if ".dist-info/" not in name} == wanted | {f"{PAGES}.streamlit/config.toml"}
    assert config == (ROOT / ".streamlit" / "config.toml").read_text()
    requirements = [line for line in said if line.startswith("Requires-Dist") and "extra ==" not in line]
    named = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
    assert len(requirements) == len(named)
    assert f"Version: {pictrace.__version__}" in said
    assert "pictrace = pictrace.__main__:main" in points


def test_what_is_installed_finds_its_page(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("pictrace-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)  # noqa: S202 (built just now)
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        "import pictrace.cli.serve as serve\n"
        "script = next(one for one in serve._APPS if one.is_file())\n"
        "page = AppTest.from_file(str(script), default_timeout=60).run()\n"
        "assert not page.exception, page.exception\n"
        "print(script)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert Path(told.stdout.strip().splitlines()[-1]) == tmp_path / PAGES / "streamlit_app.py"
