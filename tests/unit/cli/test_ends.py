"""How commands end that somebody stops, or whose output finds no room."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.cli._files import written
from pictrace.images.encoding import encode_png
from pictrace.models.runtime import load_runtime
from tests.paths import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


def test_ctrl_c_while_a_command_is_loaded_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(command: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pictrace.cli.parser_for", stopped)
    assert main(["info"]) == 1
    assert "stopped" in capsys.readouterr().err


def test_ctrl_c_while_a_runtime_is_imported_is_no_fault_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def imported(path: Path, name: str) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as pressed:
            raise ImportError("initialization failed") from pressed

    monkeypatch.setattr("pictrace.models.runtime.OnnxRuntime", imported)
    with pytest.raises(KeyboardInterrupt):
        load_runtime("onnxruntime", Path("any.onnx"), "input")


def test_a_network_that_the_environment_names_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    SqliteCatalog(tmp_path / "c.sqlite").close()
    monkeypatch.setenv("PICTRACE_MODEL", "resnet51")
    assert main(["search", str(tmp_path), "--catalog", str(tmp_path / "c.sqlite")]) == 2
    assert "The models are" in capsys.readouterr().err
    assert main(["info", "--catalog", str(tmp_path / "c.sqlite")]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_an_output_without_room_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pictrace", "model", "list"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("pictrace: the output cannot be written")
    assert done.stderr.count("\n") == 1


@posix
def test_a_command_without_stderr_does_its_work(tmp_path: Path) -> None:
    SqliteCatalog(tmp_path / "c.sqlite").close()
    command = f'"{sys.executable}" -m pictrace info --catalog "{tmp_path}/c.sqlite" 2>&-'
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert "0 pictures" in done.stdout


@posix
def test_a_file_is_written_where_a_link_leads_and_into_a_pipe(tmp_path: Path) -> None:
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        (tmp_path / "real.csv").write_bytes(b"before")
        (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
        with written(str(tmp_path / "link.csv"), catalog) as stream:
            stream.write(b"after")
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_bytes() == b"after"

        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
        reader.start()
        with written(str(pipe), catalog) as stream:
            stream.write(b"through")
        reader.join(20)
        assert read == [b"through"]
        assert pipe.is_fifo()


def test_a_source_without_pictures_leaves_no_catalog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["index", str(tmp_path / "empty"), "--catalog", str(tmp_path / "c.sqlite")]) == 1
    assert "holds no pictures" in capsys.readouterr().err
    assert not (tmp_path / "c.sqlite").exists()


def test_what_is_left_out_is_told_once_a_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some").mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / "some" / name).write_text("words")
    (tmp_path / "some" / "grey.png").write_bytes(encode_png(np.full((64, 64, 3), 128, np.uint8)))
    assert main(["index", str(tmp_path / "some"), "--catalog", str(tmp_path / "c.sqlite"), "--no-calibrate"]) == 0
    (told,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("left out"))
    assert "a.txt (and 2 more): " in told


def test_what_cannot_be_found_is_told_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "grey.png").write_bytes(encode_png(np.full((64, 64, 3), 128, np.uint8)))
    (tmp_path / "list.csv").write_text("path,category\ngrey.png,sofas\n")
    catalog = str(tmp_path / "c.sqlite")
    assert main(["index", str(tmp_path / "list.csv"), "--catalog", catalog, "--no-calibrate"]) == 0
    assert main(["search", str(tmp_path / "empty"), "--catalog", catalog]) == 1
    assert f"{tmp_path / 'empty'} holds no pictures to look for" in capsys.readouterr().err
    assert main(["search", str(tmp_path / "grey.png"), "--catalog", catalog, "--only", "category=beds"]) == 1
    assert "no picture of the catalog has category=beds" in capsys.readouterr().err


@posix
def test_a_list_goes_to_standard_output_wherever_that_leads(tmp_path: Path) -> None:
    SqliteCatalog(tmp_path / "c.sqlite").close()
    command = [
        sys.executable,
        "-m",
        "pictrace",
        "export",
        "--catalog",
        str(tmp_path / "c.sqlite"),
        "--list",
        "/dev/stdout",
    ]
    piped = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    with (tmp_path / "out").open("w") as out:
        subprocess.run(command, cwd=ROOT, stdout=out, check=True)
    assert (tmp_path / "out").read_text() == piped
    assert piped.startswith("id,sha256")
    assert piped.splitlines()[-1].startswith("/dev/stdout: ")
