"""What a picture may cost is raised by options and by the environment, and messages say how."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.cli import main
from pictrace.errors import SourceError, UsageError
from pictrace.images.allowed import allowed
from pictrace.images.encoding import encode_png
from pictrace.images.reading import DecodeLimits
from pictrace.service.pictures import upload_limits
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source
from pictrace.web.policy import DownloadPolicy
from pictrace.wording import amount


def png(width: int = 100, height: int = 90) -> bytes:
    return encode_png(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize(
    ("text", "count"), [("250000000", 250_000_000), ("250M", 250_000_000), ("1.5k", 1500), (" 2 G ", 2 * 10**9)]
)
def test_amounts(text: str, count: int) -> None:
    assert amount(text) == count


@pytest.mark.parametrize("text", ["", "0", "-5", "1e9", "5 MB", "0.1", "9" * 30])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is no number of at least 1"):
        amount(text)


def test_the_environment_sets_limits_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert allowed() == DecodeLimits()
    monkeypatch.setenv("PICTRACE_MAX_BYTES", "100M")
    monkeypatch.setenv("PICTRACE_MAX_PIXELS", "150M")
    assert allowed() == DecodeLimits(10**8, 150_000_000)
    assert upload_limits() == DecodeLimits(10**8, 150_000_000, apart=True)
    assert DownloadPolicy.from_environment().max_bytes == 10**8
    monkeypatch.setenv("PICTRACE_MAX_BYTES", "much")
    with pytest.raises(UsageError, match="PICTRACE_MAX_BYTES is not usable: 'much' is no number"):
        upload_limits()


def test_a_message_names_the_option_and_the_option_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(png())
    picture, catalog = str(tmp_path / "a.png"), str(tmp_path / "catalog.sqlite")
    for option, few, enough in (("--max-bytes", "20k", "30k"), ("--max-pixels", "8999", "9k")):
        assert main(["index", picture, "--catalog", catalog, option, few]) == 1
        assert option in capsys.readouterr().err
        assert main(["compare", picture, picture, option, few]) == 1
        assert option in capsys.readouterr().err
        assert main(["compare", picture, picture, option, enough]) == 0
    assert main(["index", picture, "--catalog", catalog, "--max-bytes", "30k", "--max-pixels", "9k"]) == 0
    capsys.readouterr()
    assert main(["index", picture, "--catalog", catalog, "--max-bytes", "none"]) == 2
    assert "--max-bytes: 'none' is no number" in capsys.readouterr().err


def test_pictures_in_archives_and_databases_may_be_larger_too(tmp_path: Path) -> None:
    data = bytes(33 * 1024**2)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", data)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as db, db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, image BLOB)")
        db.execute("INSERT INTO t (image) VALUES (?)", (data,))
    for name in ("a.zip", "a.sqlite"):
        usual, more = (list_source(str(tmp_path / name), max_bytes=most) for most in (None, 40 * 10**6))
        reason = usual.skipped[0].reason if usual.skipped else ""
        if usual.items:
            with pytest.raises(SourceError) as told:
                _loaded(usual.items[0])
            reason = str(told.value)
        assert "--max-bytes" in reason
        assert _loaded(more.items[0]) == data


def _loaded(item: Item) -> bytes:
    assert item.load is not None
    return item.load()
