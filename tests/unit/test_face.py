"""The functions of the package itself: the whole work in four calls."""

import subprocess
import sys
from pathlib import Path

import pytest

import pictrace
from pictrace.errors import CatalogError, ImageError
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from tests.paths import ROOT


@pytest.fixture
def folder(photographs: dict[str, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, data in photographs.items():
        (folder / name).write_bytes(data)
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


def test_index_search_and_compare(folder: Path, photographs: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    first = pictrace.index(folder, path)
    assert (first.added, first.known) == (len(photographs), 0)
    assert [Path(one.source.address).name for one in first.failures] == ["broken.png"]
    assert [Path(one.address).name for one in first.skipped] == ["notes.txt"]
    assert pictrace.index(folder, path).known == len(photographs)
    data = encode_jpeg(crop(decode(photographs["coffee.png"]), 0.6), quality=60)
    found = pictrace.search(data, path, top=2)
    assert found[0].picture.label == "coffee.png"
    assert len(found) == 2
    query = tmp_path / "query.jpg"
    query.write_bytes(data)
    catalog = pictrace.open_catalog(path)
    try:
        assert [one.match for one in pictrace.search(query, catalog, top=2)] == [one.match for one in found]
        assert catalog.count() == len(photographs)  # it is still open
    finally:
        catalog.close()
    compared = pictrace.compare(query, folder / "coffee.png")
    assert compared.match is not None
    assert compared.match.score > 0.5
    assert "cropped" in compared.diagnosis.text


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no catalog"):
        pictrace.search(b"", tmp_path / "none.sqlite")
    with pytest.raises(ImageError, match="empty"):
        pictrace.compare(b"", b"")


def test_the_functions_stay_whatever_is_imported() -> None:
    code = (
        "import pictrace, pictrace.searching.find, pictrace.indexing.run, pictrace.cli.compare, pictrace.cli.index;"
        "print([callable(getattr(pictrace, name)) for name in ('compare', 'index', 'open_catalog', 'search')])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[True, True, True, True]"


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, pictrace; print(sorted({'numpy', 'cv2', 'sqlite3', 'aiohttp'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
