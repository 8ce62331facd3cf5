"""Other people's SQLite files: real ones, some with schemas that mean harm."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pictrace.catalog.foreign import foreign_database
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import SourceError
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.sources import _schema, databases
from pictrace.sources._keys import key_of
from pictrace.sources._schema import tables_of
from pictrace.sources.base import Item, Listing
from pictrace.sources.databases import read_database
from pictrace.sources.kinds import Table
from pictrace.sources.listing import list_source


def made(path: Path, *statements: str | tuple[str, Sequence[object]]) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        for one in statements:
            text, values = (one, ()) if isinstance(one, str) else one
            db.execute(text, tuple(values))
    return path


def loaded(item: Item) -> bytes:
    assert item.load is not None
    return item.load()


def addresses(listing: Listing) -> list[str]:
    return [item.source.address for item in listing.items]


# What a column may hold ----------------------------------------------------------------------------


def test_a_column_holds_paths_links_and_pictures(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE photos (id INTEGER PRIMARY KEY, picture, title TEXT, size REAL, raw BLOB)",
        ("INSERT INTO photos VALUES (3, 'sub/a.png', ' A ', 1.5, x'00ff')", ()),
        ("INSERT INTO photos VALUES (5, 'https://x.example/b.png', NULL, 7, NULL)", ()),
        ("INSERT INTO photos VALUES (9, ?, ?, NULL, NULL)", (b"\x89PNG", "x" * 600)),
        (
            "INSERT INTO photos VALUES (10, '', '', NULL, NULL), (11, NULL, '', NULL, NULL), (12, x'', '', NULL, NULL)",
            (),
        ),
    )
    listing = list_source(str(path))
    assert listing.column == "picture"
    assert addresses(listing) == [str(tmp_path / "sub/a.png"), "https://x.example/b.png", "my.db!/photos/9"]
    file, link, blob = listing.items
    assert file.source.metadata == {"id": "3", "title": "A", "size": "1.5"}
    assert link.source.metadata == {"id": "5", "size": "7.0"}
    assert file.from_table
    assert link.from_table
    assert (blob.source.kind, blob.source.title, blob.keep_original) == ("database", "photos 9", True)
    assert blob.data is None
    assert loaded(blob) == b"\x89PNG"
    assert len(blob.source.metadata["title"]) == 500
    assert [(one.address, one.reason.split(";")[0]) for one in listing.skipped] == [
        ("my.db!/photos/10", "It names no picture."),
        ("my.db!/photos/11", "It names no picture."),
        ("my.db!/photos/12", "It has 0 bytes"),
    ]


def test_pictures_in_a_database_go_into_a_catalog(photographs: dict[str, bytes], tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE photos (name TEXT, content BLOB)",
        *(("INSERT INTO photos VALUES (?, ?)", (name, data)) for name, data in photographs.items()),
    )
    listing = list_source(str(path), column="content")
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as catalog:
        assert Indexing(catalog, listing.items, [get_metric("phash")]).run().added == len(photographs)
        kept = {catalog.original(one) for one in catalog.ids().tolist()}
    assert kept == set(photographs.values())


def test_a_row_that_is_gone_is_told(tmp_path: Path) -> None:
    path = made(tmp_path / "my.db", "CREATE TABLE photos (image BLOB)", "INSERT INTO photos VALUES (x'01'), (x'02')")
    first, second = read_database(path).items
    made(path, "DELETE FROM photos WHERE rowid = 1", "UPDATE photos SET image = 'text'")
    for item in (first, second):
        with pytest.raises(SourceError, match="changed or removed meanwhile"):
            loaded(item)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        loaded(second)


def test_large_pictures_are_listed(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db", "CREATE TABLE photos (image BLOB)", "INSERT INTO photos VALUES (zeroblob(33554433))"
    )
    listing = read_database(path)
    assert listing.items == ()
    assert "33554433 bytes" in listing.skipped[0].reason


# Tables and columns --------------------------------------------------------------------------------


def test_names_may_hold_quotes_and_anything_else(tmp_path: Path) -> None:
    table, column, other = "we\"ird 'ta;ble] --", 'pa"th', "'); DROP TABLE x; --"
    quoted = [name.replace('"', '""') for name in (table, column, other)]
    path = made(
        tmp_path / "odd ?mode=rwc&x#1%20.db",
        'CREATE TABLE "{}" ("{}" TEXT, "{}" TEXT)'.format(*quoted),
        (f'INSERT INTO "{quoted[0]}" VALUES (?, ?)', ("a.png", "note")),  # noqa: S608 (our own)
    )
    assert tables_of(path) == [Table(table, (column, other), 1)]
    listing = read_database(path, table, column)
    assert (listing.column, addresses(listing)) == (column, [str(tmp_path / "a.png")])
    assert listing.items[0].source.metadata == {other: "note"}


def test_tables_are_told_with_their_columns_and_rows(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE b (url, n, doubled AS (n * 2))",
        "CREATE TABLE a (x INTEGER PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO b VALUES ('https://x.example/1', 1), ('https://x.example/2', 2)",
        "CREATE VIEW v AS SELECT * FROM b",
        "CREATE VIRTUAL TABLE w USING fts5(url)",
    )
    told = {one.name: one for one in tables_of(path)}
    assert told["a"] == Table("a", ("x",), 0)
    assert told["b"] == Table("b", ("url", "n"), 2)  # nothing that is computed
    assert told["v"] == Table("v", (), None)
    assert told["w"] == Table("w", (), None)
    assert read_database(path, "B", "URL").column == "url"
    for name in ("v", "w"):
        with pytest.raises(SourceError, match="is a view or a virtual table"):
            read_database(path, name, "url")


def test_what_cannot_be_guessed_is_asked_for(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE one (path)",
        "CREATE TABLE two (url, thumbnail_url)",
        "INSERT INTO two VALUES ('https://x.example/1', 't.png')",
    )
    with pytest.raises(SourceError, match=r"several tables .*\(it has: one, two\)"):
        list_source(str(path))
    assert len(list_source(str(path), table="two").items) == 1
    assert list_source(str(path), table="two", column="url").column == "url"
    assert list_source(str(path), column="thumbnail_url").column == "thumbnail_url"
    with pytest.raises(SourceError, match=r"no table named 'three' \(it has: one, two\)"):
        list_source(str(path), table="three")
    with pytest.raises(SourceError, match=r"no column named 'rowid' \(it has: path\)"):
        read_database(path, "one", "rowid")
    with pytest.raises(SourceError, match=r"holds no table .*\(it has: none\)"):
        read_database(made(tmp_path / "empty.db", "CREATE TABLE x (a)", "DROP TABLE x"))


def test_rows_are_found_by_whatever_number_they_have(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE named (rowid TEXT, image BLOB)",
        "INSERT INTO named (rowid, image) VALUES ('x', x'01')",
        "CREATE TABLE taken (rowid, _rowid_, OID, image BLOB)",
        "INSERT INTO taken VALUES (1, 1, 1, x'02')",
        "CREATE TABLE computed (image BLOB, rowid AS (41), _rowid_ AS (42))",
        "INSERT INTO computed VALUES (x'04')",
    )
    assert loaded(read_database(path, "named", "image").items[0]) == b"\1"
    (item,) = read_database(path, "computed", "image").items
    assert (item.source.address, loaded(item)) == ("my.db!/computed/1", b"\4")
    (skipped,) = read_database(path, "taken", "image").skipped
    assert skipped.address == "my.db!/taken/1"
    assert "neither a number nor a short primary key" in skipped.reason


def test_rows_without_numbers_are_found_by_their_primary_key(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE t (b, image BLOB, a TEXT COLLATE NOCASE, PRIMARY KEY (a COLLATE BINARY, b)) WITHOUT ROWID",
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("x", 1, b"\1")),
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("X", 1, b"\2")),
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("x", 0.1, b"\3")),
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("x", "1", b"\4")),
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("x", b"\xff", b"\5")),
        # Texts that no decoder takes, with a NUL character in them, which differ in what it would replace.
        "INSERT INTO t (a, b, image) VALUES (CAST(x'61ff00' AS TEXT), 2, x'06'), (CAST(x'61fe00' AS TEXT), 2, x'07')",
        ("INSERT INTO t (a, b, image) VALUES (?, ?, ?)", ("y" * 501, 1, b"\x08")),
    )
    listing = read_database(path, "t", "image")
    assert sorted(loaded(item) for item in listing.items) == [bytes([one]) for one in range(1, 8)]
    by_bytes = {loaded(item): item.source for item in listing.items}
    assert (by_bytes[b"\1"].address, by_bytes[b"\1"].title) == ("my.db!/t/x/1", "t x/1")
    assert by_bytes[b"\5"].address == "my.db!/t/x/ff"
    assert len(listing.skipped) == 1
    assert "short primary key" in listing.skipped[0].reason
    with foreign_database(path) as db:
        key = key_of(db, "t")
        condition = key.condition(["text", "integer"])
        plan = db.execute(f"EXPLAIN QUERY PLAN SELECT image FROM t WHERE {condition}", [b""] * 4)  # noqa: S608 (ours)
        assert "SEARCH t USING PRIMARY KEY" in plan.fetchone()[3]  # and not by reading every picture


def test_a_row_found_by_its_key_that_is_gone_is_told(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE t (name TEXT PRIMARY KEY, image BLOB) WITHOUT ROWID",
        "INSERT INTO t VALUES ('a', x'01')",
    )
    (item,) = read_database(path).items
    made(path, "DELETE FROM t")
    with pytest.raises(SourceError, match="Row a was changed or removed meanwhile"):
        loaded(item)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "my.db", "CREATE TABLE t (path)", "INSERT INTO t VALUES ('a'), ('b'), ('c')")
    assert len(read_database(path, max_rows=3).items) == 3
    with pytest.raises(SourceError, match="more than 2 rows"):
        read_database(path, max_rows=2)


# Harm ----------------------------------------------------------------------------------------------


def test_nothing_that_the_schema_computes_is_run(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE t (path, n, long AS (printf('%.*c', 60000000, 'x')), image_url AS (n / 0))",
        "INSERT INTO t VALUES ('a.png', 1)",
        """CREATE VIEW endless AS
           WITH RECURSIVE c(path) AS (SELECT 1 UNION ALL SELECT path + 1 FROM c) SELECT path FROM c""",
        "CREATE VIEW v0 AS SELECT path FROM t",
        *(f"CREATE VIEW v{n} AS SELECT a.path FROM v{n - 1} a, v{n - 1} b" for n in range(1, 40)),  # noqa: S608 (our own)
    )
    assert tables_of(path)[0] == Table("endless", (), None)
    listing = list_source(str(path))
    assert listing.items[0].source.metadata == {"n": "1"}


def test_a_budget_of_steps_ends_what_takes_too_long(tmp_path: Path) -> None:
    path = made(tmp_path / "my.db", "CREATE TABLE t (path)")
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
    with pytest.raises(SourceError, match="takes too long"), foreign_database(path, 100_000) as db:
        db.execute(endless).fetchone()
    with pytest.raises(SourceError, match="takes too long"), foreign_database(path, 10**12, seconds=0.1) as db:
        db.execute(endless).fetchone()


@pytest.mark.parametrize(
    "statement", ["INSERT INTO t VALUES ('b')", "CREATE TABLE u (x)", "ATTACH ':memory:' AS x", "PRAGMA user_version=3"]
)
def test_nothing_is_written(statement: str, tmp_path: Path) -> None:
    path = made(tmp_path / "my.db", "CREATE TABLE t (path)", "INSERT INTO t VALUES ('a.png')")
    before = path.read_bytes()
    with pytest.raises(SourceError, match="cannot be read"), foreign_database(path) as db:
        db.execute(statement)
    with foreign_database(path) as db:
        assert db.execute("PRAGMA query_only").fetchone() == (1,)
        assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
    with pytest.raises(SourceError, match="readonly"), foreign_database(path) as db:
        db.executescript("PRAGMA query_only = OFF; DELETE FROM t")
    assert len(list_source(str(path)).items) == 1
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["my.db"]


def test_text_that_is_no_unicode_is_read_all_the_same(tmp_path: Path) -> None:
    path = made(
        tmp_path / "my.db",
        "CREATE TABLE t (path TEXT, note TEXT)",
        "INSERT INTO t VALUES ('a.png', CAST(x'c328' AS TEXT)), (CAST(x'612e00706e67' AS TEXT), 'nul')",
    )
    listing = read_database(path)
    assert [item.source.metadata["note"] for item in listing.items] == ["\ufffd("]
    assert ["NUL" in one.reason for one in listing.skipped] == [True]


def test_our_own_catalogs_are_refused(tmp_path: Path) -> None:
    SqliteCatalog(tmp_path / "catalog.sqlite").close()
    with pytest.raises(SourceError, match="is a PicTrace catalog"):
        list_source(str(tmp_path / "catalog.sqlite"))


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    path = made(tmp_path / "my.db", "CREATE TABLE t (path)", *(["INSERT INTO t VALUES (zeroblob(9000))"] * 5))
    whole = path.read_bytes()
    for data in (b"hello", whole[:3000], whole[:100] + b"\xff" * (len(whole) - 100)):
        path.write_bytes(data)
        with pytest.raises(SourceError, match="damaged or no SQLite file"):
            list_source(str(path))
    with pytest.raises(SourceError, match="cannot be read"):
        tables_of(tmp_path / "none.db")
    with pytest.raises(SourceError, match="There is no folder or file"):
        list_source(str(tmp_path / "none.db"))


# Many tables ----------------------------------------------------------------------------------------


def many_tables(path: Path, count: int, column: str) -> Path:
    return made(path, *(f"CREATE TABLE t{number:05} ({column} TEXT)" for number in range(count)))


@pytest.mark.parametrize("column", ["image", "other"])
def test_many_tables_cost_in_proportion(column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    connect = sqlite3.connect

    def counted(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(args[0])
        return connect(*args, **options)

    path = many_tables(tmp_path / "many.db", 300, column)
    monkeypatch.setattr(sqlite3, "connect", counted)
    assert len(tables_of(path)) == 300
    assert len(opened) == 1  # each opening reads the whole schema
    with pytest.raises(SourceError, match="several tables" if column == "image" else "no table"):
        list_source(str(path))
    assert len(opened) == 2


def test_all_tables_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = many_tables(tmp_path / "many.db", 50, "other")
    monkeypatch.setattr(_schema, "LOOK_STEPS", 20_000)
    with pytest.raises(SourceError, match=r"too long to look through: it holds 50 tables. Name the one"):
        read_database(path)
    counts = [one.rows for one in tables_of(path)]
    assert counts[0] == 0
    assert counts[-1] is None
    assert len(read_database(many_tables(tmp_path / "one.db", 1, "image")).items) == 0


def test_one_long_table_leaves_the_budget_to_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = [f"c{number}" for number in range(100)]
    path = made(
        tmp_path / "long.db",
        f"CREATE TABLE a (image, {', '.join(wide)})",
        *(["INSERT INTO a (image, c1) VALUES ('a.png', 1)"] * 50),
        "CREATE TABLE b (image)",
        "INSERT INTO b VALUES ('b.png')",
    )
    with pytest.raises(SourceError, match="several tables"):
        read_database(path)
    monkeypatch.setattr(_schema, "COUNT_STEPS", 500)  # its sample takes thousands
    assert addresses(read_database(path)) == [str(tmp_path / "b.png")]


def test_the_text_of_all_rows_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ("INSERT INTO a VALUES ('a.png', ?)", ["x" * 400])
    path = made(tmp_path / "wide.db", "CREATE TABLE a (image, title)", *[row] * 10)
    assert len(read_database(path).items) == 10
    monkeypatch.setattr(databases, "MAX_CHARACTERS", 4_000)
    with pytest.raises(SourceError, match=r"'a' in .* 4,000 characters. Split it"):
        read_database(path)


def test_columns_beyond_those_that_are_kept_are_told(tmp_path: Path) -> None:
    path = tmp_path / "wide.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, path TEXT, {', '.join(f'c{one}' for one in range(120))})")
        db.execute("INSERT INTO t (path, c1) VALUES ('a.png', 'x')")
    listing = read_database(path)
    assert [item.source.metadata["c1"] for item in listing.items] == ["x"]
    assert [(one.address, "of 21, from 'c99' on" in one.reason) for one in listing.skipped] == [
        ("wide.sqlite!/t", True)
    ]
