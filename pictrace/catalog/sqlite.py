"""A catalog in one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pictrace.catalog._connections import Connections, Pinned
from pictrace.catalog._files import cache_folder_of, files_of
from pictrace.catalog._sql import SqlCatalog
from pictrace.catalog._writer import Writer, writing
from pictrace.catalog.leases import LASTING_S
from pictrace.catalog.migrations import migrate
from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["SqliteCatalog"]


class SqliteCatalog(SqlCatalog):
    """See pictrace.catalog.base.Catalog. WAL mode; a forked process must open one of its own."""

    def __init__(self, path: str | Path, *, must_exist: bool = False) -> None:
        """Open the catalog, or make an empty one; CatalogError where neither is possible."""
        path = Path(path)
        try:
            is_there = path.is_file() and path.stat().st_size > 0
            is_folder = path.parent.is_dir()
            names_folder = path.is_dir()
        except OSError as error:
            raise CatalogError(
                told(
                    "{path} cannot be read: {reason}. Check its folder's permissions.",
                    path=path,
                    reason=error.strerror or error,
                )
            ) from error
        if names_folder:
            raise CatalogError(
                told("{path} is a folder. Name a file in it for the catalog, such as {path}/catalog.sqlite.", path=path)
            )
        if must_exist and not is_there:
            raise CatalogError(
                told("There is no catalog at {path}. Make one with: pictrace index FOLDER --catalog {path}", path=path)
            )
        if not is_folder:
            raise CatalogError(
                told(
                    "The folder {parent} does not exist. Make it, or name another place for the catalog.",
                    parent=path.parent,
                )
            )
        connections = Connections(path)
        self._open(path, connections)
        try:
            with connections.borrow() as db:
                migrate(db, self.location)
            with suppress(CatalogError):  # one that is damaged is opened: part of it may still be read
                connections.watch(self.identity)
        except BaseException:
            connections.close()
            raise

    def _open(self, path: Path, connections: Connections | Pinned) -> None:
        self._path, self._file = path, connections
        super().__init__(str(path), connections)

    @property
    def location(self) -> str:
        return str(self._path)

    @property
    def title(self) -> str:
        return self._path.stem

    @property
    def writable(self) -> bool:
        """Whether the file and its folder let us write; what another program locks is not asked."""
        file = self._path.absolute()
        return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)

    @property
    def byte_count(self) -> int:
        return sum(one.stat().st_size for one in files_of(self._path) if one.exists())

    @property
    def cache_folder(self) -> Path | None:
        return cache_folder_of(self._path)

    def occupies(self, path: Path) -> bool:
        return any(
            one.resolve() == path.resolve() or (one.exists() and path.exists() and one.samefile(path))
            for one in files_of(self._path)
        )

    def intact(self) -> bool:
        """Whether SQLite's own check of the whole file finds nothing wrong."""
        with self._connections.borrow() as db:
            return [row[0] for row in db.execute("PRAGMA quick_check(1)")] == ["ok"]

    def copy_to(self, path: Path) -> None:
        with self._connections.borrow() as db:
            db.execute("VACUUM INTO ?", (str(path),))

    def in_place(self) -> bool:
        return self._file.in_place()

    @contextmanager
    def at_one_moment(self) -> Iterator[SqliteCatalog]:
        with self._file.snapshot() as db:
            db.execute("SELECT value FROM revision").fetchone()  # what is read first says which moment it is
            view = SqliteCatalog.__new__(SqliteCatalog)
            view._open(self._path, Pinned(self._path, db))
            yield view

    def leases(self, lasting_s: float = LASTING_S) -> None:
        """Nobody but this machine has the file."""

    @contextmanager
    def _write(self) -> Iterator[Writer]:
        with self._connections.borrow() as db, writing(db) as writer:
            yield writer
