"""Connections to a PostgreSQL server, in the likeness of sqlite3's; their errors told in plain words.

Nothing here outlives a transaction (no setting, no advisory lock, no LISTEN), so that a pooler may give each
transaction another connection. Statements are prepared only where there is no pooler in between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any, ClassVar, Self, cast

import psycopg
from psycopg import pq
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from pictrace.catalog.address import Address
from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["SCHEMA", "PostgresConnections", "PostgresDatabase", "PostgresPinned"]

SCHEMA = "pictrace"
MAX_CONNECTIONS = 8
WAIT_S = 30
PREPARED_FROM = 2
"""So often a statement comes before it is prepared: planning takes as long as running what is asked of a page."""

CONNECT_TIMEOUT_S = 10

_TABLES = (
    "revision|pictures|removals|sources|feature_keys|small_features|large_features|thumbnails|originals|identity"
    "|links|decisions"
)
# What SQLite says in other words, in the statements that both stores share.
_TRANSLATIONS = (
    # A catalog of before may have no such column, and a reader cannot make one.
    ("SELECT keeping FROM identity", "SELECT to_jsonb(identity) ->> 'keeping' FROM identity"),
    (r" INDEXED BY \w+", ""),
    (r"\bLIKE \?", "ILIKE ?"),  # our columns' collation is "C": the case of ASCII letters alone, as SQLite's LIKE
    (r"SELECT value FROM json_each\(\?\)", "SELECT json_array_elements_text(?::json)"),
    (
        r"EXISTS \(SELECT 1 FROM json_each\(metadata\) WHERE key = \? AND value (IN \(.*?\(.*?\)\))\)",
        r"metadata::json ->> ?::text \1",
    ),
    (rf"\b(FROM|JOIN|INTO|UPDATE|TABLE|REFERENCES|ON) ({_TABLES})\b(?!\.)", rf"\1 {SCHEMA}.\2"),
    ("%", "%%"),
    (r"\?", "%s"),
)
_BEGIN = {
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    # Writers come one after the other, as in SQLite; the numbers of the revision have no gaps, and no late comers.
    "BEGIN IMMEDIATE": f"BEGIN; SET LOCAL lock_timeout = '{WAIT_S}s'; "  # noqa: S608 (our own names)
    "SET LOCAL idle_in_transaction_session_timeout = '300s'; "
    f"SELECT value FROM {SCHEMA}.revision FOR UPDATE",
}


@lru_cache(256)
def _translated(statement: str) -> str:
    for pattern, instead in _TRANSLATIONS:
        statement = re.sub(pattern, instead, statement)
    return statement  # values are never part of it


class PostgresDatabase:
    """One connection, as pictrace.catalog._database.Database."""

    def __init__(self, connection: psycopg.Connection[Any], another: Callable[[], psycopg.Connection[Any]]) -> None:
        self.connection, self._another = connection, another
        self._fresh = True
        self.total_changes = 0

    @property
    def in_transaction(self) -> bool:
        return self.connection.info.transaction_status in {
            pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR, pq.TransactionStatus.ACTIVE
        }  # fmt: skip

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        if statement in _BEGIN:
            if self.in_transaction:
                raise CatalogError(told("This is the catalog of one moment, which nobody changes."))
            return self._first(lambda db: db.execute(_BEGIN[statement]))
        _check(values)
        text = _translated(statement)
        cursor = self._first(lambda db: db.cursor(binary=True).execute(text, values))
        self._count(cursor)
        return cursor

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Any]:
        rows = list(values)
        for row in rows:
            _check(row)
        cursor = self.connection.cursor(binary=True)
        if rows:
            cursor.executemany(_translated(statement), rows)
            self._count(cursor)
        return cursor

    def _count(self, cursor: psycopg.Cursor[Any]) -> None:
        if cursor.description is None and cursor.rowcount > 0:
            self.total_changes += cursor.rowcount

    def _first(self, run: Callable[[psycopg.Connection[Any]], psycopg.Cursor[Any]]) -> psycopg.Cursor[Any]:
        """What fails because the connection died while it was idle is run once more, before anything else was run."""
        fresh, self._fresh = self._fresh, False
        try:
            return run(self.connection)
        except psycopg.OperationalError:
            if not fresh or not self.connection.broken:
                raise
            self.connection = self._another()
            return run(self.connection)


def _check(values: Sequence[Any]) -> None:
    for one in values:
        if isinstance(one, str):
            if "\0" in one:
                raise CatalogError(told("PostgreSQL keeps no text with a NUL sign in it. Rename the file or the key."))
        elif isinstance(one, int) and not -(2**63) <= one < 2**63:
            raise OverflowError


class _FirstConnection(psycopg.Connection[Any]):
    """Hands out what was made before the pool was there, once, and then connections of the usual kind."""

    made: ClassVar[list[psycopg.Connection[Any]]]

    @classmethod
    def connect(cls, *given: Any, **named: Any) -> Self:
        try:
            return cast(Self, cls.made.pop())
        except IndexError:
            return super().connect(*given, **named)


class PostgresConnections:
    """A pool; threads wait where all connections are lent."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._closed = False
        kwargs: dict[str, Any] = {
            "autocommit": True,
            "prepare_threshold": None,
            "client_encoding": "utf8",
            "application_name": "pictrace",
            **({} if "connect_timeout=" in address.shown else {"connect_timeout": CONNECT_TIMEOUT_S}),
            **dict(address.secrets),
        }
        # By ourselves, as the pool would try again and again where a password is wrong.
        with self.told():
            first = psycopg.connect(address.shown, **kwargs)
            first.prepare_threshold = kwargs["prepare_threshold"] = PREPARED_FROM if _is_direct(first) else None
        self._made = [first]
        self._pool = ConnectionPool(
            address.shown,
            connection_class=type("Connection", (_FirstConnection,), {"made": self._made}),
            min_size=0,
            max_size=MAX_CONNECTIONS,
            num_workers=1,  # threads to start and to stop; they make connections, which are few
            timeout=WAIT_S,
            reconnect_timeout=CONNECT_TIMEOUT_S,
            kwargs=kwargs,
            open=True,
        )

    @contextmanager
    def borrow(self) -> Iterator[PostgresDatabase]:
        """A connection for this thread alone; CatalogError for whatever the server refuses."""
        if self._closed:
            raise CatalogError(told("The catalog {path} was closed. Open it again.", path=self._address.shown))
        with self.told():
            db = PostgresDatabase(self._pool.getconn(), self._another)
            try:
                yield db
            finally:
                self._put(db.connection)

    def _another(self) -> psycopg.Connection[Any]:
        """In place of one that died: the idle ones died with it, so that each is looked at."""
        self._pool.check()
        return self._pool.getconn()

    def _put(self, connection: psycopg.Connection[Any]) -> None:
        if connection.info.transaction_status != pq.TransactionStatus.IDLE:
            connection.close()  # which ends its transaction
        self._pool.putconn(connection)

    @contextmanager
    def snapshot(self) -> Iterator[PostgresDatabase]:
        """A connection whose statements all see the same state."""
        with self.borrow() as db:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._pool.close()
            for one in self._made:
                one.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever the server or the driver refuses becomes a CatalogError."""
        try:
            yield
        except (psycopg.Error, PoolTimeout, PoolClosed, OverflowError, UnicodeEncodeError) as error:
            told = CatalogError(_explain(self._address, error))
        else:
            return
        # Not "from error": what the driver says in a traceback is not ours to scrub.
        raise told from None


def _is_direct(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server itself said which of its processes answers: a pooler, which may change it, says another."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid


class PostgresPinned:
    """One connection in a transaction, lent again and again, so that all sees the same state."""

    def __init__(self, owner: PostgresConnections | PostgresPinned, db: PostgresDatabase) -> None:
        self._owner, self._db = owner, db

    @contextmanager
    def borrow(self) -> Iterator[PostgresDatabase]:
        with self.told():
            yield self._db

    snapshot = borrow

    def told(self) -> AbstractContextManager[None]:
        """Errors in words."""
        return self._owner.told()

    def close(self) -> None:
        """The transaction ends by itself, where it began."""


def _explain(address: Address, error: Exception) -> str:
    shown = address.shown
    if isinstance(error, OverflowError):
        return told("The catalog {path} holds whole numbers of 64 bits only. Use an id that it gave.", path=shown)
    if isinstance(error, UnicodeEncodeError):
        return told(
            "The catalog {path} holds Unicode text only, not {text}. Rename the file or the key.",
            path=shown,
            text=repr(error.object),
        )
    if isinstance(error, PoolTimeout):
        return told(
            "No connection to {path} was free, or could be made, for {seconds} s. Check the server, then try again.",
            path=shown,
            seconds=WAIT_S,
        )
    said = address.scrubbed(str(error))
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return told(
            "{path} is being written by another program for more than {seconds:g} s. Wait until it ends, then try "
            "again.",
            path=shown,
            seconds=WAIT_S,
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.ReadOnlySqlTransaction):
        return told(
            "{path} cannot be written or read by this user ({error}). Ask the server's owner for the rights.",
            path=shown,
            error=said,
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return told("There is no room left on the server of {path}. Free some; what was saved stays.", path=shown)
    if isinstance(error, psycopg.errors.InvalidCatalogName):
        return told(
            "There is no such database: {path} ({error}). Make it with createdb, or name another.",
            path=shown,
            error=said,
        )
    if isinstance(error, psycopg.OperationalError):
        return told(
            "The catalog {path} cannot be reached: {error}. Check the address and the server; what was saved stays.",
            path=shown,
            error=said,
        )
    return told("The catalog {path} could not be used: {error}.", path=shown, error=said)
