"""A catalog in one SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pictrace.catalog import _decisions
from pictrace.catalog._connections import Connections, Pinned
from pictrace.catalog._reader import SqliteReader
from pictrace.catalog._writer import Writer, writing
from pictrace.catalog.migrations import migrate
from pictrace.catalog.records import AddResult, Decision, FileSource, NewPicture, Source
from pictrace.errors import CatalogError
from pictrace.features import Features, FeatureSpec

__all__ = ["SqliteCatalog"]


class SqliteCatalog(SqliteReader):
    """See pictrace.catalog.base.Catalog. WAL mode; a forked process must open one of its own."""

    def __init__(self, path: str | Path, *, must_exist: bool = False) -> None:
        """Open the catalog, or make an empty one; CatalogError where neither is possible."""
        path = Path(path)
        try:
            is_there = path.is_file() and path.stat().st_size > 0
            is_folder = path.parent.is_dir()
        except OSError as error:
            raise CatalogError(
                f"{path} cannot be read: {error.strerror or error}. Check its folder's permissions."
            ) from error
        if must_exist and not is_there:
            raise CatalogError(f"There is no catalog at {path}. Make one with: pictrace index FOLDER --catalog {path}")
        if not is_folder:
            raise CatalogError(
                f"The folder {path.parent} does not exist. Make it, or name another place for the catalog."
            )
        connections = Connections(path)
        super().__init__(path, connections)
        try:
            with connections.borrow() as db:
                migrate(db, self.location)
            with suppress(CatalogError):  # one that is damaged is opened: part of it may still be read
                connections.watch(self.identity)
        except BaseException:
            connections.close()
            raise

    def in_place(self) -> bool:
        return self._connections.in_place()

    @contextmanager
    def at_one_moment(self) -> Iterator[SqliteCatalog]:
        with self._connections.snapshot() as db:
            db.execute("SELECT value FROM revision").fetchone()  # what is read first says which moment it is
            view = SqliteCatalog.__new__(SqliteCatalog)
            SqliteReader.__init__(view, self._path, Pinned(self._path, db))
            yield view

    @contextmanager
    def _write(self) -> Iterator[Writer]:
        with self._connections.borrow() as db, writing(db) as writer:
            yield writer

    def add(self, pictures: Sequence[NewPicture]) -> AddResult:
        added = 0
        with self._write() as writer:
            for picture in pictures:
                added += writer.add_picture(picture)
                writer.add_sources(picture.id, picture.sources)
                for spec, features in picture.features.items():
                    writer.put(spec, picture.id, features)
        return AddResult(added, len(pictures) - added)

    def add_sources(self, sources: Mapping[int, Sequence[Source]]) -> int:
        with self._write() as writer:
            return sum(writer.add_sources(int(one), some) for one, some in sources.items())

    def put_features(self, spec: FeatureSpec, features: Mapping[int, Features]) -> None:
        with self._write() as writer:
            for picture_id, array in features.items():
                writer.put(spec, int(picture_id), array)

    def decide(self, decisions: Sequence[Decision]) -> None:
        with self._connections.borrow() as db:
            _decisions.write(db, decisions)

    def forget_decisions(self, pairs: Iterable[tuple[int, int]]) -> int:
        with self._connections.borrow() as db:
            return _decisions.forget(db, pairs)

    def drop_features(self, key: str) -> int:
        with self._write() as writer:
            return writer.drop_features(key)

    def remove(self, ids: Iterable[int]) -> int:
        with self._write() as writer:
            return sum(writer.remove(int(picture_id)) for picture_id in ids)

    def mark_files(self, files: Sequence[FileSource]) -> None:
        with self._write() as writer:
            writer.mark_files(files)

    def move_files(self, moves: Sequence[tuple[FileSource, Source]]) -> None:
        with self._write() as writer:
            for former, source in moves:
                writer.move_file(former, source)

    def remove_replaced(self, among: Sequence[int] | None = None) -> int:
        with self._write() as writer:
            return writer.remove_replaced(among)
