"""A catalog in a PostgreSQL database; needs the extra "postgres"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any, cast

import psycopg

from pictrace.catalog._browsing import holding
from pictrace.catalog._database import Database
from pictrace.catalog._postgres_connections import SCHEMA, PostgresConnections, PostgresDatabase, PostgresPinned
from pictrace.catalog._postgres_leases import PostgresLeases
from pictrace.catalog._postgres_schema import SOUGHT_SINCE, prepare
from pictrace.catalog._sql import SqlCatalog
from pictrace.catalog._stored import feature_table
from pictrace.catalog._writer import Writer, require_same, writing
from pictrace.catalog.address import Address, parsed
from pictrace.catalog.copying import Copying
from pictrace.catalog.leases import LASTING_S, Leases
from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.features import Features, FeatureSpec
from pictrace.folders import cache_folder
from pictrace.told import told

__all__ = ["PostgresCatalog"]

_UNKEPT, _SIGN = re.compile("[\0\ud800-\udfff]"), "\N{REPLACEMENT CHARACTER}"
_LOWERED = str.maketrans(ascii_uppercase, ascii_lowercase)  # as the column is, whose collation is "C"
_BLOBS = ("thumbnails", "originals", "small_features", "large_features")


class PostgresCatalog(SqlCatalog):
    """See pictrace.catalog.base.Catalog. A forked process must open one of its own."""

    def __init__(self, location: str, *, must_exist: bool = False) -> None:
        """Open the catalog, or make an empty one; CatalogError where neither is possible."""
        address = parsed(location)
        connections = PostgresConnections(address)
        try:
            with connections.borrow() as db:
                version = prepare(db.connection, address, must_exist=must_exist)
            self._open(address, connections)
            self._has_sought = version >= SOUGHT_SINCE
            self._identity = super().identity
        except BaseException:
            connections.close()
            raise

    def _open(self, address: Address, connections: PostgresConnections | PostgresPinned) -> None:
        self._address, self._server = address, connections
        super().__init__(address.shown, connections)

    @property
    def location(self) -> str:
        """Without the password, which this process remembers."""
        return self._address.shown

    @property
    def title(self) -> str:
        return self._address.title

    @property
    def identity(self) -> str:
        return self._identity

    def in_place(self) -> bool:
        """Whether the database holds the tables that were opened; where nobody answers, the next question tells."""
        try:
            with self._connections.borrow() as db:
                is_there = db.execute(f"SELECT to_regclass('{SCHEMA}.identity') IS NOT NULL").fetchone()[0]
            return is_there and super().identity == self._identity
        except CatalogError:
            return True

    @property
    def writable(self) -> bool:
        with self._connections.borrow() as db:
            row = db.execute(
                f"SELECT has_table_privilege('{SCHEMA}.pictures', 'INSERT') AND NOT pg_is_in_recovery() "
                "AND current_setting('default_transaction_read_only') = 'off'"
            ).fetchone()
        return bool(row[0])

    @property
    def byte_count(self) -> int:
        """Of its tables and indexes on the server."""
        with self._connections.borrow() as db:
            row = db.execute(
                "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class AS c "  # noqa: S608 (our own name)
                f"WHERE c.relkind = 'r' AND c.relnamespace = '{SCHEMA}'::regnamespace"
            ).fetchone()
        return int(row[0])

    @property
    def cache_folder(self) -> Path | None:
        """In this user's cache folder, by the catalog's own name."""
        folder = cache_folder() / "postgres"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / self.identity

    def occupies(self, path: Path) -> bool:
        """No file of this machine."""
        return False

    def intact(self) -> bool:
        """Whether all that is kept can be read, and every picture is called after its digest."""
        try:
            with self._connections.snapshot() as db:
                for table in _BLOBS:
                    db.execute(f"SELECT count(md5(data)) FROM {table}").fetchone()  # noqa: S608 (our own names)
                pictures = db.execute("SELECT id, sha256 FROM pictures").fetchall()
        except CatalogError:
            return False
        return all(len(sha256) == 32 and int.from_bytes(sha256[:8], "big") >> 1 == one for one, sha256 in pictures)

    def copy_to(self, path: Path) -> None:
        """A SQLite catalog."""
        if path.exists():
            raise CatalogError(told("There is {path} already. Name a new file.", path=path))
        with closing(SqliteCatalog(path)) as copy:
            copy.keep(self.keeping)
            for _ in Copying(self, copy).steps():
                pass

    @contextmanager
    def at_one_moment(self) -> Iterator[PostgresCatalog]:
        with self._server.snapshot() as db:
            db.execute("SELECT value FROM revision").fetchone()  # what is read first says which moment it is
            view = PostgresCatalog.__new__(PostgresCatalog)
            view._identity, view._has_sought = self._identity, self._has_sought
            view._open(self._address, PostgresPinned(self._server, db))
            yield view

    def leases(self, lasting_s: float = LASTING_S) -> Leases | None:
        """None in a catalog of an older schema that this user may not change."""
        with self._connections.borrow() as db:
            is_there = db.execute(f"SELECT to_regclass('{SCHEMA}.leases') IS NOT NULL").fetchone()[0]
        return PostgresLeases(self._server, lasting_s) if is_there else None

    def _holding(self, text: str) -> tuple[str, list[str]]:
        """In one column with all of a source's texts, one a line, where it is there, and the text is of one line."""
        if not self._has_sought or "\n" in text:
            return holding(text)
        return "strpos(sought, ?) > 0", [text.translate(_LOWERED)]

    @contextmanager
    def _write(self) -> Iterator[Writer]:
        with self._server.borrow() as db, writing(db, _PostgresWriter) as writer:
            yield writer


def _storable(source: Source) -> Source:
    """With a sign in the place of what PostgreSQL keeps in no text, NUL and halves of surrogate pairs."""
    told = {_UNKEPT.sub(_SIGN, name): _UNKEPT.sub(_SIGN, value) for name, value in source.metadata.items()}
    return replace(source, title=_UNKEPT.sub(_SIGN, source.title), metadata=told)


def _are_plain(sources: Sequence[Source]) -> bool:
    """Whether no link is to be noted, and none is named twice."""
    named = {(one.kind, one.address) for one in sources}
    return len(named) == len(sources) and all(one.kind != "link" for one in sources)


class _PostgresWriter(Writer):
    """What is added goes to the server by the batch: each statement waits for its answer. Metadata are joined here."""

    def __init__(self, db: Database, revision: int) -> None:
        super().__init__(db, revision)
        self._aside: dict[FeatureSpec, dict[int, bytes]] = {}

    def add_all(self, pictures: Sequence[NewPicture]) -> int:
        rows = self._db.execute(
            "SELECT id, sha256 FROM pictures WHERE id = ANY(?::bigint[])", ([one.id for one in pictures],)
        ).fetchall()
        known = {one: bytes(sha256) for one, sha256 in rows}
        new: dict[int, NewPicture] = {}
        for one in pictures:
            if one.id not in known:
                new[one.id] = one
            require_same(one, known.setdefault(one.id, one.sha256))
        self._insert(list(new.values()))
        together: list[tuple[object, ...]] = []
        for one in pictures:
            if new.get(one.id) is one and _are_plain(one.sources):
                together += [
                    (one.id, some.kind, some.address, some.title, json.dumps(dict(some.metadata)))
                    for some in map(_storable, one.sources)
                ]
                continue
            self._insert_sources(together)  # those of before come first
            together = []
            self.add_sources(one.id, one.sources)
        self._insert_sources(together)
        for one in pictures:
            self._put_all(one)
        return len(new)

    def _insert_sources(self, rows: Sequence[Sequence[object]]) -> None:
        self._db.executemany(
            "INSERT INTO sources (picture_id, kind, address, title, metadata) VALUES (?, ?, ?, ?, ?)", rows
        )

    def add_sources(self, picture_id: int, sources: Sequence[Source]) -> int:
        return super().add_sources(picture_id, [_storable(one) for one in sources])

    def put(self, spec: FeatureSpec, picture_id: int, features: Features) -> None:
        if not self.keeping.leaves_out(spec.key):
            self._aside.setdefault(spec, {}).setdefault(picture_id, self._bytes(spec, features))

    def finish(self) -> None:
        for spec, packed in self._aside.items():
            self._copy(spec, packed)

    def _copy(self, spec: FeatureSpec, packed: Mapping[int, bytes]) -> None:
        key, table = self._key_id(spec), feature_table(spec)
        connection: psycopg.Connection[Any] = cast(PostgresDatabase, self._db).connection
        rows = connection.execute(
            (
                f"SELECT id FROM {SCHEMA}.pictures WHERE id = ANY(%s) EXCEPT "  # noqa: S608 (our own names)
                f"SELECT picture_id FROM {SCHEMA}.{table} WHERE key_id = %s AND picture_id = ANY(%s)"
            ),
            (list(packed), key, list(packed)),
        ).fetchall()
        if not rows:
            return
        statement = f"COPY {SCHEMA}.{table} (key_id, picture_id, data) FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["int8", "int8", "bytea"])
            for (one,) in rows:
                copy.write_row((key, one, packed[one]))
        self.changed = True

    def _add_metadata(self, picture_id: int, sources: Sequence[Source]) -> None:
        for one in sources:
            if one.metadata:
                key = (picture_id, one.kind, one.address)
                where = "WHERE picture_id = ? AND kind = ? AND address = ?"
                row = self._db.execute(f"SELECT metadata FROM sources {where}", key).fetchone()  # noqa: S608
                before: dict[str, str] = {} if row is None else json.loads(row[0])
                after = before | dict(one.metadata)
                if row is not None and after != before:
                    self._db.execute(f"UPDATE sources SET metadata = ? {where}", (json.dumps(after), *key))  # noqa: S608
                    self.changed = True
