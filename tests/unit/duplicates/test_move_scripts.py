"""Scripts move what they say and back, whatever files are called."""

import subprocess
from pathlib import Path

import pytest

from pictrace.duplicates.scripts import Move, power_quoted, scripts

NAMES = (
    "plain.jpg",
    "two words.jpg",
    "it's.jpg",
    'say "so".jpg',
    "-rf.jpg",
    "line\nbreak.jpg",
    "$HOME `id` $(id).jpg",
    "back\\slash.jpg",
    "ends in a line\n",
    "ж日本.jpg",
    "; rm -rf x.jpg",
    "*?[a].jpg",
)


def run(script: Path, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(script)], cwd=where, capture_output=True, text=True, check=False)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "my 'pictures"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    (folder / "keep").write_bytes(b"kept")
    return folder


@pytest.fixture
def written(tmp_path: Path, pictures: Path) -> Path:
    moves = [Move(str(pictures / name), str(pictures / "keep")) for name in NAMES]
    for name, text in scripts(moves, str(tmp_path / "copies of 'mine'")).items():
        (tmp_path / name).write_bytes(text)
    return tmp_path


def test_files_are_moved_and_moved_back(written: Path, pictures: Path) -> None:
    done = run(written / "move.sh", written)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one.name for one in pictures.iterdir()] == ["keep"]
    moved = sorted((written / "copies of 'mine'").iterdir())
    assert [one.read_text() for one in moved] == list(NAMES)
    assert run(written / "undo.sh", written).returncode == 0
    assert sorted(one.name for one in pictures.iterdir()) == sorted([*NAMES, "keep"])
    assert all((pictures / name).read_text() == name for name in NAMES)


def test_nothing_is_moved_whose_kept_picture_is_gone(written: Path, pictures: Path) -> None:
    (pictures / "keep").unlink()
    done = run(written / "move.sh", written)
    assert done.returncode == 1
    assert "the kept picture is gone" in done.stderr
    assert len(list(pictures.iterdir())) == len(NAMES)


def test_nothing_is_overwritten(written: Path, pictures: Path) -> None:
    assert run(written / "move.sh", written).returncode == 0
    (pictures / NAMES[0]).write_text("new")
    assert run(written / "undo.sh", written).returncode == 1
    assert (pictures / NAMES[0]).read_text() == "new"
    assert run(written / "move.sh", written).returncode == 1


def test_powershell_reads_every_quote_as_part_of_the_name() -> None:
    assert power_quoted("it's \u2019so\u2018 $x") == "'it''s \u2019\u2019so\u2018\u2018 $x'"
    text = scripts([Move("C:\\a\\b.jpg", "C:\\a\\c.jpg")], "C:\\copies")["move.ps1"].decode("utf-8-sig")
    assert "Move-One 'C:\\a\\c.jpg' 'C:\\a\\b.jpg' 'C:\\copies\\00001-b.jpg'" in text
