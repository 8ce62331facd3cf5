"""A command is one file; only the one that is called is imported."""

import logging
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import pictrace.cli
from pictrace import __version__
from pictrace.cli import _discovery, main
from pictrace.cli._discovery import all_commands
from tests.paths import ROOT

GREET = """
HELP = "say a word to somebody"
ORDER = 5


def register(parser):
    parser.set_defaults(run=run)
    parser.add_argument("name")


def run(options):
    print(f"Good day, {options.name}.")
    return 0
"""


@pytest.fixture
def greet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more command, as one file in a folder of its own."""
    (tmp_path / "greet.py").write_text(GREET)
    monkeypatch.setattr(pictrace.cli, "__path__", [*pictrace.cli.__path__, str(tmp_path)])


@pytest.mark.usefixtures("greet")
def test_a_command_is_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert all_commands()[0].name == "greet"
    assert main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "Good day, Ada.\n"
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "say a word to somebody" in capsys.readouterr().out


def test_every_command_says_what_it_does_and_is_registered() -> None:
    commands = all_commands()
    assert [one.name for one in commands][:2] == ["index", "search"]
    for one in commands:
        module = one.load()
        assert (one.help, one.order) == (module.HELP, module.ORDER)
        assert one.help
        assert callable(module.register)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"pictrace {__version__}\n"


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["info", "--help"]], ids=" ".join)
def test_what_needs_no_picture_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from pictrace.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'cv2', 'aiohttp', 'sqlite3'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stderr.splitlines()[-1] == "[]"


def test_a_command_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serch"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_other_packages_add_commands_and_a_broken_one_takes_none_along(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "greeting_of_another_package.py").write_text(GREET)
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        EntryPoint("greet", "greeting_of_another_package", _discovery.ENTRY_POINTS),
        EntryPoint("search", "greeting_of_another_package", _discovery.ENTRY_POINTS),
        EntryPoint("broken", "there_is.no_such_module", _discovery.ENTRY_POINTS),
    ]
    monkeypatch.setattr(_discovery, "entry_points", lambda group: points)
    with caplog.at_level(logging.WARNING):
        names = [one.name for one in all_commands()]
    assert names.count("search") == names.count("greet") == 1
    assert "broken" not in names
    assert "there is one of that name" in caplog.text
    assert "The command broken of there_is.no_such_module is left out" in caplog.text
    assert main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "Good day, Ada.\n"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_knows_every_command_and_is_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in [*(one.name for one in all_commands()), "--drop-outdated", "--weights"]:
        assert word in script
    found = shutil.which(shell)
    if found is not None:
        subprocess.run([found, "-n"], input=script, text=True, check=True)
