"""A catalog whose file is deleted, moved, exchanged or overwritten while it is open."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.features import FeatureSpec, Layout

SPEC = FeatureSpec("code-b64-v1", Layout(np.dtype(np.uint64), ()), small=True)


def picture(number: int) -> NewPicture:
    sha256 = digest(f"picture {number}".encode())
    features = {SPEC: np.array([number], np.uint64)}
    source = Source("file", f"/{number}.png")
    return NewPicture(sha256, "PNG", 1, 1, 1, b"t", (source,), bytes(20_000), features)


def filled(path: Path, numbers: range) -> SqliteCatalog:
    catalog = SqliteCatalog(path)
    catalog.add([picture(number) for number in numbers])
    return catalog


def sound(path: Path) -> int:
    """How many pictures another program finds in it."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(db.execute("SELECT count(*) FROM pictures").fetchone()[0])


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another catalog, of 30 pictures."""
    filled(tmp_path / "other.sqlite", range(100, 130)).close()
    return tmp_path / "other.sqlite"


@pytest.mark.parametrize("how", ["deleted", "moved", "folder deleted"])
def test_nothing_is_read_from_or_written_to_what_is_gone(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    catalog = filled(folder / "mine.sqlite", range(3))
    if how == "folder deleted":
        shutil.rmtree(folder)
    elif how == "deleted":
        (folder / "mine.sqlite").unlink()
    else:
        (folder / "mine.sqlite").rename(folder / "moved.sqlite")
    for call in (lambda: catalog.add([picture(9)]), catalog.revision, catalog.ids):
        with pytest.raises(CatalogError, match=r"is gone: it was deleted or moved.*Put it back"):
            call()
    assert not catalog.in_place()
    assert not (folder / "mine.sqlite").exists()


def test_what_was_put_back_goes_on(tmp_path: Path) -> None:
    catalog = filled(tmp_path / "mine.sqlite", range(3))
    (tmp_path / "mine.sqlite").rename(tmp_path / "away")
    assert not catalog.in_place()
    (tmp_path / "away").rename(tmp_path / "mine.sqlite")
    assert catalog.in_place()
    assert catalog.add([picture(9)]).added == 1
    assert catalog.count() == 4


def overwritten(path: Path, by: Path) -> None:
    """In place, as cp does: the same file with other bytes."""
    with path.open("r+b") as file:
        file.write(by.read_bytes())
        file.truncate()


def exchanged(path: Path, by: Path) -> None:
    by.replace(path)


@pytest.mark.parametrize("change", [overwritten, exchanged])
def test_another_file_in_its_place_is_left_alone(
    change: Callable[[Path, Path], None], tmp_path: Path, other: Path
) -> None:
    path = tmp_path / "mine.sqlite"
    catalog = filled(path, range(3))  # all of it is in the log
    change(path, other)
    for call in (lambda: catalog.add([picture(9)]), catalog.revision, catalog.ids):
        with pytest.raises(CatalogError, match=r"was replaced by another file.*Open it again"):
            call()
    assert not catalog.in_place()
    catalog.close()
    assert sound(path) == 30
    again = SqliteCatalog(path)
    assert again.in_place()
    assert again.add([picture(9)]).added == 1
    assert again.count() == 31


def test_what_replaces_it_may_be_no_catalog(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    for number, content in enumerate((b"text" * 9000, b"")):
        catalog = filled(path, range(number, number + 3))
        catalog.close()  # so that it is in the file
        catalog = SqliteCatalog(path)
        assert catalog.count() == 3
        path.write_bytes(content)
        with pytest.raises(CatalogError, match="was replaced"):
            catalog.count()
        assert path.read_bytes() == content
        path.unlink()


def test_a_foreign_database_in_its_place_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    filled(path, range(3)).close()
    catalog = SqliteCatalog(path)
    assert catalog.count() == 3
    with closing(sqlite3.connect(tmp_path / "foreign")) as db:
        db.execute("CREATE TABLE things (name TEXT)")
    overwritten(path, tmp_path / "foreign")
    with pytest.raises(CatalogError, match="was replaced"):
        catalog.count()


def test_a_borrowed_connection_ends_with_the_catalog(tmp_path: Path, other: Path) -> None:
    path = tmp_path / "mine.sqlite"
    catalog = filled(path, range(3))
    with catalog.at_one_moment() as view:
        assert view.count() == 3
        exchanged(path, other)
        assert not catalog.in_place()
        assert view.count() == 3  # it shows a moment that was
        assert view.in_place()
    catalog.close()
    assert sound(path) == 30


def test_its_own_writes_and_those_of_others_are_no_replacement(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    one, two = filled(path, range(3)), SqliteCatalog(path)
    for number in range(10, 20):
        (one if number % 2 else two).add([picture(number)])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("VACUUM")
        os.utime(path)
        assert one.in_place()
        assert two.in_place()
    assert one.count() == two.count() == 13
