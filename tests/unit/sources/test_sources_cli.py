"""The command ``index`` on tables, databases and archives."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.cli import main


@pytest.fixture
def folder(photographs: dict[str, bytes], tmp_path: Path) -> Path:
    (tmp_path / "coffee.png").write_bytes(photographs["coffee.png"])
    (tmp_path / "table.csv").write_text("what;Bild;url\ncup;coffee.png;nowhere.png\n", "utf-8")
    with closing(sqlite3.connect(tmp_path / "other.db")) as db, db:
        db.execute("CREATE TABLE cups (image BLOB)")
        db.execute("CREATE TABLE more (image BLOB)")
        db.execute("INSERT INTO cups VALUES (?)", (photographs["coffee.png"],))
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        archive.write(tmp_path / "coffee.png", "sub/coffee.png")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "column"),
    [
        (["table.csv", "--column", "bild"], "Bild"),
        (["other.db", "--table", "cups", "--column", "image"], "image"),
        (["other.db", "--table", "cups"], "image"),
        (["my.zip"], None),
    ],
)
def test_every_kind_of_source_is_indexed(
    arguments: list[str], column: str | None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, *options = arguments
    catalog = str(folder / "catalog.sqlite")
    assert main(["index", str(folder / source), "--catalog", catalog, "--json", *options]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert (document["added"], document["failed"], document["column"]) == (1, 0, column)
    no_network, *guesses = output.err.splitlines()
    assert "look-alikes are left out" in no_network  # which the tests go without
    guess = f"The column {column!r} names the pictures; --column names another."
    assert guesses == ([guess] if column and "--column" not in options else [])


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["table.csv", "--column", "none"], 2, "no column named 'none' (it has: what, Bild, url)"),
        (["table.csv", "--table", "cups"], 1, "has no tables"),
        (["other.db", "--table", "none"], 1, "no table named 'none' (it has: cups, more)"),
        (["coffee.png", "--column", "path"], 1, "has no columns"),
    ],
)
def test_what_does_not_fit_is_said(
    arguments: list[str], status: int, problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, *options = arguments
    assert main(["index", str(folder / source), "--catalog", str(folder / "catalog.sqlite"), *options]) == status
    assert problem in capsys.readouterr().err


def test_the_guessed_column_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "table.csv").write_text("what,Picture\ncup,coffee.png\n", "utf-8")
    assert main(["index", str(folder / "table.csv"), "--catalog", str(folder / "catalog.sqlite")]) == 0
    assert "The column 'Picture' names the pictures; --column names another." in capsys.readouterr().err


def test_where_nothing_can_be_read_the_reasons_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "table.csv").write_text("path\nftp://x.example/a.png\n", "utf-8")
    assert main(["index", str(folder / "table.csv"), "--catalog", str(folder / "catalog.sqlite")]) == 1
    output = capsys.readouterr().err
    assert "holds no pictures that PicTrace can read" in output
    assert "table.csv, line 2: 'ftp://x.example/a.png' is neither" in output


def test_a_guessed_encoding_is_told_and_can_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    (folder / "table.csv").write_bytes("path,title\ncoffee.png,猫狗\n".encode("gbk"))
    arguments = ["index", str(folder / "table.csv"), "--catalog", str(folder / "catalog.sqlite"), "--json"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert f"read as {json.loads(told.out)['encoding']} text; --encoding names another" in told.err
    assert main([*arguments, "--encoding", "gbk"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["encoding"] == "gbk"
    assert "--encoding" not in told.err
    assert main([*arguments, "--encoding", "klingon"]) == 1
    assert "no encoding that is known" in capsys.readouterr().err
