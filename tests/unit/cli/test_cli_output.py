"""What strangers wrote, on somebody's terminal."""

import io
import json
import sys
from pathlib import Path

import pytest

from pictrace.cli import main
from pictrace.cli._bar import progress_line
from pictrace.escape import for_terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain / text.jpg", "plain / text.jpg"),
        ("Ωμέγα 日本.png", "Ωμέγα 日本.png"),
        ("no\u00a0break", "no\u00a0break"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31m", r"\x9b31m"),
        ("line\nother\r", r"line\nother\r"),
        ("gpj\u202e.exe", r"gpj\u202e.exe"),
        ("a\u2028b", r"a\u2028b"),
        ("half \udcff", r"half \udcff"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


def test_no_name_of_a_file_reaches_the_terminal_as_it_is(
    photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "bad\x1b[2J.jpg").write_bytes(photographs["rocket.jpg"])
    (folder / "broken\x1b[2J.jpg").write_bytes(b"no picture")
    catalog = str(tmp_path / "catalog.sqlite")
    assert main(["index", str(folder), "--catalog", catalog]) == 3
    assert main(["search", str(folder / "bad\x1b[2J.jpg"), "--catalog", catalog]) == 0
    assert main(["search", str(folder / "none\x1b[2J.jpg"), "--catalog", catalog]) == 1
    output = capsys.readouterr()
    assert "\x1b" not in output.out + output.err
    assert r"bad\x1b[2J.jpg" in output.out
    assert r"broken\x1b[2J.jpg" in output.err
    assert main(["search", str(folder / "bad\x1b[2J.jpg"), "--catalog", catalog, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matches"][0]["source"].endswith("bad\x1b[2J.jpg")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_line("pictures") as show:
            for done in range(4):
                show(done, 3)
        assert ("3/3" in stream.getvalue()) == shown
        assert ("pictures" in stream.getvalue()) == shown
        assert bool(stream.getvalue()) == shown


def test_nothing_to_do_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_line("pictures") as show:
        show(0, 0)
    assert terminal.getvalue() == ""


def test_what_a_download_had_before_does_not_count_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_line("B", title="ResNet", in_bytes=True) as show:
        show(90_000_000, 100_000_000)
        show(90_000_000, 100_000_000)
    assert "ResNet:  90%" in terminal.getvalue()
    assert "0.00B/s" in terminal.getvalue() or "?B/s" in terminal.getvalue()
