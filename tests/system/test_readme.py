"""The README and the documents say what is so: their code and commands are run."""

import json
import re
import tomllib
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

import pictrace.cli
from pictrace.cli import main
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import all_metrics
from pictrace.sample import open_sample
from tests.http_server import serve
from tests.metrics import readme_table
from tests.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_library_example_runs_and_finds_its_picture(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = code_blocks(README, "python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 (our own text)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "Astronaut" in lines[0]


def test_the_library_examples_run_in_their_order(
    photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, data in photographs.items():
        (folder / name).write_bytes(data)
    (tmp_path / "query.jpg").write_bytes(encode_jpeg(mirror(decode(photographs["coffee.png"]))))
    monkeypatch.chdir(tmp_path)
    first, second = code_blocks((ROOT / "docs" / "library.md").read_text("utf-8"), "python")
    exec(compile(first, "docs/library.md", "exec"), {})  # noqa: S102 (our own text)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{len(photographs)} added, 0 known"
    assert lines[1].endswith("coffee.png")
    assert "mirrored" in lines[-2]
    assert lines[-1] == "1.00 by keypoints"
    exec(compile(second, "docs/library.md", "exec"), {})  # noqa: S102 (our own text)
    assert capsys.readouterr().out.splitlines()[0] == "coffee.png"


def test_the_example_command_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = code_blocks((ROOT / "docs" / "cli.md").read_text("utf-8"), "python")
    (tmp_path / "count.py").write_text(example)
    monkeypatch.setattr(pictrace.cli, "__path__", [*pictrace.cli.__path__, str(tmp_path)])
    with closing(open_sample()) as catalog:
        assert main(["count", catalog.location]) == 0
        assert capsys.readouterr().out == f"{catalog.count()}\n"


def test_the_commands_of_the_readme_work(
    photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, data in photographs.items():
        (folder / name).write_bytes(data)
    block = next(one for one in code_blocks(README, "bash") if "python -m pictrace" in one)
    commands = [re.split("[#>]", line)[0].split() for line in block.splitlines() if line.strip()]
    table = folder / "list.csv"  # in the place of the folder, as one of the commands filters by its column
    table.write_text("path,category\n" + "".join(f"{name},sofas\n" for name in photographs), "utf-8")
    places = {"FOLDER": table, "PICTURE": folder / "coffee.png"}
    places |= {name: tmp_path / name for name in ("my.sqlite", "OTHER.sqlite", "features.npz", "list.csv")}
    assert main(["index", str(folder / "rocket.jpg"), "--catalog", str(tmp_path / "OTHER.sqlite")]) == 0
    assert len(commands) >= 5
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        page = server.add("/page", b"<img src=cat.jpg>", Content_Type="text/html")
        for command in commands:
            assert command[:3] == ["python", "-m", "pictrace"]
            assert main([str({**places, "PAGE": page}.get(word, word)) for word in command[3:]]) == 0, command
    capsys.readouterr()


def test_links_and_pictures_of_the_documents_exist() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize(
    "path", ["README.md", "docs/deploy.md", *(f"docs/readme/README.{one}.md" for one in ("de", "ja", "ko", "ru", "zh"))]
)
def test_the_button_deploys_this_repository(path: str) -> None:
    (link,) = re.findall(r"\[!\[[^]]*\]\([^)]*deploy-button\.svg\)\]\(([^)]*)\)", (ROOT / path).read_text("utf-8"))
    given = dict(parse_qsl(urlsplit(link).query))
    source = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Source"]
    assert link.startswith("https://share.streamlit.io/deploy?")
    assert (given["branch"], source) == ("main", f"https://github.com/{given['repository']}")
    assert (ROOT / given["mainModule"]).is_file()


def test_the_readme_lists_every_metric_of_the_package() -> None:
    ours = [metric for metric in all_metrics() if type(metric).__module__.startswith("pictrace.")]
    assert readme_table(ours) in README


def test_the_json_examples_are_json() -> None:
    for block in code_blocks((ROOT / "docs" / "json.md").read_text("utf-8"), "json"):
        json.loads(block)
