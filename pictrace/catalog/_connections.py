"""Connections to one SQLite file: lent to one thread at a time, their errors told in plain words."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictrace.errors import CatalogError

__all__ = ["BUSY_TIMEOUT_S", "Connections"]

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
        # Of a pool that nobody closes, such as one that a cache forgets, the connections are closed all the same.
        weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; raises CatalogError for whatever SQLite refuses."""
        with self._lock:
            if self._closed:
                raise CatalogError(f"The catalog {self._path} was closed. Open it again.")
            db = self._idle.pop() if self._idle else None
        try:
            if db is None:
                db = self._connect()
            yield db
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise CatalogError(self._explain(error)) from error
        finally:
            if db is not None:
                with self._lock:
                    if self._closed or db.in_transaction:
                        db.close()
                    else:
                        self._idle.append(db)

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
        db = sqlite3.connect(self._file, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, safe whenever a process is killed
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA cell_size_check = ON")
        except BaseException:
            db.close()
            raise
        return db

    def _explain(self, error: Exception) -> str:
        if isinstance(error, OverflowError):
            return f"The catalog {self._path} holds whole numbers of 64 bits only. Use an id that it gave."
        if isinstance(error, UnicodeEncodeError):
            return (
                f"The catalog {self._path} holds Unicode text only, not {error.object!r}. Rename the file or the key."
            )
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return (
                f"{self._path} is damaged or no SQLite file ({error}). "
                "Restore it from a copy, or name another file; nothing was changed."
            )
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return (
                f"{self._path} is being written by another program for more than {BUSY_TIMEOUT_S:g} s. "
                "Wait until it ends, then try again."
            )
        if name.startswith("SQLITE_FULL"):
            return f"There is no room left to write {self._path}. Free some disk space; what was saved stays."
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return f"{self._path} cannot be opened for writing ({error}). Check its folder's permissions."
        return f"The catalog {self._path} could not be used: {error}."


def _close_all(idle: list[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()
