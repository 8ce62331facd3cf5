"""Connections to one SQLite file: lent to one thread at a time, their errors told in plain words."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictrace.catalog._presence import Presence, ReplacedError
from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["BUSY_TIMEOUT_S", "Connections", "Pinned", "is_readonly_without_wal", "told"]

BUSY_TIMEOUT_S = 30.0


class Connections:
    """A pool that grows to as many connections as threads use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Absolute, so that neither another working folder nor a name like ":memory:" leads elsewhere.
        self._file = path.absolute()
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._presence: Presence | None = None
        self._replaced = ""
        self._unchanged: tuple[int, int] | None = None  # of a file on a read-only disk: as it was when it was opened
        # Of a pool that nobody closes, such as one that a cache forgets, the connections are closed all the same.
        weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; raises CatalogError for whatever SQLite refuses."""
        with self._lock:
            if self._closed:
                raise CatalogError(told("The catalog {path} was closed. Open it again.", path=self._path))
            self._check_presence()
            self._forget_the_outdated()
            db = self._idle.pop() if self._idle else None
        try:
            if db is None:
                with _in_words(self._path):
                    db = self._connect()
            with _in_words(self._path):
                yield db
        finally:
            if db is not None:
                with self._lock:
                    if self._closed or self._replaced or db.in_transaction:
                        db.close()
                    else:
                        self._idle.append(db)

    def watch(self, name: str) -> None:
        """From now on, lend nothing where the file is no longer the catalog of this name."""
        self._presence = Presence(self._file, name)

    def in_place(self) -> bool:
        """Whether the file is the one that was opened."""
        with self._lock:
            try:
                self._check_presence()
            except CatalogError:
                return False
            return True

    def _check_presence(self) -> None:
        if self._replaced:
            raise ReplacedError(self._replaced)
        if self._presence is not None:
            try:
                self._presence.check()
            except ReplacedError as error:
                self._replaced = str(error)
                _close_all(self._idle)
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see the same state."""
        with self.borrow() as db:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    def close(self) -> None:
        """Close what is idle now, and what is lent out when it comes back."""
        with self._lock:
            self._closed = True
            _close_all(self._idle)

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._opened(str(self._file))
        except sqlite3.OperationalError as error:
            if not is_readonly_without_wal(self._file, error):
                raise
        # SQLite then does not look for what others write. Those who may write replace pages under its eyes,
        # so that we look ourselves, each time that a connection is lent.
        self._unchanged = self._state()
        return self._opened(f"{self._file.as_uri()}?mode=ro&immutable=1")

    def _state(self) -> tuple[int, int]:
        try:
            status = self._file.stat()
        except OSError:  # it is gone, which opening it tells
            return 0, 0
        return status.st_mtime_ns, status.st_size

    def _forget_the_outdated(self) -> None:
        """Close connections that take the file for immutable when it is not."""
        if self._unchanged is not None and self._unchanged != self._state():
            self._unchanged = None
            _close_all(self._idle)

    def _opened(self, name: str) -> sqlite3.Connection:
        db = sqlite3.connect(
            name, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=name.startswith("file:")
        )
        try:
            db.execute("PRAGMA user_version").fetchone()  # here it shows whether the file can be used
            db.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, safe whenever a process is killed
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA cell_size_check = ON")
        except BaseException:
            db.close()
            raise
        return db


def is_readonly_without_wal(file: Path, error: sqlite3.OperationalError) -> bool:
    """Whether SQLite could only not make its files beside a database, as on a read-only disk, and none are needed.

    Raises CatalogError where they are: what was written last stands in one of them.
    """
    if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
        return False
    if not file.is_file() or not os.access(file, os.R_OK) or os.access(file.parent, os.W_OK):
        return False
    log = Path(f"{file}-wal")
    if log.exists() and log.stat().st_size:
        raise CatalogError(
            told(
                "{file} cannot be read where it is: what was written last stands in {log}, and its "
                "folder cannot be written. Copy both files to another folder, and use them there.",
                file=file,
                log=log.name,
            )
        ) from error
    return True


class Pinned:
    """One connection in a transaction, lent again and again, so that all sees the same state."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path, self._db = path, db

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        with _in_words(self._path):
            yield self._db

    snapshot = borrow

    def in_place(self) -> bool:
        """It shows a moment that was."""
        return True

    def close(self) -> None:
        """The transaction ends by itself, where it began."""


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Whatever SQLite refuses becomes a CatalogError."""
    try:
        yield
    except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
        raise CatalogError(_explain(path, error)) from error


def _close_all(idle: list[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()


def _explain(path: Path, error: Exception) -> str:
    if isinstance(error, OverflowError):
        return told("The catalog {path} holds whole numbers of 64 bits only. Use an id that it gave.", path=path)
    if isinstance(error, UnicodeEncodeError):
        return told(
            "The catalog {path} holds Unicode text only, not {text}. Rename the file or the key.",
            path=path,
            text=repr(error.object),
        )
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return told(
            "{path} is damaged or no SQLite file ({error}). Restore it from a copy, or name another "
            "file; nothing was changed.",
            path=path,
            error=error,
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return told(
            "{path} is being written by another program for more than {seconds:g} s. Wait until it "
            "ends, then try again.",
            path=path,
            seconds=BUSY_TIMEOUT_S,
        )
    if name.startswith("SQLITE_FULL"):
        return told("There is no room left to write {path}. Free some disk space; what was saved stays.", path=path)
    if name.startswith("SQLITE_CANTOPEN"):
        return told(
            "{path} cannot be opened ({error}). Check the permissions of the file and of its folder.",
            path=path,
            error=error,
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return told(
            "{path} cannot be written ({error}). Check the permissions of the file and of its folder.",
            path=path,
            error=error,
        )
    if name.startswith("SQLITE_IOERR"):
        return told(
            "{path} cannot be read or written ({error}). Check the disk; what was saved stays.", path=path, error=error
        )
    return told("The catalog {path} could not be used: {error}.", path=path, error=error)
