"""A kind of source is one module, found by itself: in the package, and in others' packages."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pictrace.catalog.records import Origin
from pictrace.cli import main
from pictrace.errors import SourceError
from pictrace.service.uploads import Uploads
from pictrace.sources.discovery import all_kinds, titles, upload_suffixes
from pictrace.sources.kinds import Choices, Glimpse
from pictrace.sources.listing import kind_of_source, list_source

DOCUMENT = Path(__file__).parents[3] / "docs" / "sources.md"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, among them one that names the documented kind and three that are no use."""
    site = tmp_path / "site"
    information = site / "my_package-1.0.dist-info"
    information.mkdir(parents=True)
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    (site / "my_captions.py").write_text(example, "utf-8")
    (site / "my_broken.py").write_text("raise RuntimeError('out of order')", "utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", "utf-8")
    (information / "entry_points.txt").write_text(
        "[pictrace.sources]\nbroken = my_broken:KIND\ncaptions = my_captions:KIND\n"
        "missing = my_missing:KIND\nother = my_captions:read\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(site))
    all_kinds.cache_clear()
    yield site
    all_kinds.cache_clear()


@pytest.fixture
def captions(package: Path, photographs: dict[str, bytes], tmp_path: Path) -> Path:
    (tmp_path / "coffee.png").write_bytes(photographs["coffee.png"])
    path = tmp_path / "my.captions"
    path.write_text("coffee.png | a cup\n | nothing\n", "utf-8")
    return path


def test_another_packages_kind_is_indexed(captions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = str(tmp_path / "catalog.sqlite")
    assert main(["index", str(captions), "--catalog", catalog, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["added"], document["skipped"]) == (1, 1)
    assert document["skipped_entries"] == [{"address": "my.captions, line 2", "reason": "It names no picture."}]
    (item,) = list_source(str(captions)).items
    assert item.source.metadata == {"caption": "a cup"}
    with pytest.raises(SourceError, match="has no columns"):
        list_source(str(captions), column="caption")


def test_another_packages_kind_is_offered_and_taken_as_an_upload(
    captions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "captions" in upload_suffixes()
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))
    intake = Uploads()
    handed = intake.take("1", "Mine.captions", memoryview(f"{tmp_path / 'coffee.png'}|cup\n".encode()))
    assert handed.path.suffix == ".captions"
    assert handed.kind.title == "captions"
    assert intake.tables(handed) == []
    assert [item.source.title for item in intake.listing(handed).items] == ["coffee.png"]


def test_texts_name_another_packages_kind(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["index", "--help"])
    assert "captions" in capsys.readouterr().out
    (tmp_path / "notes.xyz").write_text("nothing", "utf-8")
    with pytest.raises(SourceError, match="captions"):
        list_source(str(tmp_path / "notes.xyz"))


def test_what_is_no_kind_is_left_out_and_told(package: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert [kind.title for kind in all_kinds() if kind.order == 100] == ["captions"]
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "out of order" in told
    assert "my_missing" in told
    assert "my_captions:read is left out: it is no SourceKind" in told


def test_the_modules_of_the_package_are_the_kinds() -> None:
    assert len({kind.title for kind in all_kinds()}) == len(all_kinds()) >= 9
    for kind in all_kinds():
        assert kind.title in titles()
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in kind.suffixes | kind.uploaded_as)
        assert set(kind.understands) <= {"column", "table", "encoding", "exclude", "include"}
        assert not kind.certainty(Glimpse("nothing")), kind.title


@pytest.mark.parametrize(
    ("name", "start", "title"),
    [
        ("a.csv", b"PK\3\4", "a ZIP archive"),  # what it is, its first bytes say
        ("a.zip", b"SQLite format 3\0", "a SQLite database"),
        ("a.csv", b'[{"url": "a.png"}]', "a table (CSV)"),
        ("a.txt", b'["a.png"]', "a JSON list"),
        ("a.txt", b"a.png\n", "a list of links or paths (text)"),
        ("a.PNG", b"", "a picture file"),
    ],
)
def test_the_first_bytes_go_before_the_name(name: str, start: bytes, title: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(start)
    assert kind_of_source(str(tmp_path / name)).title == title


def test_a_source_is_refused_what_it_has_not() -> None:
    with pytest.raises(SourceError, match="x has no encoding of text, so none is named 'utf-8'"):
        Choices(encoding="utf-8").refuse_all_but(frozenset(["column"]), "x")


def test_each_kind_of_origin_is_one_a_catalog_may_hold() -> None:
    assert {origin.value for origin in Origin if origin.is_at_hand} == {"archive", "database"}
    assert str(Origin.FILE) == "file"
