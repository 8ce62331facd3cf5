"""Whether a catalog's file is still the one that was opened: not deleted, not exchanged, not overwritten.

SQLite notices none of it: it goes on with the file that it has open, although nobody finds that under its name any
more; and of one that was overwritten in place it mixes old pages with new ones.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["Presence"]


class Presence:
    """What a file was as it was opened, to be compared with what lies there now.

    Parameters
    ----------
    file
        Absolute.
    name
        By which the catalog knows itself (see migrations.m002_identity).
    """

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name
        self._log = Path(f"{file}-wal")
        self._own, self._own_log = _number(file), _number(self._log)
        self._written: tuple[int, int] | None = None  # when the file was last looked into: its time and size
        self._found_itself = False  # and its name was found in it

    def check(self) -> None:
        """Raise CatalogError where the file is gone, or another one."""
        try:
            status = self._file.stat()
        except FileNotFoundError as error:
            raise CatalogError(
                told(
                    "The catalog {file} is gone: it was deleted or moved while it was open. Put it back, or open "
                    "another one.",
                    file=self._file,
                )
            ) from error
        except OSError:
            return  # a disk that does not answer, which whatever is asked of it will tell
        written = (status.st_mtime_ns, status.st_size)
        if (status.st_dev, status.st_ino) != self._own or (written != self._written and not self._is_itself()):
            self._drop_log()
            raise ReplacedError(
                told(
                    "The catalog {path} was replaced by another file while it was open; nothing is written "
                    "to that. Open it again.",
                    path=self._file,
                )
            )
        self._written = written

    def _is_itself(self) -> bool:
        """Whether the file, without its log, bears our name; so it does too where that cannot be told at the moment."""
        try:
            with closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
                row = db.execute("SELECT name FROM identity").fetchone()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
            # A new catalog is in its log only for a while; and a page may be read while it is written.
            return code != sqlite3.SQLITE_NOTADB and not (self._found_itself and code == sqlite3.SQLITE_ERROR)
        self._found_itself = row is not None and row[0] == self._name
        return self._found_itself

    def _drop_log(self) -> None:
        """Empty the log of the former file: SQLite would write its pages into the one that took the place."""
        if self._own_log is not None and _number(self._log) == self._own_log:
            with suppress(OSError):
                os.truncate(self._log, 0)


class ReplacedError(CatalogError):
    """Another file has taken the place of a catalog that is open."""


def _number(file: Path) -> tuple[int, int] | None:
    """What tells a file from all others of the machine, whatever it is called; None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
