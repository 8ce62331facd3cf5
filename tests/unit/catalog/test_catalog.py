"""The contract of a store, on a real SQLite file, with threads, processes and damage."""

from __future__ import annotations

import gc
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.catalog import _connections, delete_catalog, last_written, open_catalog
from pictrace.catalog.address import is_postgres
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.links import LinkState
from pictrace.catalog.migrations import MIGRATIONS
from pictrace.catalog.records import AddResult, NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.features import FeatureBatch, Features, FeatureSpec, Layout
from pictrace.metrics.layout import LayoutSsim
from pictrace.metrics.phash import PHash
from tests.postgres_server import sql_on_server

MakeCatalog = Callable[..., Catalog]

SMALL = FeatureSpec("code-b64-v1", Layout(np.dtype(np.uint64), ()), small=True)
LARGE = FeatureSpec("points-n9-v1", Layout(np.dtype(np.uint8), (4,)), small=False)
MANY = 1200  # ids in one call: more than one statement takes


def sha_of(number: int) -> bytes:
    return digest(f"picture {number}".encode())


def picture(number: int, *, original: bytes | None = None, sources: Sequence[Source] | None = None) -> NewPicture:
    """A picture whose features tell its number: one code, and ``number % 3`` points."""
    return NewPicture(
        sha256=sha_of(number),
        format="PNG",
        width=40 + number,
        height=30,
        byte_count=1000 + number,
        thumbnail=b"thumbnail %d" % number,
        sources=(Source("file", f"/pictures/{number}.png"),) if sources is None else sources,
        original=original,
        features={
            SMALL: np.array([number], np.uint64),
            LARGE: np.full((number % 3, 4), number % 256, np.uint8),
        },
    )


def bare(number: int) -> NewPicture:
    """A picture without features."""
    return NewPicture(sha_of(number), "PNG", 1, 1, 1, b"t", (Source("file", f"/pictures/{number}.png"),))


def pid(number: int) -> int:
    return image_id(sha_of(number))


def sql(catalog: Catalog, statement: str, *values: int) -> list[tuple[object, ...]]:
    """What a program that knows nothing of PicTrace sees, or does."""
    if is_postgres(catalog.location):
        return sql_on_server(catalog.location, statement.replace("?", "%s").replace(" x'", " '\\x"), *values)
    with closing(sqlite3.connect(catalog.location)) as db, db:
        return db.execute(statement, values).fetchall()


def columns(catalog: Catalog) -> dict[str, set[object]]:
    """Of each table."""
    if is_postgres(catalog.location):
        statement = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'pictrace'"
    else:
        statement = (
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        )
    found: dict[str, set[object]] = {}
    for table, column in sql(catalog, statement):
        found.setdefault(str(table), set()).add(column)
    return found


def assert_sound(catalog: Catalog) -> None:
    assert catalog.intact()
    if not is_postgres(catalog.location):
        assert sql(catalog, "PRAGMA integrity_check") == [("ok",)]
        assert sql(catalog, "PRAGMA foreign_key_check") == []


# Identity and sources ------------------------------------------------------------------------------


def test_the_id_is_63_bits_of_the_sha256() -> None:
    assert image_id(bytes.fromhex("ff" * 32)) == 2**63 - 1
    assert image_id(bytes.fromhex("8000000000000003" + "00" * 24)) == 2**62 + 1
    # echo -n abc | sha256sum
    assert digest(b"abc").hex().startswith("ba7816bf8f01cfea")
    assert image_id(digest(b"abc")) == 0xBA7816BF8F01CFEA // 2


def test_what_is_added_comes_back(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    source = Source("link", "https://example.org/ä b.png", "A title", {"artist": "Ωμέγα", "year": "1901"})
    assert catalog.add([picture(1, original=b"the bytes", sources=[source])]) == AddResult(added=1, known=0)
    record = catalog.pictures([pid(1)])[pid(1)]
    assert (record.id, record.sha256, record.format) == (pid(1), sha_of(1), "PNG")
    assert (record.width, record.height, record.byte_count) == (41, 30, 1001)
    assert record.sources == (source,)
    assert record.label == "A title"
    assert record.added_at.endswith("+00:00")
    assert catalog.thumbnail(pid(1)) == b"thumbnail 1"
    assert catalog.original(pid(1)) == b"the bytes"
    assert catalog.ids().tolist() == [pid(1)]
    assert catalog.fetch(catalog.ids(), SMALL)[0].tolist() == [1]


def test_adding_twice_is_nothing_new(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1), picture(2)])
    before = (catalog.revision(), catalog.pictures(catalog.ids()), catalog.feature_counts())
    assert catalog.add([picture(2), picture(1)]) == AddResult(added=0, known=2)
    assert (catalog.revision(), catalog.pictures(catalog.ids()), catalog.feature_counts()) == before
    assert catalog.add([picture(3), picture(3)]) == AddResult(added=1, known=1)


def test_one_picture_has_several_sources_in_the_order_they_came(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    first, second = Source("file", "/a.png"), Source("link", "https://example.org/a.png")
    catalog.add([picture(1, sources=[first])])
    assert catalog.add([picture(1, sources=[second, first])]) == AddResult(added=0, known=1)
    assert catalog.add_sources({pid(1): [first, Source("file", "/copy.png")], pid(9): [first]}) == 1
    assert [one.address for one in catalog.pictures([pid(1)])[pid(1)].sources] == [
        "/a.png",
        "https://example.org/a.png",
        "/copy.png",
    ]
    assert catalog.known_sources("file", ["/a.png", "/copy.png", "/b.png"]) == {"/a.png": pid(1), "/copy.png": pid(1)}
    assert catalog.known_sources("link", ["/a.png"]) == {}


def test_a_batch_may_hold_what_is_known_links_and_the_same_twice(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1, original=b"of before")])
    link, table = LinkState("ok", "2026-01-01T00:00:00+00:00"), {"place": "x"}
    batch = [
        picture(
            2,
            original=b"kept",
            sources=[Source("file", "/a.png", "A", table), Source("file", "/a.png", "", {"by": "y"})],
        ),
        picture(1, original=b"new", sources=[Source("file", "/pictures/1.png", "", table), Source("paste", "p")]),
        picture(3, sources=[Source("link", "https://x.example/3.png", link=link), Source("file", "/shared.png")]),
        picture(3, sources=[Source("file", "/3.png")]),
        picture(4, sources=[Source("file", "/shared.png")]),
        picture(5, sources=[]),
    ]
    assert catalog.add(batch) == AddResult(4, 2)
    found = catalog.pictures([pid(number) for number in range(1, 6)])
    assert [[(one.kind, one.address) for one in some.sources] for some in found.values()] == [
        [("file", "/pictures/1.png"), ("paste", "p")],
        [("file", "/a.png")],
        [("link", "https://x.example/3.png"), ("file", "/shared.png"), ("file", "/3.png")],
        [("file", "/shared.png")],
        [],
    ]
    assert found[pid(1)].sources[0].metadata == table
    assert found[pid(2)].sources[0].metadata == {"place": "x", "by": "y"}
    assert found[pid(3)].sources[0].link == link
    assert catalog.known_sources("file", ["/shared.png"]) == {"/shared.png": pid(4)}
    assert catalog.files_kept([pid(2), pid(1), pid(5), pid(9)]) == {
        pid(1): (b"thumbnail 1", b"of before"),
        pid(2): (b"thumbnail 2", b"kept"),
        pid(5): (b"thumbnail 5", None),
    }
    assert catalog.fetch(np.array([pid(3), pid(4)]), SMALL).rows.tolist() == [3, 4]


def test_an_address_that_came_to_hold_other_bytes_names_the_last(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    here = [Source("file", "/a.png")]
    numbers = [4, 2, 3, 1]
    for number in numbers:
        catalog.add([picture(number, sources=here)])
        assert catalog.known_sources("file", ["/a.png"]) == {"/a.png": pid(number)}


def test_the_same_id_of_other_bytes_is_refused_and_the_batch_with_it(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    sha256 = sha_of(1)[:8] + bytes(24)
    twin = NewPicture(sha256, "PNG", 1, 1, 1, b"t", (Source("file", "/twin.png"),))
    assert twin.id == pid(1)
    with pytest.raises(CatalogError, match="share the id") as raised:
        catalog.add([picture(2), twin])
    assert sha256.hex() in str(raised.value)
    assert catalog.ids().tolist() == [pid(1)]


@pytest.mark.parametrize("text", ["'); DROP TABLE pictures; --", 'x" OR "1"="1', "100%_\\", "a\nb\tc", "🎨é"])
def test_text_that_looks_like_sql_is_text(text: str, make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    source = Source(text, text, text, {text: text})
    spec = FeatureSpec(text, SMALL.layout, small=False)
    catalog.add([picture(1, sources=[source])])
    catalog.put_features(spec, {pid(1): np.array([7], np.uint64)})
    assert catalog.pictures([pid(1)])[pid(1)].sources == (source,)
    assert catalog.known_sources(text, [text]) == {text: pid(1)}
    assert catalog.feature_counts()[text] == 1
    assert catalog.fetch(catalog.ids(), spec).rows.tolist() == [7]
    assert catalog.count() == 1


def test_what_no_store_can_hold_is_refused_in_words(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    with pytest.raises(CatalogError, match="64 bits"):
        catalog.thumbnail(2**70)
    with pytest.raises(CatalogError, match="Unicode"):
        catalog.add([picture(1), picture(2, sources=[Source("file", "/\udcff.png")])])
    assert catalog.count() == 0
    assert catalog.thumbnail(-1) is None


# Revision and changes ------------------------------------------------------------------------------

CODE = np.array([5], np.uint64)
WRITES: dict[str, tuple[int, Callable[[Catalog], object]]] = {
    "a new picture": (1, lambda catalog: catalog.add([picture(3)])),
    "three new pictures": (1, lambda catalog: catalog.add([picture(3), picture(4), picture(5)])),
    "a known picture": (0, lambda catalog: catalog.add([picture(1)])),
    "nothing": (0, lambda catalog: catalog.add([])),
    "a known picture at a new address": (
        1,
        lambda catalog: catalog.add([picture(1, sources=[Source("file", "/copy.png")])]),
    ),
    "features of a known picture": (1, lambda catalog: catalog.add([picture(2)])),
    "a new source": (1, lambda catalog: catalog.add_sources({pid(1): [Source("file", "/copy.png")]})),
    "a known source": (0, lambda catalog: catalog.add_sources({pid(1): [Source("file", "/pictures/1.png")]})),
    "a source of nothing": (0, lambda catalog: catalog.add_sources({pid(9): [Source("file", "/copy.png")]})),
    "new features": (1, lambda catalog: catalog.put_features(SMALL, {pid(2): CODE})),
    "known features": (0, lambda catalog: catalog.put_features(SMALL, {pid(1): CODE})),
    "features of nothing": (0, lambda catalog: catalog.put_features(SMALL, {pid(9): CODE})),
    "removing two": (1, lambda catalog: catalog.remove([pid(1), pid(2)])),
    "removing nothing": (0, lambda catalog: catalog.remove([pid(9)])),
    "reading": (0, lambda catalog: (catalog.pictures(catalog.ids()), catalog.missing(SMALL), catalog.changes(0))),
}


@pytest.mark.parametrize("name", WRITES)
def test_the_revision_counts_the_writes_that_changed_something(name: str, make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    assert catalog.revision() == 0
    catalog.add([picture(1), bare(2)])
    assert catalog.revision() == 1
    rise, write = WRITES[name]
    write(catalog)
    assert catalog.revision() == 1 + rise


def test_a_failed_write_raises_no_revision_and_leaves_nothing(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    wrong = NewPicture(sha_of(3), "PNG", 1, 1, 1, b"t", (), features={SMALL: np.zeros(1, np.float32)})
    with pytest.raises(ValueError, match="not rows of"):
        catalog.add([picture(2), wrong, picture(4)])
    unknown = FeatureSpec("unknown-v1", SMALL.layout, small=True)
    with pytest.raises(ValueError, match="not rows of"):
        catalog.put_features(unknown, {pid(1): CODE, pid(2): np.zeros(1, np.float32)})
    assert (catalog.revision(), catalog.count()) == (1, 1)
    assert unknown.key not in catalog.feature_counts()
    assert catalog.add([picture(2)]).added == 1  # the connection is free again


def test_changes_name_what_is_new_and_what_is_gone(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1), picture(2)])
    catalog.add([picture(3)])
    catalog.remove([pid(1)])
    changes = catalog.changes(0)
    assert (changes.revision, changes.removed) == (3, (pid(1),))
    assert changes.added == tuple(sorted((pid(2), pid(3))))
    since = catalog.changes(2)
    assert (since.added, since.removed) == ((), (pid(1),))
    catalog.add([picture(1)])  # it is back: new for whoever saw it go, and gone for nobody
    since = catalog.changes(3)
    assert (since.revision, since.added, since.removed) == (4, (pid(1),), ())
    assert catalog.changes(2) == since
    catalog.remove([pid(1)])
    catalog.remove([pid(2)])
    since = catalog.changes(2)
    assert (since.revision, since.added, since.removed) == (6, (), tuple(sorted((pid(1), pid(2)))))
    assert catalog.changes(6).added == catalog.changes(6).removed == ()


# Features ------------------------------------------------------------------------------------------


def test_missing_features_are_put_and_counted(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(0), bare(1), bare(2)])
    assert catalog.missing(SMALL).tolist() == sorted((pid(1), pid(2)))
    assert catalog.feature_counts() == {SMALL.key: 1, LARGE.key: 1}
    catalog.put_features(SMALL, {pid(1): CODE, pid(9): CODE})
    assert catalog.missing(SMALL).tolist() == [pid(2)]
    catalog.put_features(LARGE, {pid(1): LARGE.layout.empty(), pid(2): LARGE.layout.empty()})
    assert catalog.missing(LARGE).size == 0  # no rows is an answer: this picture cannot be compared
    assert catalog.feature_counts() == {SMALL.key: 2, LARGE.key: 3}
    assert catalog.missing(FeatureSpec("new-v1", SMALL.layout, small=True)).tolist() == catalog.ids().tolist()


def test_fetch_keeps_the_order_asked_for(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(number) for number in range(1, 6)])
    catalog.add([bare(9)])
    asked = [5, 9, 3, 77, 1, 5, 4]
    batch = catalog.fetch(np.array([pid(number) for number in asked]), SMALL)
    assert batch.counts.tolist() == [1, 0, 1, 0, 1, 1, 1]
    assert batch.rows.tolist() == [5, 3, 1, 5, 4]
    points = catalog.fetch(np.array([pid(number) for number in asked]), LARGE)
    assert points.counts.tolist() == [2, 0, 0, 0, 1, 2, 1]
    assert points[4].tolist() == [[1, 1, 1, 1]]
    assert len(catalog.fetch(np.empty(0, np.int64), LARGE)) == 0


def test_more_ids_than_one_statement_takes(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    numbers = np.random.default_rng(5).permutation(MANY).tolist()
    assert catalog.add([picture(number) for number in range(MANY)]).added == MANY
    ids = np.array([pid(number) for number in numbers])
    assert list(catalog.pictures(ids)) == ids.tolist()
    assert catalog.fetch(ids, SMALL).rows.tolist() == numbers
    addresses = [f"/pictures/{number}.png" for number in numbers]
    assert catalog.known_sources("file", addresses) == dict(zip(addresses, ids.tolist(), strict=True))
    assert catalog.remove(ids) == MANY
    assert catalog.count() == 0
    assert len(catalog.changes(0).removed) == MANY


def test_damaged_features_are_an_error_that_names_them(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1), picture(2)])
    sql(catalog, "UPDATE small_features SET data = x'010203' WHERE picture_id = ?", pid(2))
    assert catalog.fetch(np.array([pid(1)]), SMALL).rows.tolist() == [1]
    with pytest.raises(CatalogError, match=f"{SMALL.key} of picture {pid(2)}"):
        catalog.fetch(catalog.ids(), SMALL)


def test_removing_leaves_nothing_behind(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1, original=b"kept"), picture(2, original=b"kept too")])
    assert catalog.remove([pid(1), pid(1), pid(7)]) == 1
    seen = []
    for table, its_columns in columns(catalog).items():
        column = "id" if table == "pictures" else "picture_id"
        if column in its_columns and table != "removals":
            seen.append(table)
            left = sql(catalog, f"SELECT {column} FROM {table}")  # noqa: S608 (names of the schema itself)
            assert left == [(pid(2),)], table
    assert len(seen) == 6
    assert catalog.thumbnail(pid(1)) is catalog.original(pid(1)) is None
    assert catalog.original(pid(2)) == b"kept too"
    assert catalog.pictures([pid(1)]) == {}
    assert_sound(catalog)


# Opening -------------------------------------------------------------------------------------------


@pytest.mark.of_files
def test_a_catalog_is_found_again_under_its_location(
    make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_catalog()
    first.add([picture(1)])
    with closing(open_catalog(first.location)) as second:
        assert second.ids().tolist() == [pid(1)]
    folder = Path(first.location).parent
    monkeypatch.chdir(folder)
    with closing(SqliteCatalog(":memory:")) as relative:  # a file like any other
        monkeypatch.chdir(folder.parent)
        relative.add([picture(2)])
    with closing(SqliteCatalog(folder / ":memory:", must_exist=True)) as again:
        assert again.ids().tolist() == [pid(2)]


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="There is no catalog at"):
        open_catalog(str(tmp_path / "none.sqlite"))
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(CatalogError, match="There is no catalog at"):
        SqliteCatalog(tmp_path / "empty.sqlite", must_exist=True)
    with pytest.raises(CatalogError, match="does not exist"):
        SqliteCatalog(tmp_path / "no" / "folder" / "catalog.sqlite")
    with pytest.raises(CatalogError, match="is a folder"):
        SqliteCatalog(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.sqlite"]


def test_files_of_others_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.sqlite"
    text.write_text("These are notes, and no database at all.\n" * 50)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE pictures (id INTEGER PRIMARY KEY, sha256 BLOB)")
    marked = tmp_path / "marked.sqlite"
    with closing(sqlite3.connect(marked)) as db:
        db.execute("PRAGMA application_id = 1196444487")  # a GeoPackage, still empty
    for path, message in ((text, "no SQLite file"), (other, "no PicTrace catalog"), (marked, "no PicTrace catalog")):
        before = path.read_bytes()
        for must_exist in (True, False):
            with pytest.raises(CatalogError, match=message):
                SqliteCatalog(path, must_exist=must_exist)
        assert path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marked.sqlite", "notes.sqlite", "other.sqlite"]


@pytest.mark.of_files
def test_a_newer_schema_is_refused(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    sql(catalog, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(CatalogError, match="newer PicTrace"):
        open_catalog(catalog.location)


def test_a_closed_catalog_says_so(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    catalog.close()
    catalog.close()
    with pytest.raises(CatalogError, match="was closed"):
        catalog.count()
    assert not Path(f"{catalog.location}-wal").exists()  # one whole file, that can be copied


@pytest.mark.of_files
def test_damage_in_the_file_is_noticed(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(number, original=bytes(20_000)) for number in range(40)])
    assert catalog.intact()
    catalog.close()
    path = Path(catalog.location)
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 16384):
        data[page * 16384 : page * 16384 + 64] = b"\xa5" * 64
    path.write_bytes(data)
    damaged = make_catalog(must_exist=True)
    try:
        assert not damaged.intact()
    except CatalogError as error:
        assert "damaged" in str(error)  # noqa: PT017 (either answer will do)
    with pytest.raises(CatalogError, match="damaged"):
        damaged.pictures([pid(number) for number in range(40)])


@pytest.mark.of_files
def test_a_full_disk_leaves_what_was_saved(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    assert isinstance(catalog, SqliteCatalog)
    (pages,) = sql(catalog, "PRAGMA page_count")[0]
    with catalog._connections.borrow() as db:  # the only connection, which the next write takes again
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CatalogError, match="no room left"):
        catalog.add([picture(2, original=bytes(1_000_000))])
    assert catalog.ids().tolist() == [pid(1)]
    assert_sound(catalog)


@pytest.mark.of_files
def test_another_programs_lock_is_named(make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connections, "BUSY_TIMEOUT_S", 0.01)
    catalog = make_catalog()
    with closing(sqlite3.connect(catalog.location, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        assert catalog.count() == 0  # reading goes on
        with pytest.raises(CatalogError, match="being written by another program"):
            catalog.add([picture(1)])
    assert catalog.add([picture(1)]).added == 1


# Threads and processes -----------------------------------------------------------------------------


@pytest.mark.slow
def test_many_open_one_new_catalog_at_once(tmp_path: Path) -> None:
    threads = 4
    for number in range(25):
        path = tmp_path / f"{number}.sqlite"
        barrier = threading.Barrier(threads)

        def opened(path: Path = path, barrier: threading.Barrier = barrier) -> int:
            barrier.wait(30)
            with closing(SqliteCatalog(path)) as catalog:
                return catalog.revision()

        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(opened) for _ in range(threads)]
            assert [future.result() for future in futures] == [0] * threads


def test_eight_threads_read_and_write_at_once(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    threads, rounds = 8, 12
    barrier = threading.Barrier(threads)

    def work(thread: int) -> None:
        barrier.wait(30)
        revision = 0
        for number in range(rounds):
            own, common, passing = 1000 + thread * 100 + number, number, 5000 + thread * 100 + number
            catalog.add([picture(own), picture(common), picture(passing)])
            assert catalog.remove([pid(passing)]) == 1
            ids = catalog.ids()
            assert pid(own) in ids
            assert pid(passing) not in ids
            batch = catalog.fetch(ids, SMALL)
            records = catalog.pictures(ids)
            assert all(record.sources for record in records.values())
            # What another thread removed meanwhile may have no features; what is still there has them.
            assert all(rows == 1 for one, rows in zip(ids.tolist(), batch.counts, strict=True) if one in records)
            assert len(records) >= number + 1
            before, revision = revision, catalog.revision()
            assert revision > before

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work, thread) for thread in range(threads)]:
            future.result()
    expected = {pid(number) for number in range(rounds)}
    expected |= {pid(1000 + thread * 100 + number) for thread in range(threads) for number in range(rounds)}
    assert set(catalog.ids().tolist()) == expected
    # Every add brought a picture of its own, and every remove took one.
    assert catalog.revision() == threads * rounds * 2
    assert_sound(catalog)


def add_range(path: str, first: int, last: int, ready: object, results: object) -> None:
    """In a process of its own: how many of its batches changed something."""
    with closing(SqliteCatalog(path)) as catalog:
        ready.wait(60)  # type: ignore[attr-defined]
        changed = 0
        for start in range(first, last, 5):
            changed += catalog.add([picture(number) for number in range(start, start + 5)]).added > 0
        results.put(changed)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_two_processes_write_overlapping_pictures(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    path, ready, results = tmp_path / "shared.sqlite", context.Barrier(2), context.Queue()
    ranges = ((0, 200), (100, 300))
    processes = [context.Process(target=add_range, args=(str(path), *one, ready, results)) for one in ranges]
    for process in processes:
        process.start()
    changed = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    results.close()
    with closing(SqliteCatalog(path, must_exist=True)) as catalog:
        assert set(catalog.ids().tolist()) == {pid(number) for number in range(300)}
        assert catalog.missing(SMALL).size == catalog.missing(LARGE).size == 0
        assert catalog.revision() == sum(changed)
        assert len(catalog.changes(0).added) == 300
        assert_sound(catalog)


# Features in memory --------------------------------------------------------------------------------


class Counted(SqliteCatalog):
    """Counts what is read of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lists = 0
        self.fetched: list[str] = []

    def ids(self) -> NDArray[np.int64]:
        self.lists += 1
        return super().ids()

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        self.fetched.append(spec.key)
        return super().fetch(ids, spec)


def hashed(number: int) -> NewPicture:
    features: dict[FeatureSpec, Features] = {
        PHash().spec: np.array([number], np.uint64),
        LayoutSsim().spec: np.full((1, 32, 32), number, np.uint8),
    }
    return NewPicture(sha_of(number), "PNG", 1, 1, 1, b"t", (), features=features)


@pytest.mark.of_files
def test_features_in_memory_follow_the_catalog(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    other = make_catalog()
    other.add([hashed(1), hashed(2)])
    metric, second = PHash(), LayoutSsim()
    with closing(Counted(Path(other.location))) as catalog:
        cache = FeatureCache(catalog)
        first = cache.all([metric])
        assert (first.revision, first.ids.tolist()) == (1, sorted((pid(1), pid(2))))
        assert first.batches["phash"].counts.tolist() == [1, 1]
        assert cache.all([metric]).batches["phash"] is first.batches["phash"]
        assert (catalog.lists, catalog.fetched) == (1, [metric.feature_key])
        both = cache.all([metric, second])  # only what is not there yet is read
        assert both.batches[second.name].counts.tolist() == [1, 1]
        assert (catalog.lists, catalog.fetched) == (1, [metric.feature_key, second.feature_key])
        other.add([hashed(3)])
        later = cache.all([metric])
        assert (later.revision, len(later.ids)) == (2, 3)
        assert dict(zip(later.ids.tolist(), later.batches["phash"].rows.tolist(), strict=True)) == {
            pid(number): number for number in (1, 2, 3)
        }
        assert (len(first.ids), len(first.batches["phash"])) == (2, 2)  # what was handed out stays as it was
        assert catalog.lists == 2


def test_features_in_memory_are_read_once_for_many_threads(tmp_path: Path) -> None:
    threads = 8
    with closing(Counted(tmp_path / "catalog.sqlite")) as catalog:
        catalog.add([hashed(number) for number in range(50)])
        cache, barrier = FeatureCache(catalog), threading.Barrier(threads)

        def work() -> tuple[int, int]:
            barrier.wait(30)
            snapshot = cache.all([PHash()])
            return snapshot.revision, len(snapshot.batches["phash"])

        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(work) for _ in range(threads)]
            assert [future.result() for future in futures] == [(1, 50)] * threads
        assert (catalog.lists, len(catalog.fetched)) == (1, 1)


def test_features_in_memory_survive_damage_that_is_mended(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([hashed(1), hashed(2)])
    cache = FeatureCache(catalog)
    sql(catalog, "UPDATE small_features SET data = x'01' WHERE picture_id = ?", pid(1))
    for _ in range(2):
        with pytest.raises(CatalogError, match="damaged"):
            cache.all([PHash()])
    catalog.remove([pid(1)])
    assert cache.all([PHash()]).ids.tolist() == [pid(2)]


def test_a_forgotten_catalog_closes_its_connections(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    connections = catalog._connections
    assert isinstance(connections, _connections.Connections)
    idle = connections._idle
    (connection,) = idle
    del catalog, connections
    gc.collect()
    assert idle == []
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


@pytest.mark.of_files
def test_a_store_knows_its_files_by_whatever_name(make_catalog: MakeCatalog, tmp_path: Path) -> None:
    catalog = make_catalog()
    path = Path(catalog.location)
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    hard = tmp_path / "hard.sqlite"
    hard.hardlink_to(path)
    assert all(map(catalog.occupies, (path, link, hard, Path(f"{path}-wal"))))
    assert not catalog.occupies(tmp_path / "other.sqlite")
    assert catalog.byte_count >= path.stat().st_size > 0


def test_a_deleted_catalog_leaves_nothing(tmp_path: Path) -> None:
    location = str(tmp_path / "c.sqlite")
    assert last_written(location) == 0
    with closing(open_catalog(location, must_exist=False)) as catalog:
        assert catalog.cache_folder is not None
        catalog.cache_folder.mkdir()
        assert last_written(location) > 0
    for _ in range(2):
        delete_catalog(location)
        assert not list(tmp_path.iterdir())
