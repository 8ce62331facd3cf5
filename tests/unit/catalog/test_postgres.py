"""What is PostgreSQL's own: addresses without secrets, connections that drop, poolers, many at once, and copying."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog._postgres_connections import PostgresConnections
from pictrace.catalog.address import is_postgres, parsed
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.copying import Copying
from pictrace.catalog.records import Decision, FileSource, NewPicture, Source, digest, image_id
from pictrace.cli import main
from pictrace.errors import CatalogError, UsageError
from pictrace.features import Features, FeatureSpec, Layout
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item
from tests.postgres_server import PASSWORD, PostgresServer, free_port, sql_on_server, unprivileged

MakeCatalog = Callable[..., Catalog]
CODE = FeatureSpec("code-v1", Layout(np.dtype(np.uint64), ()), small=True)
POINTS = FeatureSpec("points-v1", Layout(np.dtype(np.uint8), (4,)), small=False)


def pid(number: int) -> int:
    return image_id(digest(b"%d" % number))


def picture(number: int) -> NewPicture:
    sources = [Source("file", f"/{number}.png", "", {"n": str(number)}), Source("file", f"/copy/{number}.png")]
    points = np.full((number % 3, 4), number % 256, np.uint8)
    features: dict[FeatureSpec, Features] = {CODE: np.array([number], np.uint64), POINTS: points}
    original = b"kept %d" % number if number % 2 else None
    return NewPicture(digest(b"%d" % number), "PNG", 4, 3, 9, b"t%d" % number, sources, original, features)


# Addresses -------------------------------------------------------------------------------------------


def test_an_address_is_shown_without_its_secrets() -> None:
    address = parsed("postgresql://me:p%40ss%2Fword@db.example.org:5433/art?sslmode=verify-full&sslpassword=hush-hush")
    assert address.shown == "postgresql://me@db.example.org:5433/art?sslmode=verify-full"
    assert dict(address.secrets) == {"password": "p@ss/word", "sslpassword": "hush-hush"}
    assert address.title == "art"
    assert repr(address) == f"Address({address.shown})"
    said = address.scrubbed('could not connect as "p@ss/word"\n\tor p%40ss%2Fword')
    assert said == 'could not connect as "…" or …'
    assert parsed(address.shown).secrets == address.secrets  # in this process, it opens again
    assert parsed("postgres:///art").shown == "postgresql:///art"
    assert is_postgres("POSTGRES://x")
    assert not is_postgres("postgresql.sqlite")
    assert not is_postgres("c:/postgresql/x.sqlite")


@pytest.mark.parametrize(
    "location",
    ["postgresql://me:se@cret@h/db", "postgresql://me:se/cret@h/db", "postgresql://me:se#cret@h/db",
     "postgresql://me:secret@h/db?sslmod=cret", "postgresql://me:se?cret@h/db", "postgresql://[me:secret@h/db"],
)  # fmt: skip
def test_what_is_not_understood_is_not_quoted(location: str) -> None:
    with pytest.raises(CatalogError, match="The address of the PostgreSQL catalog") as raised:
        parsed(location)
    assert "cret" not in str(raised.value)


def test_no_message_tells_the_password(postgres_server: PostgresServer) -> None:
    good = postgres_server.new_database()
    wrong = {
        good.replace("pictrace:", "nobody:"): "cannot be reached",
        good + "none": "does not exist",
        good.replace(str(postgres_server.port), str(free_port())): "cannot be reached",
        good + "?sslmode=require": "SSL",  # a mode that this server cannot give is refused, and not left out
        good: "There is no catalog",
    }
    for location, why in wrong.items():
        with pytest.raises(CatalogError, match=why) as raised:
            open_catalog(location)
        text = f"{raised.value!r} {raised.value.__cause__!r}"
        assert PASSWORD not in text
        assert "s3cret" not in text


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pictrace.catalog.postgres", None)
    with pytest.raises(CatalogError, match=r"pip install 'pictrace\[postgres\]'"):
        open_catalog("postgresql://h/db")


# Connections -----------------------------------------------------------------------------------------


@pytest.fixture
def catalog(postgres_server: PostgresServer) -> Iterator[Catalog]:
    with closing(open_catalog(postgres_server.new_database(), must_exist=False)) as one:
        yield one


def cut(catalog: Catalog) -> None:
    """End all its connections, as a server that restarts does."""
    sql_on_server(catalog.location, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                  "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip


def test_a_connection_that_dropped_between_transactions_is_made_again(catalog: Catalog) -> None:
    with ThreadPoolExecutor(4) as pool:  # so that several idle ones die
        list(pool.map(lambda number: catalog.add([picture(number)]), range(8)))
    cut(catalog)
    assert catalog.count() == 8
    cut(catalog)
    assert catalog.add([picture(9)]).added == 1
    cut(catalog)
    with catalog.at_one_moment() as frozen:
        assert frozen.count() == 9


def count_while_cut(catalog: Catalog) -> None:
    with catalog.at_one_moment() as frozen:
        cut(catalog)
        frozen.count()


def test_inside_a_transaction_it_is_an_error_and_nothing_of_it_stays(catalog: Catalog) -> None:
    catalog.add([picture(1)])

    class Cutting(Layout):
        def pack(self, features: object) -> bytes:
            cut(catalog)
            return b""

    with pytest.raises(CatalogError, match="cannot be reached"):
        catalog.put_features(FeatureSpec("x-v1", Cutting(np.dtype(np.uint8), ()), small=True), {pid(1): np.empty(0)})
    assert (catalog.count(), catalog.revision(), "x-v1" in catalog.feature_counts()) == (1, 1, False)
    with pytest.raises(CatalogError, match="cannot be reached"):
        count_while_cut(catalog)
    assert catalog.count() == 1


def test_a_catalog_that_was_dropped_is_not_in_place(catalog: Catalog) -> None:
    assert catalog.in_place()
    sql_on_server(catalog.location, "DROP SCHEMA pictrace CASCADE")
    assert not catalog.in_place()


def test_a_newer_schema_and_a_reader_that_may_not_write(catalog: Catalog) -> None:
    sql_on_server(catalog.location, "ALTER ROLE pictrace SET default_transaction_read_only = on")
    try:
        with closing(open_catalog(catalog.location)) as reader:
            assert not reader.writable
            with pytest.raises(CatalogError, match="cannot be written"):
                reader.add([picture(1)])
    finally:
        sql_on_server(catalog.location, "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; COMMIT; "
                      "BEGIN READ WRITE; ALTER ROLE pictrace RESET default_transaction_read_only")  # fmt: skip
    sql_on_server(catalog.location, "UPDATE identity SET version = 99")
    with pytest.raises(CatalogError, match="newer PicTrace"):
        open_catalog(catalog.location)


def test_a_reader_of_an_older_schema_finds_the_same_and_a_writer_brings_it_up_to_date(catalog: Catalog) -> None:
    catalog.add([picture(number) for number in range(3)])
    found = catalog.page(text="COPY/1")
    assert found[1] == 1
    sql_on_server(catalog.location, "ALTER TABLE sources DROP COLUMN sought")
    sql_on_server(catalog.location, "UPDATE identity SET version = 3")
    sql_on_server(catalog.location, "ALTER TABLE identity OWNER TO pg_monitor")
    with closing(open_catalog(catalog.location)) as reader:
        assert reader.page(text="COPY/1") == found
    sql_on_server(catalog.location, "ALTER TABLE identity OWNER TO pictrace")
    with closing(open_catalog(catalog.location)) as writer:
        assert writer.page(text="COPY/1") == found
        (row,) = sql_on_server(catalog.location, "SELECT version, count(sought) FROM identity, sources GROUP BY 1")
        assert row == (4, 6)


def test_nobody_sees_a_revision_before_the_one_below_it(catalog: Catalog, postgres_server: PostgresServer) -> None:
    """Readers that follow changes(since) while four write see every picture once."""
    seen, since, writers = list[int](), 0, 4

    def write(writer: int) -> None:
        with closing(open_catalog(catalog.location)) as own:
            for number in range(10):
                own.add([picture(writer * 100 + number)])

    with ThreadPoolExecutor(writers) as pool:
        futures = [pool.submit(write, writer) for writer in range(writers)]
        done = False
        while not done:
            done = all(future.done() for future in futures)
            changes = catalog.changes(since)
            seen += changes.added
            since = changes.revision
        for future in futures:
            future.result()
    assert sorted(seen) == sorted(pid(writer * 100 + number) for writer in range(writers) for number in range(10))
    assert since == 40


# A pooler --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pooler(postgres_server: PostgresServer) -> Iterator[int]:
    """The port of a PgBouncer that gives each transaction another connection."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("there is no PgBouncer here (apt-get install pgbouncer)")
    folder, port = Path(tempfile.mkdtemp(prefix="pictrace-pooler-")), free_port()
    before = unprivileged(folder)
    (folder / "users.txt").write_text(f'"pictrace" "{PASSWORD}"\n')
    (folder / "b.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={postgres_server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {folder}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 3\nserver_reset_query_always = 1\n"
    )
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        process = subprocess.Popen([*before, program, folder / "b.ini"], stderr=subprocess.PIPE, text=True, cwd=folder)
        stack.callback(process.communicate, timeout=10)
        stack.callback(process.kill)
        assert process.stderr is not None
        for line in process.stderr:
            if "process up" in line:
                break
        yield port


def test_behind_a_pooler_in_transaction_mode(pooler: int, postgres_server: PostgresServer) -> None:
    location = postgres_server.new_database().replace(f":{postgres_server.port}/", f":{pooler}/")
    with closing(open_catalog(location, must_exist=False)) as catalog, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: catalog.add([picture(number), picture(number + 1)]), range(40)))
        assert catalog.count() == len(catalog.changes(0).added) == 41
        assert catalog.revision() <= 40  # an add that brought nothing new counts for none
        assert catalog.fetch(np.array([pid(3), pid(1)]), CODE).rows.tolist() == [3, 1]
        with catalog.at_one_moment() as frozen:
            catalog.remove([pid(0)])
            assert (frozen.count(), catalog.count()) == (41, 40)
        assert catalog.page(text="COPY/7", order="name")[1] == 1
        assert catalog.ids_with({"n": ["5"]}).tolist() == [pid(5)]


def test_statements_are_prepared_only_where_the_server_itself_answers(
    pooler: int, postgres_server: PostgresServer
) -> None:
    location = postgres_server.new_database()
    for port, is_direct in ((postgres_server.port, True), (pooler, False)):
        connections = PostgresConnections(parsed(location.replace(f":{postgres_server.port}/", f":{port}/")))
        with closing(connections):
            for _ in range(3):
                with connections.borrow() as db:
                    db.execute("SELECT count(*) FROM pg_class").fetchone()
            with connections.borrow() as db:
                (row,) = db.execute("SELECT count(*) FROM pg_prepared_statements").fetchall()
        assert (row[0] > 0) == is_direct


# Killed writers --------------------------------------------------------------------------------------


def write_until_killed(location: str, ready: object) -> None:
    with closing(open_catalog(location)) as catalog:
        for number in range(10_000):
            catalog.add([picture(number)])
            if number == 5:
                ready.set()  # type: ignore[attr-defined]  # an Event of a context


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_whole_pictures_and_holds_up_nobody(postgres_server: PostgresServer) -> None:
    context = multiprocessing.get_context("spawn")
    location = postgres_server.new_database()
    with closing(open_catalog(location, must_exist=False)) as catalog:
        ready = context.Event()
        process = context.Process(target=write_until_killed, args=(location, ready))
        process.start()
        assert ready.wait(60)
        process.kill()
        process.join(60)
        assert catalog.add([picture(20_000)]).added == 1
        assert catalog.revision() == catalog.count() >= 6
        assert catalog.missing(CODE).size == catalog.missing(POINTS).size == 0
        assert catalog.intact()


# Copying, and the same everywhere ----------------------------------------------------------------------


def filled(catalog: Catalog) -> Catalog:
    catalog.add([picture(number) for number in range(70)])
    catalog.add([NewPicture(digest(b"bare"), "GIF", 1, 1, 1, b"t", (Source("upload", "é.gif", "é"),))])
    catalog.mark_files([FileSource(pid(4), "/4.png", "gone")])
    catalog.decide([Decision(pid(1), pid(2), "same", "2026-01-01T00:00:00+00:00", "said so")])
    return catalog


def told(catalog: Catalog) -> list[object]:
    """All that can be seen of a catalog, whichever store it is."""
    ids = catalog.ids()
    blobs = [(catalog.thumbnail(one), catalog.original(one)) for one in ids.tolist()]
    rows = [catalog.fetch(ids, spec).rows.tolist() for spec in (CODE, POINTS)]
    row_counts = [catalog.row_counts(spec)[1].tolist() for spec in (CODE, POINTS)]
    pages = [catalog.page(order=order, limit=100) for order in ("name", "size")]
    some = [catalog.decisions(), set(catalog.files()), catalog.facts(), catalog.metadata_names()]
    return [catalog.pictures(ids), blobs, rows, row_counts, pages, *some]


@pytest.mark.parametrize("way", ["to the server", "from the server", "between files"])
def test_a_copy_is_the_same_and_a_second_run_writes_nothing(
    way: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    if way == "between files":
        locations = [str(tmp_path / "a.sqlite"), str(tmp_path / "b.sqlite")]
    else:
        locations = [str(tmp_path / "a.sqlite"), postgres_server.new_database()]
        locations = locations if way == "to the server" else locations[::-1]
    with ExitStack() as stack:
        first, second = (stack.enter_context(closing(open_catalog(one, must_exist=False))) for one in locations)
        filled(first)
        broken_off = Copying(first, second).steps()
        next(broken_off)
        broken_off.close()
        assert second.count() == 64
        run = Copying(first, second)
        assert list(run.steps()) == [(64, 71), (71, 71)]
        assert (run.copied, run.known) == (7, 64)
        assert told(second) == told(first)
        before = second.revision()
        again = Copying(first, second)
        assert list(again.steps())[-1] == (71, 71)
        assert (again.copied, again.known, second.revision()) == (0, 71, before)
        with pytest.raises(UsageError, match="one and the same"):
            list(Copying(first, first).steps())


def test_a_copy_that_differs_is_told(make_catalog: MakeCatalog) -> None:
    first, second = make_catalog("first"), make_catalog("second")
    first.add([picture(1)])
    other = picture(1)
    second.add([NewPicture(other.sha256, "PNG", 4, 3, 9, b"another thumbnail", other.sources, None, other.features)])
    with pytest.raises(CatalogError, match="is not the same in"):
        list(Copying(first, second).steps())


def test_a_file_is_made_of_the_server_and_holds_the_same(catalog: Catalog, tmp_path: Path) -> None:
    filled(catalog).copy_to(tmp_path / "whole.sqlite")
    with closing(open_catalog(str(tmp_path / "whole.sqlite"))) as whole:
        assert told(whole) == told(catalog)


def test_scores_and_ranks_are_those_of_sqlite(catalog: Catalog, photographs: dict[str, bytes], tmp_path: Path) -> None:
    with closing(open_catalog(str(tmp_path / "a.sqlite"), must_exist=False)) as file:
        Indexing(file, [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]).run()
        list(Copying(file, catalog).steps())
        query = prepare_query(photographs["coffee.png"])
        tables = [score(query, FeatureCache(one)) for one in (file, catalog)]
        for name in ("ids", "similarity", "raw"):
            np.testing.assert_array_equal(*(getattr(one, name) for one in tables))
        criteria = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})
        assert tables[0].rank(criteria) == tables[1].rank(criteria)


@pytest.mark.slow
def test_on_the_command_line(
    postgres_server: PostgresServer, photographs: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every command that takes a catalog takes an address, and none of them shows its password."""
    (tmp_path / "in").mkdir()
    for name in ("coffee.png", "camera.png"):
        (tmp_path / "in" / name).write_bytes(photographs[name])
    location, picture_file = postgres_server.new_database(), str(tmp_path / "in" / "coffee.png")
    at = ["--catalog", location]
    commands: list[tuple[int, list[str]]] = [
        (1, ["info", *at]),  # there is none yet
        (0, ["index", str(tmp_path / "in"), *at, "--no-calibrate"]),
        (0, ["info", *at, "--check"]),
        (0, ["search", picture_file, *at, "--json"]),
        (0, ["export", *at, "--features", str(tmp_path / "f.npz"), "--list", str(tmp_path / "l.csv")]),
        (0, ["rebuild", *at]),
        (0, ["calibrate", *at]),
        (0, ["copy", location, str(tmp_path / "copy.sqlite")]),
        (0, ["copy", location, str(tmp_path / "copy.sqlite"), "--json"]),
        (1, ["duplicates", *at, "--json"]),
        (2, ["copy", location, location]),
        (2, ["index", location, *at]),
        (2, ["merge", location, *at]),
    ]
    outputs = dict[str, str]()
    for status, command in commands:
        given = main(command)
        output = capfd.readouterr()
        said = output.out + output.err
        assert "s3cret" not in said, command
        assert given == status, (command, said)
        outputs[command[0]] = outputs.get(command[0], "") + said
    assert "2 copied, 0 known" in outputs["copy"]
    assert "pictrace copy FROM TO" in outputs["merge"]
    assert "sound" in outputs["info"]


def test_what_no_text_of_the_database_holds_is_replaced_in_what_is_told_of_a_picture(
    postgres_server: PostgresServer,
) -> None:
    told = Source("file", "/a.png", "a\0b", {"k\ud800": "v\0", "n": "1"})
    with closing(open_catalog(postgres_server.new_database(), must_exist=False)) as catalog:
        catalog.add([NewPicture(digest(b"a"), "PNG", 4, 3, 9, b"t", [told])])
        (kept,) = catalog.pictures([image_id(digest(b"a"))])[image_id(digest(b"a"))].sources
        assert (kept.title, dict(kept.metadata)) == ("a\ufffdb", {"k\ufffd": "v\ufffd", "n": "1"})
        assert catalog.add_sources({image_id(digest(b"a")): [told]}) == 0
