"""What one writing transaction does to a SQLite catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime

from pictrace.catalog import _file_sources, _stored
from pictrace.catalog._database import Database
from pictrace.catalog._stored import TABLES, feature_table
from pictrace.catalog.keeping import Keeping, packed
from pictrace.catalog.links import LinkState
from pictrace.catalog.records import FileSource, NewPicture, Source
from pictrace.errors import CatalogError
from pictrace.features import Features, FeatureSpec
from pictrace.told import told

__all__ = ["Writer", "require_same", "writing"]


@contextmanager
def writing(db: Database, kind: type[Writer] | None = None) -> Iterator[Writer]:
    """One transaction: all of it or nothing.

    The revision counter is raised last, and only if something changed.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        revision = int(db.execute("SELECT value FROM revision").fetchone()[0])
        writer = (kind or Writer)(db, revision + 1)
        yield writer
        writer.finish()
        if writer.changed:
            db.execute("UPDATE revision SET value = ?", (revision + 1,))
            db.execute("COMMIT")
        else:
            db.execute("ROLLBACK")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def require_same(picture: NewPicture, sha256: bytes) -> None:
    """CatalogError where the picture's id belongs to other bytes."""
    if picture.sha256 != sha256:
        raise CatalogError(
            told(
                "Two pictures share the id {id} (SHA-256 {hex} and {hex2}). Leave one of them out.",
                id=picture.id,
                hex=picture.sha256.hex(),
                hex2=sha256.hex(),
            )
        )


class Writer:
    """The statements of a transaction under way, and whether they changed anything."""

    def __init__(self, db: Database, revision: int) -> None:
        self._db, self._revision, self.changed = db, revision, False
        self._keys: dict[str, int] = {}
        self._kept: Keeping | None = None

    @property
    def keeping(self) -> Keeping:
        """What the catalog keeps."""
        if self._kept is None:
            self._kept = _stored.keeping(self._db)
        return self._kept

    def keep(self, keeping: Keeping) -> bool:
        """Have the catalog keep this from now on; False where something else is settled."""
        if self.keeping == keeping:
            return True
        if self._revision > 1:
            return False
        self._db.execute("UPDATE identity SET keeping = ?", (keeping.text,))
        self._kept = keeping
        self.changed = True
        return True

    def add_all(self, pictures: Sequence[NewPicture]) -> int:
        """How many were new; CatalogError where an id belongs to other bytes."""
        added = 0
        for picture in pictures:
            added += self._add_picture(picture)
            self.add_sources(picture.id, picture.sources)
            self._put_all(picture)
        return added

    def _add_picture(self, picture: NewPicture) -> bool:
        row = self._db.execute("SELECT sha256 FROM pictures WHERE id = ?", (picture.id,)).fetchone()
        if row is not None:
            require_same(picture, bytes(row[0]))
            return False
        self._insert([picture])
        return True

    def _insert(self, pictures: Sequence[NewPicture]) -> None:
        """Pictures that are not here, without their sources and features."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.executemany(
            "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    one.id,
                    one.sha256,
                    one.format,
                    one.width,
                    one.height,
                    one.byte_count,
                    one.added_at or now,
                    self._revision,
                )
                for one in pictures
            ],
        )
        self._db.executemany("INSERT INTO thumbnails VALUES (?, ?)", [(one.id, one.thumbnail) for one in pictures])
        originals = [(one.id, one.original) for one in pictures if one.original is not None]
        if originals and self.keeping.originals:
            self._db.executemany("INSERT INTO originals VALUES (?, ?)", originals)
        self.changed |= bool(pictures)

    def _put_all(self, picture: NewPicture) -> None:
        for spec, features in picture.features.items():
            self.put(spec, picture.id, features)

    def add_sources(self, picture_id: int, sources: Sequence[Source]) -> int:
        """How many were new; a picture that is gone by now is passed over."""
        before = self._db.total_changes
        self._db.executemany(
            "INSERT INTO sources (picture_id, kind, address, title, metadata) "
            "SELECT id, ?, ?, ?, ? FROM pictures WHERE id = ? ON CONFLICT DO NOTHING",
            [(one.kind, one.address, one.title, json.dumps(dict(one.metadata)), picture_id) for one in sources],
        )
        added = self._db.total_changes - before
        self.changed |= added > 0
        if added < len(sources):
            self._add_metadata(picture_id, sources)
        for one in sources:
            if one.kind == "link":
                self._note_link(picture_id, one)
        return added

    def _add_metadata(self, picture_id: int, sources: Sequence[Source]) -> None:
        """What is said of sources that were here before; where it contradicts what was said then, it counts."""
        for one in sources:
            if one.metadata:
                told = json.dumps(dict(one.metadata))
                cursor = self._db.execute(
                    "UPDATE sources SET metadata = json_patch(metadata, ?) WHERE picture_id = ? AND kind = ? "
                    "AND address = ? AND json_patch(metadata, ?) != json(metadata)",
                    (told, picture_id, one.kind, one.address, told),
                )
                self.changed |= cursor.rowcount > 0

    def _note_link(self, picture_id: int, source: Source) -> None:
        """How a link of this picture was found; without that, only that there is one."""
        known, fresh = source.link or LinkState(), source.link is not None
        cursor = self._db.execute(
            "INSERT INTO links (source_id, state, checked_at, final_address, etag, last_modified) "
            "SELECT id, ?, ?, ?, ?, ? FROM sources WHERE picture_id = ? AND kind = 'link' AND address = ? "
            "ON CONFLICT (source_id) DO UPDATE SET state = excluded.state, checked_at = excluded.checked_at, "
            "final_address = excluded.final_address, etag = excluded.etag, last_modified = excluded.last_modified "
            "WHERE ?",
            (known.state, known.checked_at, *astuple(known.validators), picture_id, source.address, fresh),
        )
        self.changed |= cursor.rowcount > 0
        if known.state == "ok" and cursor.rowcount:
            self._db.execute(
                "UPDATE links SET state = 'changed', checked_at = ? WHERE state != 'changed' AND source_id IN "
                "(SELECT id FROM sources WHERE kind = 'link' AND address = ? AND picture_id != ?)",
                (known.checked_at, source.address, picture_id),
            )

    def put(self, spec: FeatureSpec, picture_id: int, features: Features) -> None:
        """Features of a picture that is here; one that is gone by now is passed over, and so is what is left out."""
        if self.keeping.leaves_out(spec.key):
            return
        cursor = self._db.execute(
            f"INSERT INTO {feature_table(spec)} (key_id, picture_id, data) "  # noqa: S608 (our own table names)
            "SELECT ?, id, ? FROM pictures WHERE id = ? ON CONFLICT DO NOTHING",
            (self._key_id(spec), self._bytes(spec, features), picture_id),
        )
        self.changed |= cursor.rowcount > 0

    def _bytes(self, spec: FeatureSpec, features: Features) -> bytes:
        data = spec.layout.pack(features)
        return packed(data) if self.keeping.packed else data

    def _key_id(self, spec: FeatureSpec) -> int:
        if spec.key not in self._keys:
            self._db.execute("INSERT INTO feature_keys (name) VALUES (?) ON CONFLICT DO NOTHING", (spec.key,))
            row = self._db.execute("SELECT id FROM feature_keys WHERE name = ?", (spec.key,)).fetchone()
            self._keys[spec.key] = int(row[0])
        return self._keys[spec.key]

    def finish(self) -> None:
        """Write what was put aside, before the revision is raised."""

    def mark_files(self, files: Iterable[FileSource]) -> None:
        """Note how files were found."""
        self.changed |= _file_sources.mark(self._db, files)

    def move_file(self, former: FileSource, source: Source) -> None:
        """A picture has this source instead of the former one."""
        self.changed |= _file_sources.move(self._db, former, source)

    def remove_replaced(self, among: Sequence[int] | None) -> int:
        """How many pictures there were to which nothing leads but links that changed and files that are lost."""
        dead, changed = _file_sources.remove_lost(self._db, among)
        self.changed |= changed
        return sum(map(self.remove, dead))

    def remove(self, picture_id: int) -> int:
        """How many there were, 1 or 0; what belongs to the picture goes with it."""
        cursor = self._db.execute("DELETE FROM pictures WHERE id = ?", (picture_id,))
        if cursor.rowcount:
            self._db.execute("INSERT INTO removals VALUES (?, ?)", (picture_id, self._revision))
            self.changed = True
        return cursor.rowcount

    def drop_features(self, key: str) -> int:
        """Of how many pictures there were features of this key."""
        row = self._db.execute("SELECT id FROM feature_keys WHERE name = ?", (key,)).fetchone()
        if row is None:
            return 0
        dropped = 0
        for table in TABLES:
            dropped += self._db.execute(f"DELETE FROM {table} WHERE key_id = ?", row).rowcount  # noqa: S608 (our own)
        self._db.execute("DELETE FROM feature_keys WHERE id = ?", row)
        self._keys.pop(key, None)
        self.changed = True
        return dropped
