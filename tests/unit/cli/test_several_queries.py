"""A folder, an archive or a list of pictures to look for, one after the other."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pictrace.cli import main
from pictrace.images.encoding import encode_png
from pictrace.service.once import Outcome, search_once


def png(number: int) -> bytes:
    """A drawing of large rectangles, another one for each number."""
    random = np.random.default_rng(number)
    image = np.full((300, 400, 3), 255, np.uint8)
    for _ in range(40):
        top, left = random.integers(0, 260), random.integers(0, 360)
        image[top : top + random.integers(10, 60), left : left + random.integers(10, 60)] = random.integers(0, 256, 3)
    return encode_png(image)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("queries")
    (folder / "catalog").mkdir()
    for number in (0, 1):
        (folder / "catalog" / f"{number}.png").write_bytes(png(number))
    assert main(["index", str(folder / "catalog"), "--catalog", str(folder / "c.sqlite")]) == 0
    (folder / "asked").mkdir()
    (folder / "asked" / "known.png").write_bytes(png(0))
    (folder / "asked" / "strange.png").write_bytes(png(9))
    (folder / "list.csv").write_text("path\nasked/known.png\nasked/missing.png\n")
    (folder / "strange.csv").write_text("path\nasked/strange.png\n")
    with zipfile.ZipFile(folder / "some.zip", "w") as archive:
        archive.writestr("in.png", png(1))
    return folder


def search(place: Path, *names: str) -> list[str]:
    return ["search", *(str(place / one) for one in names), "--catalog", str(place / "c.sqlite"), "--json"]


def test_a_folder_of_queries(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(search(place, "asked")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(one["query"]["source"]).name for one in told["searches"]] == ["known.png", "strange.png"]
    assert [one["verdict"]["good"] > 0 for one in told["searches"]] == [True, False]
    assert told["failures"] == []


def test_a_list_of_which_one_fails_and_an_archive(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(search(place, "list.csv")) == 3
    told = json.loads(capsys.readouterr().out)
    assert (len(told["searches"]), [Path(one["address"]).name for one in told["failures"]]) == (1, ["missing.png"])
    assert main(search(place, "some.zip", "asked/known.png")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["query"]["source"] for one in told["searches"]] == ["some.zip!/in.png", str(place / "asked/known.png")]
    assert main(search(place, "strange.csv")) == 1
    assert main(search(place, "asked/missing.png")) == 1


def test_each_answer_stands_below_its_query(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(search(place, "asked")[:-1]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [Path(line.removesuffix(":")).name for line in lines if line.endswith(".png:")]
    assert heads == ["known.png", "strange.png"]


def test_what_was_found_before_somebody_stopped_it_is_printed(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def stopped_at_the_second(*given: Any, **further: Any) -> Outcome:
        asked.append(given)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return search_once(*given, **further)

    monkeypatch.setattr("pictrace.cli.search.search_once", stopped_at_the_second)
    assert main(search(place, "asked")) == 1
    told = capsys.readouterr()
    assert [Path(one["query"]["source"]).name for one in json.loads(told.out)["searches"]] == ["known.png"]
    assert "stopped" in told.err
