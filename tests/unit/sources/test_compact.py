"""Listings of many entries: as short ones, but in little memory, and made when they are read."""

from __future__ import annotations

import json
import os
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.sources._compact import PACKED, Compact
from pictrace.sources.base import Item, Listing
from pictrace.sources.listing import list_source


def csv_of(path: Path, rows: int) -> Path:
    path.write_text("path,title\n" + "".join(f"{n}.png,ä {n}\n" for n in range(rows)), "utf-8")
    return path


def json_of(path: Path, rows: int) -> Path:
    path.write_text(json.dumps([{"path": f"{n}.png", "title": f"ä {n}"} for n in range(rows)]))
    return path


def database_of(path: Path, rows: int) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE pictures (path TEXT, title TEXT)")
        db.executemany("INSERT INTO pictures VALUES (?, ?)", ((f"{n}.png", f"ä {n}") for n in range(rows)))
    return path


MAKERS = {"a.csv": csv_of, "a.json": json_of, "a.db": database_of}


def listed(make: Callable[[Path, int], Path], path: Path, rows: int) -> Listing:
    path.unlink(missing_ok=True)
    return list_source(str(make(path, rows)))


@pytest.mark.parametrize("name", MAKERS)
def test_a_long_table_lists_as_a_short_one_does(name: str, tmp_path: Path) -> None:
    short = listed(MAKERS[name], tmp_path / name, 100).items
    long = listed(MAKERS[name], tmp_path / name, 2 * PACKED + 100).items
    assert isinstance(short, tuple)
    assert len(long) == 2 * PACKED + 100
    assert tuple(long)[:100] == tuple(long[:100]) == short
    for place in (0, PACKED - 1, PACKED, 2 * PACKED + 99, -1):
        number = place % len(long)
        assert long[place].source.address == str(tmp_path / f"{number}.png")
        assert long[place].source.metadata == {"title": f"ä {number}"}
        assert long[place].from_table
    assert [item.source.title for item in long] == [f"{n}.png" for n in range(len(long))]


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_looked_for_before_it_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    real = os.path.realpath

    def counted(one: Path) -> str:
        asked.append(one)
        return real(one)

    path = MAKERS[name](tmp_path / name, 3 * PACKED)
    monkeypatch.setattr("pictrace.sources.base.os.path.realpath", counted)
    items = list_source(str(path)).items
    assert asked == []
    assert items[5].path == tmp_path / "5.png"
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.db"])  # JSON is parsed as a whole
def test_memory_grows_by_bytes_a_row(name: str, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = MAKERS[name](tmp_path / f"{rows}{name}", rows)
        tracemalloc.start()
        try:
            kept = list_source(str(path))
            assert len(kept.items) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is loaded once
    assert peak(12 * PACKED) - peak(4 * PACKED) < 8 * PACKED * 80  # an Item takes about 800


def test_entries_that_are_skipped_are_told_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("path\n" + "a.png\nftp://x.example/b.png\n" * PACKED)
    listing = list_source(str(path))
    assert (len(listing.items), len(listing.skipped)) == (PACKED, PACKED)
    assert listing.skipped[-1].address == f"a.csv, line {2 * PACKED + 1}"


def test_what_is_no_plain_entry_is_kept_as_it_is() -> None:
    kept = Item.of_link("https://x.example/a.png")
    items: Compact[Item] = Compact(lambda text, metadata: Item.of_link(text, metadata))
    for number in range(PACKED + 3):
        items.add(kept if number % 2 else (f"https://x.example/{number}.png", {}))
    assert items[1] is items[PACKED + 1] is kept
    assert items[2].url == "https://x.example/2.png"
    with pytest.raises(IndexError):
        items[PACKED + 3]
