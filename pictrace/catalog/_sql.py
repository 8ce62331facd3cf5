"""A catalog in a database, whichever it is: its reading part, and what each writing transaction holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from pictrace.catalog import _decisions
from pictrace.catalog._reader import SqlReader
from pictrace.catalog._writer import Writer
from pictrace.catalog.keeping import Keeping
from pictrace.catalog.records import AddResult, Decision, FileSource, NewPicture, Source
from pictrace.errors import CatalogError
from pictrace.features import Features, FeatureSpec
from pictrace.told import told

__all__ = ["SqlCatalog"]


class SqlCatalog(SqlReader):
    """See pictrace.catalog.base.Catalog."""

    def _write(self) -> AbstractContextManager[Writer]:
        """A transaction under way."""
        raise NotImplementedError

    def keep(self, keeping: Keeping) -> None:
        with self._write() as writer:
            is_so = writer.keep(keeping)
        if not is_so:
            raise CatalogError(
                told(
                    "What {named} keeps was chosen before its first picture was added, and stays. Name a new catalog; "
                    "to make it of this one, copy it: pictrace copy FROM TO",
                    named=self._named,
                )
            )

    def add(self, pictures: Sequence[NewPicture]) -> AddResult:
        with self._write() as writer:
            added = writer.add_all(pictures)
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
