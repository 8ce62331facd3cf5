"""SQLite files that strangers made: opened to be read only, on a budget, with nothing of theirs trusted."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pictrace.catalog._connections import is_readonly_without_wal
from pictrace.catalog.migrations import APPLICATION_ID
from pictrace.errors import SourceError
from pictrace.told import told

__all__ = ["COUNT_S", "COUNT_STEPS", "Budget", "foreign_database", "quoted"]

COUNT_STEPS = 5_000_000  # of SQLite's virtual machine: about a tenth of a second
READ_STEPS = 200_000_000
READ_S, COUNT_S = 300.0, 5.0  # one step may be long: many rows may claim the same 60 MB
STEPS_AT_ONCE = 1_000
BUSY_TIMEOUT_S = 5.0
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 64 * 1024**2,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class Budget:
    """So many steps of SQLite's virtual machine and seconds from now, for one statement or for many together."""

    def __init__(self, steps: int, seconds: float) -> None:
        self._left, self._end = steps, time.monotonic() + seconds

    @property
    def is_spent(self) -> bool:
        return self._left < 0 or time.monotonic() > self._end

    def spend(self) -> bool:
        """Take the next thousand steps; whether there are no more."""
        self._left -= STEPS_AT_ONCE
        return self.is_spent

    @contextmanager
    def part(self, db: sqlite3.Connection, steps: int, seconds: float) -> Iterator[None]:
        """Statements that have a budget of their own within this one, so that one of them cannot spend it all.

        Raises sqlite3.OperationalError where one of the two is spent.
        """
        own = Budget(steps, seconds)
        self.spend()  # SQLite asks nobody about a statement of fewer steps, and there may be many of these
        db.set_progress_handler(lambda: self.spend() | own.spend(), STEPS_AT_ONCE)
        try:
            yield
        finally:
            db.set_progress_handler(self.spend, STEPS_AT_ONCE)


@contextmanager
def foreign_database(
    path: Path,
    steps: int = READ_STEPS,
    seconds: float = READ_S,
    *,
    catalogs: bool = False,
    budget: Budget | None = None,
) -> Iterator[sqlite3.Connection]:
    """A connection that writes nothing and stops after so many steps or seconds; SourceError for whatever goes wrong.

    Parameters
    ----------
    catalogs
        Open PicTrace catalogs, and nothing else; they are no plain tables of pictures.
    budget
        The one to stop by, where it is shared or asked meanwhile.
    """
    budget = budget or Budget(steps, seconds)
    try:
        with closing(_connect(path)) as db:
            db.set_progress_handler(budget.spend, STEPS_AT_ONCE)
            ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            if ours and not catalogs:
                raise SourceError(
                    told(
                        "{path} is a PicTrace catalog. Open it as the catalog, or merge it into another one, instead "
                        "of reading its tables.",
                        path=path,
                    )
                )
            if catalogs and not ours:
                raise SourceError(
                    told("{path} is no PicTrace catalog. Name one, or index it as a database.", path=path)
                )
            yield db
    except sqlite3.Error as error:
        raise SourceError(_explain(path, error)) from error
    except MemoryError as error:  # how SQLite says that a schema is beyond its limits
        raise SourceError(
            told("{path} needs too much memory. Save the table as CSV, and add that.", path=path)
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    # as_uri quotes what would end the name, such as ? and #. Not immutable: another program may be writing.
    uri = path.absolute().as_uri() + "?mode=ro"
    try:
        return _opened(uri)
    except sqlite3.OperationalError as error:
        if not is_readonly_without_wal(path, error):
            raise
        return _opened(uri + "&immutable=1")


def _opened(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        for limit, value in _LIMITS.items():
            db.setlimit(limit, value)
        db.text_factory = _text
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "application_id"):
            db.execute(f"PRAGMA {pragma}").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def quoted(name: str) -> str:
    """An identifier for SQL, whatever it holds. Where there is no such column, SQLite takes it for a text."""
    return '"' + name.replace('"', '""') + '"'


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")  # SQLite does not check what was stored as text


def _explain(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_INTERRUPT"):
        return told("{path} takes too long to read: it holds too much. Name a smaller table.", path=path)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return told("{path} is being written by another program. Wait until it ends, then try again.", path=path)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return told(
            "{path} is damaged or no SQLite file ({error}). Restore it from a copy, or name another file.",
            path=path,
            error=error,
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_IOERR")):
        return told(
            "{path} cannot be read ({error}). Check its permissions, and those of its folder.", path=path, error=error
        )
    return told(
        "{path} cannot be read as a database: {error}. Save the table as CSV, and add that.", path=path, error=error
    )
